import BacktuneNetwork
import BacktuneNumerics

/// A network compiled to run over a number of lanes: its groups as operations, in the order of evaluation.
///
/// A program is immutable: any number of threads run it, each with a workspace of its own; packed weights are only read.
package final class Program: @unchecked Sendable {
  package let network: Network
  package let layout: Layout
  let topology: Topology
  /// The operations, in the order of evaluation; `table` is the same without reference counting, for the loops.
  let operations: [any Operation]
  let table: UnsafeMutableBufferPointer<OperationReference>
  /// What a simulation does at each time.
  private let steps: UnsafeMutableBufferPointer<Step>
  private let starts: [Start]
  let firstPulls: FirstPulls
  /// What the adjoint does at each time, from the last operation to the first.
  let pulls: UnsafeMutableBufferPointer<PullStep>
  /// Values of packed weights, and of a workspace.
  let weightCount: Int
  let scratchCount: Int
  /// Values of the sums of a gradient.
  let sumCount: Int
  /// Multiplications of one time step and lane, about.
  package let workPerStep: Int

  /// An operation, or a learnware one together with the tanh of its values.
  private enum Step {
    case plain(OperationReference)
    case withTanh(Unmanaged<LearnwareOperation>, shift: Int)

    @inline(__always)
    func run(_ forward: Forward) {
      switch self {
      case .plain(let operation): operation.use(forward)
      case .withTanh(let reference, let shift):
        reference._withUnsafeGuaranteedRef {
          $0.forward(forward.frame, forward.source, into: forward.row, tanhShift: shift)
        }
      }
    }
  }

  /// A learnt initial state: the place of its group in a row, its size and depth, and its first slot.
  private struct Start {
    let place: Int
    let size: Int
    let depth: Int
    let slot: Int
  }

  /// - Throws: `.network` when the network has no group, `.memory` past the budget.
  package convenience init(_ network: Network, lanes: Int) throws {
    try self.init(network, lanes: lanes, Topology(network))
  }

  /// One that an earlier call made of the same structure, where it is small: to make it takes as long as 100 steps. It
  /// knows the weights of then.
  static func kept(_ network: Network, lanes: Int) throws -> Program {
    if let program = network.memo.value(lanes) as? Program { return program }
    let program = try Program(network, lanes: lanes)
    if program.weightCount <= mostKept { network.memo.keep(program, lanes) }
    return program
  }

  private static let mostKept = 1 << 16

  /// The same network over other lanes.
  package convenience init(_ other: Program, lanes: Int) throws {
    try self.init(other.network, lanes: lanes, other.topology)
  }

  private init(_ network: Network, lanes: Int, _ topology: Topology) throws {
    guard !network.groups.isEmpty else {
      throw BacktuneError.network("the network has no group: add a unit first")
    }
    let layout = Layout(network, lanes: lanes, topology)
    try MemoryBudget.bytes(doubles: [layout.rowNodes, lanes], for: "one time step")
    var memory = ProgramMemory()
    let operations = try topology.runs.map {
      try OperationReference.make($0, network, layout, &memory)
    }
    (self.network, self.layout, self.topology) = (network.withoutMemo, layout, topology)
    self.operations = operations
    table = .table(operations.compactMap { OperationReference($0) })
    steps = .table(Self.steps(operations))
    weightCount = memory.weights
    scratchCount = operations.reduce(0) {
      max($0, $1.partialCount * lanes)
    }
    sumCount = operations.reduce(0) { $0 + $1.gradientCount }
    firstPulls = FirstPulls(network, operations, layout)
    pulls = .table(PullStep.all(operations))
    starts = network.groups.indices.compactMap { group in
      guard let state = network.groups[group].initialState else { return nil }
      return Start(
        place: layout.place(of: group), size: network.groups[group].size,
        depth: state.depth, slot: network.arrays[state.array].slots.lowerBound)
    }
    workPerStep = network.groups.reduce(network.inputs + network.entryCount) { work, group in
      if case .learnware = group.body { work } else { work + 8 * group.size }
    }
  }

  deinit {
    table.deallocate()
    firstPulls.deallocate()
    pulls.deallocate()
    steps.deallocate()
  }

  private static func steps(_ operations: [any Operation]) -> [Step] {
    var followers: Set<Int> = []
    return operations.indices.compactMap { place in
      if followers.contains(place) { return nil }
      let operation = operations[place]
      if let own = operation as? LearnwareOperation, own.takesTanh {
        for next in place + 1..<operations.count where !followers.contains(next) {
          guard let other = operations[next] as? FirmwareOperation,
            other.tanhSource == own.span.place, other.span.size == own.span.size
          else { continue }
          followers.insert(next)
          return .withTanh(
            .passUnretained(own), shift: other.span.place - own.span.place)
        }
      }
      return OperationReference(operation).map { .plain($0) }
    }
  }

  /// Writes the learnt initial states, out of one value a slot, before t = 0 in every lane; other past values stay.
  package func start(_ states: Trajectory, _ slots: [Double]) {
    forEachStart { slot, place in
      for lane in 0..<layout.lanes { states.origin[place + lane] = slots[slot] }
    }
  }

  /// Calls `body(slot, place)` for every value of the learnt initial states; place is that of lane 0 from t = 0.
  func forEachStart(_ body: (Int, Int) -> Void) {
    for start in starts {
      for age in 0..<start.depth {
        for node in 0..<start.size {
          body(
            start.slot + age * start.size + node,
            start.place + node * layout.lanes - (age + 1) * layout.rowSize)
        }
      }
    }
  }

  /// Calls `body` with runs of times, each short enough to be polled between (a few milliseconds).
  func chunks(_ steps: Int, _ poll: Poll, _ body: (Range<Int>) -> Void) throws {
    let step = max(1, 4_000_000 / max(1, workPerStep * layout.lanes))
    var t = 0
    while t < steps {
      let end = min(steps, t + step)
      body(t..<end)
      t = end
      try poll()
    }
  }

  private struct Forward: OperationUser {
    let frame: Frame
    let source: UnsafePointer<Double>
    let row: UnsafeMutablePointer<Double>
    let lanes: Int

    @inline(__always)
    func run(_ operation: some Operation) {
      operation.forward(frame, source, into: row, lanes: lanes)
    }
  }

  /// Calls `body(t, lanes that run)` for t in [0, T), polled every few milliseconds.
  @inline(__always)
  func forEachStep(_ batch: Batch, _ poll: Poll, _ body: (Int, Int) -> Void) throws {
    try batch.active.withUnsafeBufferPointer { active in
      try chunks(batch.steps, poll) { times in
        for t in times { body(t, active[t]) }
      }
    }
  }

  /// Forward simulation, equation (1): fills the rows of t in [0, T).
  ///
  /// - Parameter driven: where the values that a cost depends on are copied, while they are in the cache.
  package func simulate(
    _ weights: PackedWeights, _ states: Trajectory, _ batch: Batch,
    driven: (drive: Drive, values: Trajectory)? = nil, poll: Poll = .none
  ) throws {
    let (steps, size, frame) = (steps, layout.rowSize, Frame(weights: weights.values))
    try forEachStep(batch, poll) { t, lanes in
      let row = states.origin + t * size
      let forward = Forward(frame: frame, source: row, row: row, lanes: lanes)
      for k in 0..<steps.count { steps[k].run(forward) }
      driven.map { $0.drive.gather(row, into: $0.values.origin + t * $0.drive.slopeSize) }
    }
  }

  /// x~(t) of every node from given states of its sources, into another trajectory.
  package func predict(
    _ weights: PackedWeights, from states: Trajectory, into target: Trajectory, _ batch: Batch,
    poll: Poll = .none
  ) throws {
    let (table, size, frame) = (table, layout.rowSize, Frame(weights: weights.values))
    try forEachStep(batch, poll) { t, lanes in
      let (source, row) = (states.origin + t * size, target.origin + t * size)
      let forward = Forward(frame: frame, source: source, row: row, lanes: lanes)
      for k in 0..<table.count { table[k].use(forward) }
    }
  }

  /// One step of one row, whose past stands before it.
  func step(_ weights: UnsafePointer<Double>, _ row: UnsafeMutablePointer<Double>) {
    let (steps, lanes) = (steps, layout.lanes)
    let forward = Forward(frame: Frame(weights: weights), source: row, row: row, lanes: lanes)
    for k in 0..<steps.count { steps[k].run(forward) }
  }
}
