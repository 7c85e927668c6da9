import BacktuneNetwork
import BacktuneNumerics
import Synchronization

/// The weights that a stream runs with, and the state where it begins. One thread writes them while another one steps, and
/// neither waits for the other: of three copies one is read, one is written, and one, the last that was written, lies between.
final class StreamWeights: @unchecked Sendable {
  /// One value of each, as the loops read it.
  struct Copy {
    let weights: UnsafePointer<Double>
    /// A flat state.
    let start: UnsafeMutablePointer<Double>
  }

  private let program: Program
  private let packed: [PackedWeights]
  private let copies: UnsafeMutableBufferPointer<Copy>
  /// Rows before t = 0, in which a start is made.
  private let past: Trajectory
  /// The copy that is read, known to the thread that steps alone; the one that is written, known to the other.
  private var read = 0
  private var written = 1
  /// The copy between, and whether it was written since it came there.
  private let between = Atomic<Int>(2)

  /// The bit of `between` that says so.
  private static let isNew = 4

  /// - Throws: `.memory` past the budget.
  init(_ program: Program) throws {
    self.program = program
    let packed = try (0..<3).map { _ in try PackedWeights(program) }
    past = try Trajectory(program.layout, steps: 0, for: "state of a stream")
    past.forgetMeasured()
    copies = .table(
      packed.map {
        let start = UnsafeMutablePointer<Double>.allocate(capacity: program.layout.stateSize)
        start.initialize(repeating: 0, count: program.layout.stateSize)
        return Copy(weights: $0.values, start: start)
      })
    self.packed = packed
    write(program.network)
  }

  deinit {
    for copy in copies { copy.start.deallocate() }
    copies.deallocate()
  }

  /// Takes the weights and what is before t = 0 of a network of the same structure.
  func write(_ network: Network) {
    packed[written].load(network.slots.values, program)
    past.setRest(of: network)
    program.start(past, network.slots.values)
    past.past(before: 0, lane: 0, into: copies[written].start)
    written = between.exchange(written | Self.isNew, ordering: .acquiringAndReleasing) & 3
  }

  /// What was written last: for the thread that steps.
  @inline(__always)
  func newest() -> Copy {
    if between.load(ordering: .relaxed) & Self.isNew != 0 {
      read = between.exchange(read, ordering: .acquiringAndReleasing) & 3
    }
    return copies[read]
  }
}
