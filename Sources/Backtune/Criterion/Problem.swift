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
  /// The sequences in shards, at work.
  package let runner: ShardRunner
  package let data: any DataTerm
  /// Regularisations of the weights.
  package let weightTerms: [any WeightTerm]
  let activityTerms: [any ActivityTerm]
  let targets: Targets?
  /// What the cost depends on: the network's slots and, where each sequence has an initial state of its own, these
  /// states (flat, sequence after sequence, the input's part fixed; all of them where they are given and not learnt).
  package let slots: WeightSlots
  /// Slots that estimation may move.
  package let adjustable: [Int]
  /// Slots of initial states, with the number of sequences that start from each.
  package let startSlots: [(slot: Int, sequences: Int)]
  /// Initial states of sequences' own, learnt or given: one for each, 0 without. With several horizons the sequences
  /// come again, and start from the same.
  package let startCount: Int
  /// Whether it is learnt.
  package let learnsEachStart: Bool
  /// Whether what the initial states hold of measured groups was measured.
  let startsMeasured: Bool
  /// How many times each sequence is run, once for each horizon.
  package let horizonCount: Int
  /// What was measured of groups of the network, in the units of the problem; nil without such groups.
  package let measurements: Measurements?
  /// The groups, first nodes of each, whose values the cost depends on directly.
  package let driven: [Observed]
  /// Terms of few residuals, of the criterion or of a regularisation.
  package let globalTerms: [any GlobalTerm]
  /// The units in which inputs, outputs and weights are taken: slots hold V, and not W.
  package let scales: Scales
  let constraints: Scales.Constraints
  /// Whether the cost is of errors of outputs, in their units.
  package let comparesValues: Bool
  /// Whether errors are taken in deviations of their outputs.
  package let isBalanced: Bool
  /// Of the observed values of every output, in their own units, gains not counted.
  package let outputMoments: [ChannelMoments]
  let spread: Double
  let slopes: Driven
  /// Over all sequences of all processes, and multiplications of a step, about.
  package let totalSteps: Int
  package let workPerStep: Int

  package init(
    _ network: Network, _ sequences: Sequences, objective: Objective = Objective(),
    options: ObservationOptions = ObservationOptions(), units: Units = .given,
    processes: Processes? = nil
  ) throws {
    self.network = network
    try options.checkHorizons()
    let horizons = options.horizons
    horizonCount = horizons.count
    let given = try sequences.observed(washout: options.washout, isStatic: options.isStatic)
      .repeated(horizons.count).pooled(processes, network)
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
    let seen =
      options.balancesOutputs
      ? try given.divided(by: outputUnits).pooled(processes, network) : given
    self.sequences = seen
    try seen.checkSums(ofSquares: comparesValues)
    let shards = try Shards(
      network, lengths: given.lengths, processes: processes, reader: seen.reader)
    var activityTerms: [any ActivityTerm] = []
    var weightTerms: [any WeightTerm] = []
    for regularisation in objective.regularisations {
      switch try regularisation.makeTerm(network) {
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
    let scales = scales
    try scales.checkRange(network, inputs: seen.inputMoments, outputs: outputMoments)
    measurements = try seen.measurements(
      network, horizons: horizons.flatMap { h in sequences.lengths.map { _ in h } },
      unit: { (scales.mean($0, $1), scales.scale($0, $1)) })
    driven = Self.union(
      try objective.kind.driven(network) + activityTerms.flatMap(\.driven))
    runner = try ShardRunner(shards, driven: driven)
    Self.prepare(runner, scales)
    for term in activityTerms { try term.begin(runner) }
    targets =
      seen.hasTargets
      ? try Targets(
        seen, runner, means: zip(scales.outputMeans, outputUnits).map { $0 / $1 },
        scales: zip(scales.outputs, outputUnits).map { $0 / $1 })
      : nil
    let context = TermContext(
      network: network, runner: runner, targets: targets,
      nu: options.nu, washout: options.washout, isStatic: options.isStatic,
      observables: objective.observables)
    data = try objective.kind.makeTerm(context)
    globalTerms =
      ([data] as [Any] + (activityTerms as [Any])).compactMap { $0 as? any GlobalTerm }
    if runner.isLoading { try Self.checkLocal(objective, data, activityTerms) }
    slopes = try runner.makeDriven(for: "slopes of the criterion")
    learnsEachStart = options.learnsEachStart
    startCount = learnsEachStart || given.initial != nil ? sequences.lengths.count : 0
    startsMeasured = given.initial != nil
    var slots = scales.inner(network.slots)
    if startCount > 0 {
      try MemoryBudget.bytes(
        doubles: [sequences.lengths.count, network.stateSize, 8],
        for: "initial states of the sequences")
      for _ in sequences.lengths {
        for past in network.stateLayout {
          slots.append(
            count: past.depth * network.size(of: past.group), lower: -.infinity, upper: .infinity,
            fixed: past.group == Network.input || past.isMeasured || !learnsEachStart)
        }
      }
      let starts = network.slots.values.count..<slots.values.count
      if let initial = given.initial {
        guard initial.count == starts.count else {
          throw BacktuneError.size(
            "initial states: \(initial.count) values, expected \(starts.count): the network has changed since they were set"
          )
        }
        slots.set(scales.innerStates(initial, network), from: starts.lowerBound)
      } else {
        let rest = [[Double]](repeating: network.restState, count: sequences.lengths.count)
        slots.set(scales.innerStates(Array(rest.joined()), network), from: starts.lowerBound)
      }
      startSlots = learnsEachStart ? starts.map { ($0, horizons.count) } : []
    } else {
      let running = processes.sum(given.lengths.count { $0 > 0 })
      startSlots = network.groups.compactMap(\.initialState).flatMap {
        network.arrays[$0.array].slots.map { ($0, running) }
      }
    }
    self.slots = slots
    adjustable = slots.adjustable
    spread = seen.spreads.reduce(0, +)
    totalSteps = processes.sum(shards.totalSteps)
    workPerStep = processes.max(shards.workPerStep)
    try processes.check()
  }

  /// Those that have the other sequences, where there are such.
  package var processes: Processes? { runner.shards.processes }

  /// Whether each process has adjustable slots of its own, the initial states of its sequences, after those of all.
  package var hasOwnSlots: Bool { processes != nil && learnsEachStart }

  /// Number of adjustable slots that all processes have; they come first.
  package var sharedCount: Int {
    hasOwnSlots ? network.adjustableCount : adjustable.count
  }

  /// sum v w over the adjustable slots of all processes.
  package func product(_ v: [Double], _ w: [Double]) -> Double {
    let count = sharedCount
    let shared = zip(v[..<count], w).reduce(0) { $0 + $1.0 * $1.1 }
    if !hasOwnSlots { return shared }
    return shared + processes.sum(zip(v[count...], w[count...]).reduce(0) { $0 + $1.0 * $1.1 })
  }

  /// Each group once, with the most of its nodes.
  private static func union(_ list: [Observed]) -> [Observed] {
    Dictionary(list.map { ($0.group, $0.count) }, uniquingKeysWith: max)
      .sorted { $0.key < $1.key }.map { Observed(group: $0.key, count: $0.value) }
  }
}
