import BacktuneNetwork
import BacktuneNumerics

/// A network made ready to run over a number of lanes: its groups as operations, in the order of evaluation.
///
/// A plan holds packed weights and scratch memory: one thread uses it at a time.
package final class Plan {
  package let network: Network
  package let layout: Layout
  /// The operations, in the order of evaluation; `table` is the same without reference counting, for the loops.
  let operations: [Operation]
  private let table: UnsafeMutablePointer<Unmanaged<Operation>>
  /// For each operation, how many of its first values have slopes of their own.
  private let driven: UnsafeMutablePointer<Int>
  private let starts: [Start]
  /// Multiplications of one time step and lane, about.
  package let workPerStep: Int

  /// A learnt initial state: the place of its group in a row, its size and depth, and its first slot.
  private struct Start {
    let place: Int
    let size: Int
    let depth: Int
    let slot: Int
  }

  /// - Parameter driven: the groups, first nodes of each, at which the adjoint is driven by slopes of their own; nil for
  ///   the observed outputs.
  /// - Throws: `.network` when the network has no group, `.memory` past the budget.
  package init(_ network: Network, lanes: Int, driven: [Observed]? = nil) throws {
    guard !network.groups.isEmpty else {
      throw BacktuneError.network("the network has no group: add a unit first")
    }
    let layout = Layout(network, lanes: lanes)
    try MemoryBudget.bytes(doubles: [layout.rowNodes, lanes], for: "one time step")
    self.network = network
    self.layout = layout
    operations = try network.evaluationOrder.map { group -> Operation in
      switch network.groups[group].body {
      case .learnware(let body):
        try LearnwareOperation(group, body, network: network, layout: layout)
      case .firmware(let body):
        try FirmwareOperation(group, body, network: network, layout: layout)
      case .softmax(let body): SoftmaxOperation(group, body, network: network, layout: layout)
      }
    }
    table = .allocate(capacity: operations.count)
    self.driven = .allocate(capacity: operations.count)
    let sizes = Dictionary(
      (driven ?? network.outputs).map { ($0.group, $0.count) }, uniquingKeysWith: max)
    for (k, operation) in operations.enumerated() {
      (table + k).initialize(to: .passUnretained(operation))
      (self.driven + k).initialize(to: sizes[operation.group, default: 0] * lanes)
    }
    starts = network.groups.indices.compactMap { group in
      guard let state = network.groups[group].initialState else { return nil }
      return Start(
        place: layout.offset(of: group) * lanes, size: network.groups[group].size,
        depth: state.depth, slot: network.arrays[state.array].slots.lowerBound)
    }
    workPerStep = network.groups.reduce(network.inputs + network.entryCount) { work, group in
      if case .learnware = group.body { work } else { work + 8 * group.size }
    }
    load(network.slots.values)
  }

  deinit {
    table.deinitialize(count: operations.count).deallocate()
    driven.deinitialize(count: operations.count).deallocate()
  }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) {
    slots.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for operation in operations { operation.load(base) }
    }
  }

  /// Writes the learnt initial states, out of one value a slot, before t = 0 in every lane; other past values stay.
  package func start(_ states: Trajectory, _ slots: [Double]) {
    forEachStart { slot, place in
      for lane in 0..<layout.lanes { states.origin[place + lane] = slots[slot] }
    }
  }

  /// Calls `body(slot, place)` for every value of the learnt initial states; place is that of lane 0 from t = 0.
  private func forEachStart(_ body: (Int, Int) -> Void) {
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

  package func loadDirection(_ slots: [Double]) throws {
    try slots.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for operation in operations { try operation.loadDirection(base) }
    }
  }

  /// Calls `body` with runs of times, each short enough to be polled between (a few milliseconds).
  private func chunks(_ batch: Batch, _ poll: () throws -> Void, _ body: (Range<Int>) -> Void)
    throws
  {
    let step = max(1, 4_000_000 / max(1, workPerStep * layout.lanes))
    var t = 0
    while t < batch.steps {
      let end = min(batch.steps, t + step)
      body(t..<end)
      t = end
      try poll()
    }
  }

  /// Forward simulation, equation (1): fills the rows of t in [0, T).
  package func simulate(
    _ states: Trajectory, _ batch: Batch, poll: () throws -> Void = {}
  ) throws {
    try predict(from: states, into: states, batch, poll: poll)
  }

  /// x~(t) of every node from given states of its sources, into another trajectory.
  package func predict(
    from states: Trajectory, into target: Trajectory, _ batch: Batch,
    poll: () throws -> Void = {}
  ) throws {
    let (table, count, size) = (table, operations.count, layout.rowSize)
    try batch.active.withUnsafeBufferPointer { active in
      try chunks(batch, poll) { times in
        for t in times {
          let (source, row) = (states.origin + t * size, target.origin + t * size)
          for k in 0..<count {
            table[k]._withUnsafeGuaranteedRef { $0.forward(source, into: row, lanes: active[t]) }
          }
        }
      }
    }
  }

  /// Backward tuning, equation (4): eps(t) = rho'(t) + g(sum of beta eps) from T - 1 down to 0.
  ///
  /// - Parameters:
  ///   - slopes: rho' of the driven groups; other values are not read.
  ///   - eps: zeroed here; its rows before t = 0 receive the derivative by the initial state.
  package func tune(
    _ states: Trajectory, slopes: Trajectory, guard limit: Guard?,
    into eps: Trajectory, _ batch: Batch, poll: () throws -> Void = {}
  ) throws -> Guard.Counts {
    eps.zero()
    var counts = Guard.Counts()
    let (table, driven, count, size) = (table, driven, operations.count, layout.rowSize)
    counts.values = network.nodeCount * batch.totalSteps
    try batch.active.withUnsafeBufferPointer { active in
      try chunks(batch, poll) { times in
        // Runs of times come in ascending order; the adjoint goes down from the last.
        for step in times {
          let t = batch.steps - 1 - step
          let (state, row) = (states.origin + t * size, eps.origin + t * size)
          for k in (0..<count).reversed() {
            let own = driven[k]
            table[k]._withUnsafeGuaranteedRef { operation in
              let e = row + operation.place
              if let limit { limit.apply(e, count: operation.count, &counts) }
              if own > 0 {
                let slope = slopes.origin + t * size + operation.place
                for i in 0..<own { e[i] += slope[i] }
              }
              operation.adjoint(state, values: state, row, into: row, lanes: active[t])
            }
          }
        }
      }
    }
    return counts
  }

  /// sums(t) += beta^T r(t + l), one step of the adjoint without recursion: r is held.
  package func pull(
    _ states: Trajectory, predicted: Trajectory, residual: Trajectory, into sums: Trajectory,
    _ batch: Batch, poll: () throws -> Void = {}
  ) throws {
    sums.zero()
    let (table, count, size) = (table, operations.count, layout.rowSize)
    try batch.active.withUnsafeBufferPointer { active in
      try chunks(batch, poll) { times in
        for t in times {
          let place = t * size
          for k in 0..<count {
            table[k]._withUnsafeGuaranteedRef {
              $0.adjoint(
                states.origin + place, values: predicted.origin + place, residual.origin + place,
                into: sums.origin + place, lanes: active[t])
            }
          }
        }
      }
    }
  }

  /// Derivative of every state along the loaded direction of the weights; the rows before t = 0 hold that of the
  /// initial state, the input's nodes are 0.
  package func tangent(
    _ states: Trajectory, into tangents: Trajectory, _ batch: Batch,
    poll: () throws -> Void = {}
  ) throws {
    let (table, count, size) = (table, operations.count, layout.rowSize)
    try batch.active.withUnsafeBufferPointer { active in
      try chunks(batch, poll) { times in
        for t in times {
          let (state, row) = (states.origin + t * size, tangents.origin + t * size)
          for k in 0..<count {
            table[k]._withUnsafeGuaranteedRef { $0.tangent(state, row, lanes: active[t]) }
          }
        }
      }
    }
  }

  /// sum_t eps(t) phi(t) for every slot; for a learnt initial state the sum of eps over the lanes.
  ///
  /// - Parameter startsLearnt: whether the states started from the learnt values.
  package func gradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, startsLearnt: Bool = true,
    poll: () throws -> Void = {}
  ) throws -> [Double] {
    var slots = [Double](repeating: 0, count: network.slots.values.count)
    try slots.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for operation in operations {
        try operation.gradient(states, eps, batch, into: base)
        try poll()
      }
      if !startsLearnt { return }
      forEachStart { slot, place in
        for lane in 0..<layout.lanes { base[slot] += eps.origin[place + lane] }
      }
    }
    return slots
  }
}
