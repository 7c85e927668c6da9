import BacktuneNetwork
import BacktuneNumerics
import Synchronization

/// A network run one time step at a time, its state kept in between. The outputs are those of `Network.simulate` over the
/// whole sequence, to the bit, however the steps are cut.
///
///     let stream = try Stream(network)
///     var outputs = [Double](repeating: 0, count: stream.outputs)
///     try stream.step([0.5], into: &outputs)
///
/// A real-time thread may step: `step` and `run` into arrays, and `reset`, take no memory, no lock and no system call where
/// they succeed. One thread at a time uses a stream; another one may call `update` meanwhile.
public final class Stream: @unchecked Sendable {
  /// Number M of inputs.
  public let inputs: Int
  /// Number O of observed outputs.
  public let outputs: Int
  /// Number of values of a flat state.
  public let stateSize: Int
  let program: Program
  let weights: StreamWeights
  /// The state to which `reset` goes back; nil for that of the network.
  private let initial: Buffer?
  /// A ring of rows, R to 16 or more, with R rows before it that hold the last R again: what a row reads stands before it.
  let ring: Trajectory
  /// The row of the next step.
  var place = 0
  /// Whether a value that the next step may read is infinite or NaN.
  private var isDiverged = false
  /// Whether the network has become another one.
  private let isRefused = Atomic(false)
  /// Places of the values in a row that are observed, and of those that are read later, run by run.
  private let observed: UnsafeMutableBufferPointer<Run>
  private let kept: UnsafeMutableBufferPointer<Run>
  private let inputPlace: Int
  /// Where what is measured of the outputs stands; empty where nothing reads it.
  private let measured: UnsafeMutableBufferPointer<MeasuredRun>
  /// What is measured at the next step, NaN where it is not known, as it stands in a row from `measuredPlace` on.
  private let pending: Buffer
  private let measuredPlace: Int

  private struct Run {
    let place: Int
    let count: Int
    /// How long the values are read.
    var depth = 0
  }

  /// Of a group: where measured values stand, how many, and where those that are observed stand among the outputs.
  private struct MeasuredRun {
    let group: GroupID
    let place: Int
    let size: Int
    let output: Int
    let count: Int
  }

  /// Rows of the ring, at least: the last R of them are written twice, the others once.
  private static let rows = 16

  /// - Parameters:
  ///   - network: its weights, and what is before t = 0, are those of now until `update` brings others.
  ///   - initial: flat state before the first step, finite; nil for zero, or what is learnt, the inputs at rest.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget.
  public convenience init(_ network: Network, initial: [Double]? = nil) throws {
    try self.init(network, initial.map { try Self.copy($0, network) })
  }

  private static func copy(_ initial: [Double], _ network: Network) throws -> Buffer {
    let copy = try Buffer(count: initial.count, for: "initial state")
    try initial.withUnsafeBufferPointer {
      try FreeRun.check($0, network, 1)
      for (k, value) in $0.enumerated() { copy.pointer[k] = value }
    }
    return copy
  }

  private init(_ network: Network, _ initial: Buffer?) throws {
    program = try Program(network, lanes: 1)
    let layout = program.layout
    weights = try StreamWeights(program)
    ring = try Trajectory(layout, steps: max(layout.past, Self.rows), for: "states of a stream")
    self.initial = initial
    (inputs, outputs, stateSize) = (network.inputs, network.outputCount, layout.stateSize)
    inputPlace = layout.place(of: Network.input)
    // Before the tables, which an initialiser that throws would leave behind.
    measuredPlace = layout.measured.first.map { layout.place(ofMeasured: $0) } ?? 0
    pending = try Buffer(
      count: layout.measured.isEmpty ? 0 : layout.rowSize - measuredPlace, for: "measured values")
    pending.pointer.update(repeating: .nan, count: pending.count)
    observed = .table(
      network.outputs.map { Run(place: layout.place(of: $0.group), count: $0.count) })
    kept = .table(
      layout.state.filter { $0.depth > 0 && $0.group != Network.input && !$0.isMeasured }.map {
        Run(place: layout.place(of: $0.group), count: $0.size, depth: $0.depth)
      })
    measured = .table(
      layout.measured.map { group in
        let before = network.outputs.prefix { $0.group != group }
        return MeasuredRun(
          group: group, place: layout.place(ofMeasured: group),
          size: layout.measuredSize(of: group),
          output: before.reduce(0) { $0 + $1.count },
          count: network.outputs.first { $0.group == group }?.count ?? 0)
      })
    reset()
  }

  deinit {
    measured.deallocate()
    observed.deallocate()
    kept.deallocate()
  }

