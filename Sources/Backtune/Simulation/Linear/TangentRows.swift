import BacktuneNetwork
import BacktuneNumerics

/// Rows of a Jacobian by tangents of all weights at once, forward in time: T N^2 P multiplications, whatever the memory
/// of the network.
package final class TangentRows {
  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  private let columns: Columns
  /// Links of every group, one after the other, and where those of a group start.
  private let links: UnsafeMutablePointer<Columns.Link>
  private let firstLink: [Int]
  /// Rows of the past, then of the times of a window.
  private let window: Buffer
  private let windowSteps: Int

  /// Values of a row of the Jacobian: its columns, and zeros up to a multiple of 4, one at least.
  package var width: Int { linear.layout.lanes }

  package static func width(columns: Int) -> Int { MatrixKernels.padded(columns + 1) }

  package init(_ program: Program, _ history: History, _ columns: Columns) throws {
    linear = try LinearProgram(program, lanes: Self.width(columns: columns.count))
    packed = try PackedWeights(linear.program)
    self.history = history
    self.columns = columns
    let layout = linear.layout
    windowSteps = max(8, layout.past)
    window = try Buffer(
      dimensions: [layout.past + windowSteps, layout.rowSize], for: "tangents of the weights")
    let all = columns.links.flatMap { $0 }
    try MemoryBudget.bytes(doubles: [all.count, 8], for: "tangents of the weights")
    links = .allocate(capacity: all.count)
    for (k, link) in all.enumerated() { (links + k).initialize(to: link) }
    firstLink = columns.links.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
  }

  deinit { links.deinitialize(count: firstLink[firstLink.count - 1]).deallocate() }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) { packed.load(slots, linear.program) }

  /// Where the tangents of a node stand in a row, one a column.
  package func place(_ group: GroupID, _ node: Int) -> Int {
    linear.layout.place(of: group, node)
  }

  /// Calls `body(t, row)` for every time of a sequence, in order; `row` holds the tangents of all groups.
  package func run(
    sequence: Int, poll: Poll,
    _ body: (Int, UnsafeMutablePointer<Double>) throws -> Void
  ) throws {
    let layout = linear.program.layout
    let (size, steps) = (layout.rowSize, history.lengths[sequence])
    let origin = window.pointer + layout.past * size
    // The rows of other times are written before they are read, their inputs stay 0.
    window.pointer.update(repeating: 0, count: layout.past * size)
    for start in columns.starts where start.columns[sequence] >= 0 {
      let place = layout.place(of: start.group, start.node)
      origin[place - start.age * size + start.columns[sequence]] = 1
    }
    var t = 0
    let pollSteps = max(1, 4_000_000 / max(linear.program.workPerStep * layout.lanes, 1))
    while t < steps {
      let count = min(windowSteps, steps - t)
      for k in 0..<count {
        let row = origin + k * size
        let values = history.pointer + history.place(sequence, t + k)
        linear.tangent(
          packed, row, at: values, stride: history.stride
        ) { group, place in
          seed(group, place, values)
        }
        try body(t + k, row)
        if (t + k) % pollSteps == 0 { try poll() }
      }
      window.pointer.update(from: window.pointer + count * size, count: layout.past * size)
      t += count
    }
  }

  /// Adds what the weights of a group multiply.
  @inline(__always)
  private func seed(
    _ group: Int, _ place: UnsafeMutablePointer<Double>, _ values: UnsafePointer<Double>
  ) {
    let (lanes, stride) = (linear.layout.lanes, history.stride)
    for k in firstLink[group]..<firstLink[group + 1] {
      let link = links[k]
      let value = link.source == Columns.constant ? 1 : values[link.source * stride + link.lag]
      place[link.node * lanes + link.column] += value
    }
  }
}
