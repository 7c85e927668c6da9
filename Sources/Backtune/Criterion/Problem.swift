import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A network, its sequences and a criterion: the cost as a function of the weights, and its derivative.
package final class Problem {
  package let network: Network
  package let sequences: Sequences
  package let batch: Batch
  package let plan: Plan
  package let targets: Targets
  package let criterion: any Criterion
  /// What the cost depends on: the network's slots and, where each sequence has an initial state of its own, these
  /// states (flat, sequence after sequence, the input's part fixed).
  package let slots: WeightSlots
  /// Slots that estimation may move.
  package let adjustable: [Int]
  /// Slots of initial states, with the number of sequences that start from each.
  package let startSlots: [(slot: Int, sequences: Int)]
  private let learnsEachStart: Bool
  package let gainSum: Double
  package let spread: Double
  private let slopes: Buffer

  /// - Parameter learnsEachStart: whether every sequence has an initial state of its own, instead of the network's.
  package init(
    _ network: Network, _ sequences: Sequences, criterion: any Criterion,
    learnsEachStart: Bool = false
  ) throws {
    self.network = network
    self.sequences = sequences
    self.criterion = criterion
    batch = try Batch(lengths: sequences.lengths)
    plan = try Plan(network, lanes: batch.lanes)
    targets = try Targets(network, sequences, batch, plan.layout)
    slopes = try Buffer(
      dimensions: [batch.steps, sequences.outputCount, batch.lanes], for: "slopes of the criterion")
    self.learnsEachStart = learnsEachStart
    var slots = network.slots
    if learnsEachStart {
      try MemoryBudget.bytes(
        doubles: [batch.lanes, network.stateSize, 8], for: "initial states of the sequences")
      for _ in 0..<batch.lanes {
        for (group, depth, _) in network.stateLayout {
          slots.append(
            count: depth * network.size(of: group), lower: -.infinity, upper: .infinity,
            fixed: group == Network.input)
        }
      }
      startSlots = (network.slots.values.count..<slots.values.count).map { ($0, 1) }
    } else {
      let running = sequences.lengths.count { $0 > 0 }
      startSlots = network.groups.compactMap(\.initialState).flatMap {
        network.arrays[$0.array].slots.map { ($0, running) }
      }
    }
    self.slots = slots
    adjustable = slots.adjustable
    gainSum = sequences.gainSum
    spread = sequences.spread
  }

  /// A trajectory of states with the inputs in place and zero elsewhere.
  package func makeStates() throws -> Trajectory {
    let states = try Trajectory(plan.layout, steps: batch.steps, for: "states")
    let inputs = sequences.inputCount
    sequences.inputs.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, first) in batch.starts.enumerated() {
        states.setInputs(
          base + first * inputs, count: inputs, steps: batch.lengths[sequence],
          lane: batch.lane[sequence])
      }
    }
    return states
  }

  package func makeAdjoint() throws -> Trajectory {
    try Trajectory(plan.layout, steps: batch.steps, for: "adjoint values")
  }

  /// All slots for these weights of the network: initial states of sequences start from zero.
  package func slots(for weights: [Double]) -> [Double] {
    weights + repeatElement(0, count: slots.values.count - weights.count)
  }

  /// The weights of the network, and the initial states of the sequences (empty unless each has its own).
  package func parts(of slots: [Double]) -> (weights: [Double], starts: [Double]) {
    let count = network.slots.values.count
    return (Array(slots[..<count]), Array(slots[count...]))
  }

  /// Writes the initial states.
  private func start(_ states: Trajectory, _ slots: [Double]) {
    guard learnsEachStart else { return plan.start(states, slots) }
    slots.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        let first = network.slots.values.count + sequence * network.stateSize
        states.setPast(base + first, network: network, lane: lane)
      }
    }
  }

  /// Simulates with these weights (one value a slot).
  package func evaluate(
    _ slots: [Double], into states: Trajectory, poll: () throws -> Void = {}
  ) throws -> Score {
    plan.load(slots)
    start(states, slots)
    try plan.simulate(states, batch, poll: poll)
    return score(states)
  }

  package func score(_ states: Trajectory) -> Score { targets.score(states, criterion) }

  /// Backward tuning at simulated states, whose weights must be loaded.
  /// - Returns: what the guard did.
  package func tune(
    _ states: Trajectory, isGuarded: Bool, into eps: Trajectory, poll: () throws -> Void = {}
  ) throws -> Guard.Counts {
    let scale = targets.slopes(states, criterion, into: slopes)
    return try plan.tune(
      states, slopes: slopes.pointer, guard: isGuarded ? Guard(scale: scale) : nil, into: eps,
      batch, poll: poll)
  }

  /// Derivative of the un-normalised cost by every slot.
  package func gradient(
    _ states: Trajectory, _ eps: Trajectory, poll: () throws -> Void = {}
  ) throws -> [Double] {
    let weights = try plan.gradient(
      states, eps, batch, startsLearnt: !learnsEachStart, poll: poll)
    guard learnsEachStart else { return weights }
    var all = slots(for: weights)
    all.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        let first = weights.count + sequence * network.stateSize
        eps.past(before: 0, network: network, lane: lane, into: base + first)
      }
    }
    return all
  }

  /// L, what is reported: the sum divided by that of the gains.
  package func cost(_ score: Score) -> Double { score.total / gainSum }

  /// sum kappa e^2 / sum kappa (o - mean o)^2, NaN for constant outputs.
  package func nmse(_ score: Score) -> Double { spread > 0 ? score.squares / spread : .nan }
}
