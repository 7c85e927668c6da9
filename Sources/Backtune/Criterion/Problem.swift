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
  /// Slots that estimation may move: the flat vector's order.
  package let adjustable: [Int]
  package let gainSum: Double
  package let spread: Double
  private let slopes: Buffer

  package init(_ network: Network, _ sequences: Sequences, criterion: any Criterion) throws {
    self.network = network
    self.sequences = sequences
    self.criterion = criterion
    batch = try Batch(lengths: sequences.lengths)
    plan = try Plan(network, lanes: batch.lanes)
    targets = try Targets(network, sequences, batch, plan.layout)
    slopes = try Buffer(
      count: batch.steps * sequences.outputCount * batch.lanes, for: "slopes of the criterion")
    adjustable = network.slots.adjustable
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

  /// Simulates with these weights (one value a slot).
  package func evaluate(
    _ slots: [Double], into states: Trajectory, poll: () throws -> Void = {}
  ) throws -> Score {
    plan.load(slots)
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
  package func gradient(_ states: Trajectory, _ eps: Trajectory) throws -> [Double] {
    try plan.gradient(states, eps, batch)
  }

  /// L, what is reported: the sum divided by that of the gains.
  package func cost(_ score: Score) -> Double { score.total / gainSum }

  /// sum kappa e^2 / sum kappa (o - mean o)^2, NaN for constant outputs.
  package func nmse(_ score: Score) -> Double { spread > 0 ? score.squares / spread : .nan }
}