  /// Takes the weights of a network of the same structure from the next step on; the state stays. Another thread may step
  /// meanwhile, not call this.
  /// - Throws: `.network` where groups, connections or outputs are others; the stream goes on as it was.
  public func update(_ network: Network) throws {
    guard isOf(network) else { throw StreamStop.refused.error }
    weights.write(network)
  }

  /// The same for the network that the stream was made for, whatever became of it: steps are refused where its structure
  /// has changed.
  package func follow(_ network: Network) {
    if isOf(network) { weights.write(network) } else { isRefused.store(true, ordering: .relaxed) }
  }

  private func isOf(_ network: Network) -> Bool {
    network.structureVersion == program.network.structureVersion
      && network.slots.values.count == program.network.slots.values.count
  }

  /// Goes on by some time steps.
  ///
  /// - Parameters:
  ///   - inputs: steps x M.
  ///   - known: what is measured of the outputs, steps x O, NaN where it is not known: read from the step after it on (at once what stands for an input at lag 0); nil
  ///     for nothing.
  ///   - outputs: steps x O; nil where they are not wanted.
  /// - Returns: why it did not; nothing has happened then.
  package func advance(
    _ steps: Int, _ inputs: UnsafePointer<Double>?, measured known: UnsafePointer<Double>? = nil,
    into outputs: UnsafeMutablePointer<Double>?
  ) -> StreamStop? {
    if isRefused.load(ordering: .relaxed) { return .refused }
    let channels = self.inputs
    if let inputs, !Vectors.isFinite(inputs, count: steps * channels) {
      let place = (0..<steps * channels).first { !inputs[$0].isFinite } ?? 0
      return .input(place, channels: channels, value: inputs[place])
    }
    if let known {
      if measured.isEmpty { return .unread }
      if let place = (0..<steps * self.outputs).first(where: { known[$0].isInfinite }) {
        return .measured(place, channels: self.outputs, value: known[place])
      }
    }
    if isDiverged { return .diverged }
    let (size, rows, twice) = (ring.layout.rowSize, ring.steps, ring.steps - ring.layout.past)
    let (program, packed) = (program, weights.newest().weights)
    var (place, target) = (place, outputs)
    for step in 0..<steps {
      let row = ring.origin + place * size
      if let inputs {
        for m in 0..<channels { row[inputPlace + m] = inputs[step * channels + m] }
      }
      if !measured.isEmpty { write(known.map { $0 + step * self.outputs }, row) }
      program.step(packed, row)
      if place >= twice { (row - rows * size).update(from: row, count: size) }
      place = place + 1 == rows ? 0 : place + 1
      guard var next = target else { continue }
      for run in observed {
        for k in 0..<run.count { next[k] = row[run.place + k] }
        next += run.count
      }
      target = next
    }
    self.place = place
    isDiverged = !isPastFinite(of: steps)
    return nil
  }

  /// What is measured at the time of a row: before it is computed, since what stands for an input is read at once.
  @inline(__always)
  private func write(_ known: UnsafePointer<Double>?, _ row: UnsafeMutablePointer<Double>) {
    for run in measured {
      let next = pending.pointer + run.place - measuredPlace
      for k in 0..<run.size {
        // As in `Network.predict`, what was given apart goes before.
        let isOutput = k < run.count && next[k].isNaN
        row[run.place + k] = isOutput ? known?[run.output + k] ?? .nan : next[k]
        next[k] = .nan
      }
    }
  }

  /// Takes what is measured of a group at the next step, where that does not come with the outputs.
  ///
  /// - Parameter known: as many values as the group has nodes, NaN where not known.
  package func setMeasured(_ group: GroupID, _ known: UnsafePointer<Double>) {
    guard let run = measured.first(where: { $0.group == group }) else { return }
    (pending.pointer + run.place - measuredPlace).update(from: known, count: run.size)
  }

  /// Nodes of a group of which measurements are read; nil for another.
  package func measuredSize(of group: GroupID) -> Int? {
    measured.first { $0.group == group }?.size
  }

  /// Whether all values of the last steps that may be read are finite.
  private func isPastFinite(of steps: Int) -> Bool {
    for age in 0..<min(steps, ring.layout.past) {
      let row = ring.origin + (place - 1 - age) * ring.layout.rowSize
      for run in kept where age < run.depth {
        if !Vectors.isFinite(row + run.place, count: run.count) { return false }
      }
    }
    return true
  }

  /// Goes back to the initial state given; without one to that of the network, as it is by now.
  public func reset() {
    let start = weights.newest().start
    begin(
      from: initial.map { UnsafePointer($0.pointer) } ?? UnsafePointer(start), isDiverged: false)
  }

  /// Goes on from a flat state.
  func begin(from state: UnsafePointer<Double>, isDiverged: Bool) {
    ring.setPast(state, lane: 0)
    pending.pointer.update(repeating: .nan, count: pending.count)
    (place, self.isDiverged) = (0, isDiverged)
  }
}
