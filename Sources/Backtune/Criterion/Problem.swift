import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A network, its sequences and what is asked of it: the cost as a function of the weights, and its derivative.
package final class Problem {
  /// The units that a problem is solved in.
  package enum Units {
    /// Those of weights and data as they are given.
    case given
    /// Those of the data, 2.13 of the design: of inputs and outputs, or of inputs alone.
    case data, inputs
  }

  package let network: Network
  package let sequences: Sequences
  package let batch: Batch
  package let plan: Plan
  package let data: any DataTerm
  /// Regularisations of the weights.
  package let weightTerms: [any WeightTerm]
  let activityTerms: [any ActivityTerm]
  private let targets: Targets?
  /// What the cost depends on: the network's slots and, where each sequence has an initial state of its own, these
  /// states (flat, sequence after sequence, the input's part fixed; all of them where they are given and not learnt).
  package let slots: WeightSlots
  /// Slots that estimation may move.
  package let adjustable: [Int]
  /// Slots of initial states, with the number of sequences that start from each.
  package let startSlots: [(slot: Int, sequences: Int)]
  /// Whether each sequence has an initial state of its own, learnt or given.
  private let hasStarts: Bool
  /// Whether it is learnt.
  package let learnsEachStart: Bool
  /// The groups, first nodes of each, whose values the cost depends on directly.
  package let driven: [Observed]
  /// Terms of few residuals, of the criterion or of a regularisation.
  package let globalTerms: [any GlobalTerm]
  /// The units in which inputs, outputs and weights are taken: slots hold V, and not W.
  package let scales: Scales
  private let constraints: Scales.Constraints
  /// Whether the cost is of errors of outputs, in their units.
  package let comparesValues: Bool
  /// Whether errors are taken in deviations of their outputs.
  package let isBalanced: Bool
  /// Of the observed values of every output, in their own units, gains not counted.
  package let outputMoments: [ChannelMoments]
  private let spread: Double
  private let slopes: Trajectory

  package init(
    _ network: Network, _ sequences: Sequences, objective: Objective = Objective(),
    options: ObservationOptions = ObservationOptions(), units: Units = .given
  ) throws {
    self.network = network
    batch = try Batch(lengths: sequences.lengths)
    let given = try sequences.observed(washout: options.washout, isStatic: options.isStatic)
    outputMoments = given.outputMoments
    comparesValues = objective.kind.comparesValues
    var outputUnits = outputMoments.map { _ in 1.0 }
    if options.balancesOutputs {
      guard comparesValues else {
        throw BacktuneError.argument(
          "option balanced: 1, expected 0 with the criterion \(objective.criterion)")
      }
      outputUnits = outputMoments.map(\.scale)
    }
    isBalanced = options.balancesOutputs
    let seen = options.balancesOutputs ? given.divided(by: outputUnits) : given
    self.sequences = seen
    let layout = Layout(network, lanes: batch.lanes)
    try MemoryBudget.bytes(doubles: [layout.rowNodes, batch.lanes], for: "one time step")
    var activityTerms: [any ActivityTerm] = []
    var weightTerms: [any WeightTerm] = []
    for regularisation in objective.regularisations {
      switch try regularisation.makeTerm(network, batch, layout) {
      case .activity(let term): activityTerms.append(term)
      case .weights(let term): weightTerms.append(term)
      }
    }
    (self.activityTerms, self.weightTerms) = (activityTerms, weightTerms)
    constraints = Scales.Constraints(
      scalesOutputs: units != .inputs && comparesValues,
      activities: Set(activityTerms.flatMap { $0.driven.map(\.group) }),
      regularised: Set(weightTerms.flatMap { $0.usesDataUnits ? [] : $0.slots }))
    scales =
      units == .given
      ? Scales(none: network)
      : Scales(network, inputs: seen.inputMoments, outputs: outputMoments, constraints)
    targets =
      seen.hasTargets
      ? try Targets(
        network, seen, batch, layout, scales: zip(scales.outputs, outputUnits).map { $0 / $1 })
      : nil
    let context = TermContext(
      network: network, batch: batch, layout: layout, targets: targets,
      nu: options.nu, washout: options.washout, isStatic: options.isStatic,
      observables: objective.observables)
    data = try objective.kind.makeTerm(context)
    globalTerms =
      ([data] as [Any] + (activityTerms as [Any])).compactMap { $0 as? any GlobalTerm }
    driven = Self.union(data.driven + activityTerms.flatMap(\.driven))
    plan = try Plan(network, lanes: batch.lanes, driven: driven)
    slopes = try Trajectory(layout, steps: batch.steps, for: "slopes of the criterion")
    learnsEachStart = options.learnsEachStart
    hasStarts = learnsEachStart || sequences.initial != nil
    var slots = scales.inner(network.slots)
    if hasStarts {
      try MemoryBudget.bytes(
        doubles: [batch.lanes, network.stateSize, 8], for: "initial states of the sequences")
      for _ in 0..<batch.lanes {
        for (group, depth, _) in network.stateLayout {
          slots.append(
            count: depth * network.size(of: group), lower: -.infinity, upper: .infinity,
            fixed: group == Network.input || !learnsEachStart)
        }
      }
      let starts = network.slots.values.count..<slots.values.count
      if let initial = sequences.initial {
        guard initial.count == starts.count else {
          throw BacktuneError.size(
            "initial states: \(initial.count) values, expected \(starts.count): the network has changed since they were set"
          )
        }
        slots.set(scales.innerStates(initial, network), from: starts.lowerBound)
      } else {
        let rest = [[Double]](repeating: network.restState, count: batch.lanes)
        slots.set(scales.innerStates(Array(rest.joined()), network), from: starts.lowerBound)
      }
      startSlots = learnsEachStart ? starts.map { ($0, 1) } : []
    } else {
      let running = sequences.lengths.count { $0 > 0 }
      startSlots = network.groups.compactMap(\.initialState).flatMap {
        network.arrays[$0.array].slots.map { ($0, running) }
      }
    }
    self.slots = slots
    adjustable = slots.adjustable
    spread = seen.spreads.reduce(0, +)
  }

  /// Each group once, with the most of its nodes.
  private static func union(_ list: [Observed]) -> [Observed] {
    Dictionary(list.map { ($0.group, $0.count) }, uniquingKeysWith: max)
      .sorted { $0.key < $1.key }.map { Observed(group: $0.key, count: $0.value) }
  }

  /// A trajectory of states with the inputs in place, at rest before t = 0, and zero elsewhere.
  package func makeStates() throws -> Trajectory {
    let states = try Trajectory(plan.layout, steps: batch.steps, for: "states")
    let inputs = sequences.inputCount
    states.setRest(network.restValues)
    sequences.inputs.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, first) in batch.starts.enumerated() {
        states.setInputs(
          base + first * inputs, count: inputs, steps: batch.lengths[sequence],
          lane: batch.lane[sequence])
        if !scales.isNone {
          states.normaliseInputs(
            means: scales.means, deviations: scales.deviations, steps: batch.lengths[sequence],
            lane: batch.lane[sequence])
        }
      }
    }
    return states
  }

  package func makeAdjoint() throws -> Trajectory {
    try Trajectory(plan.layout, steps: batch.steps, for: "adjoint values")
  }

  /// Writes the initial states.
  func start(_ states: Trajectory, _ slots: [Double]) {
    guard hasStarts else { return plan.start(states, slots) }
    slots.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        let first = network.slots.values.count + sequence * plan.layout.stateSize
        states.setPast(base + first, lane: lane)
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
    return score(states, slots)
  }

  /// The cost of a simulation with these weights; infinite as soon as an observed value is not finite.
  package func score(_ states: Trajectory, _ slots: [Double]) -> Score {
    let score = Score(
      data: data.value(states), penalty: penalty(states, slots),
      squares: targets?.squares(states) ?? 0)
    return score.isFinite ? score : .infinite
  }

  private func penalty(_ states: Trajectory, _ slots: [Double]) -> Double {
    activityTerms.reduce(0) { $0 + $1.value(states) }
      + weightTerms.reduce(0) { sum, term in
        sum + term.slots.reduce(0) { $0 + term.value(unit(of: $1, term) * slots[$1]) }
      }
  }

  /// What a regularisation takes of a slot, over its value: its weight has no other part.
  private func unit(of slot: Int, _ term: any WeightTerm) -> Double {
    term.usesDataUnits ? 1 : scales.factors[slot]
  }

  /// Derivative and curvature (of the majorising quadratic) of the weights' regularisation, one value a slot; nil
  /// without one.
  package func weightRegularisation(
    _ slots: [Double]
  ) -> (gradient: [Double], curvature: [Double])? {
    if weightTerms.isEmpty { return nil }
    var gradient = [Double](repeating: 0, count: slots.count)
    var curvature = gradient
    for term in weightTerms {
      for slot in term.slots {
        let unit = unit(of: slot, term)
        gradient[slot] += unit * term.slope(unit * slots[slot])
        curvature[slot] += unit * unit * term.curvature(unit * slots[slot])
      }
    }
    return (gradient, curvature)
  }

  /// Backward tuning at simulated states, whose weights must be loaded.
  /// - Returns: what the guard did.
  package func tune(
    _ states: Trajectory, isGuarded: Bool, into eps: Trajectory, poll: () throws -> Void = {}
  ) throws -> Guard.Counts {
    takeSlopes(of: states, into: slopes)
    let limit = isGuarded ? Guard(scale: meanSlope) : nil
    return try plan.tune(states, slopes: slopes, guard: limit, into: eps, batch, poll: poll)
  }

  /// Whether the outputs are the desired ones up to rounding.
  package func isMet(_ score: Score) -> Bool {
    sequences.hasTargets && score.squares <= 1e-30 * sequences.squares
  }

  /// The mean of |rho'| over the values where it is not zero, 0 if there is none.
  private var meanSlope: Double {
    var (sum, count) = (0.0, 0.0)
    plan.layout.forEachValue(of: driven, batch) {
      let slope = slopes.origin[$0]
      if slope != 0 {
        sum += abs(slope)
        count += 1
      }
    }
    return count > 0 ? sum / count : 0
  }

  /// Derivative of the un-normalised cost, the weights' regularisation left out, by every slot.
  package func gradient(
    _ states: Trajectory, _ eps: Trajectory, poll: () throws -> Void = {}
  ) throws -> [Double] {
    let weights = try plan.gradient(
      states, eps, batch, startsLearnt: !hasStarts, poll: poll)
    guard hasStarts else { return weights }
    var all = weights + slots.values[weights.count...]
    all.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        let first = weights.count + sequence * plan.layout.stateSize
        eps.past(before: 0, lane: lane, into: base + first)
      }
    }
    return all
  }

  /// L, what is reported: the sum divided by that of the gains.
  package func cost(_ score: Score) -> Double { score.total / data.divisor }

  /// The part of the regularisation.
  package func penalty(_ score: Score) -> Double { score.penalty / data.divisor }

  /// sum kappa e^2 / sum kappa (o - mean o)^2, NaN for constant outputs.
  package func nmse(_ score: Score) -> Double { spread > 0 ? score.squares / spread : .nan }

  /// The same of every output, at simulated states; NaN too for one without observed values.
  package func outputNMSE(_ states: Trajectory) -> [Double] {
    guard let targets else { return [Double](repeating: .nan, count: network.outputCount) }
    return zip(targets.outputSquares(states), sequences.spreads).map {
      $1 > 0 ? $0 / $1 : .nan
    }
  }

  /// How large a weight of every slot of the network is that is 1 in the units of the data, in the units that it has here.
  package var usualSizes: [Double] {
    let data = Scales(
      network, inputs: sequences.inputMoments, outputs: outputMoments, constraints)
    return zip(data.factors, scales.factors).map { $0 / $1 }
  }
}
