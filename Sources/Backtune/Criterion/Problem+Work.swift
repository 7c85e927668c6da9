import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A problem at work: states, what they cost, and the derivative.
extension Problem {
  /// States with the inputs in place, at rest before t = 0, and zero elsewhere.
  package func makeStates(poll: Poll = .none) throws -> States {
    let states = try runner.makeStates(poll: poll)
    if runner.isLoading { return states }
    try sequences.inputs.withUnsafeBufferPointer {
      try runner.setInputs(of: states, $0, restOf: network, measurements, poll: poll)
    }
    for (shard, part) in zip(runner.shards.all, states.parts) {
      Self.normalise(shard, part, network, scales)
    }
    return states
  }

  /// Brings inputs, and what is before t = 0, into the units of the problem.
  private static func normalise(
    _ shard: Shard, _ part: Trajectory, _ network: Network, _ scales: Scales
  ) {
    if scales.isNone { return }
    for (group, values) in network.groupRests {
      let own = values.indices.map {
        (values[$0] - scales.mean(group, $0)) / scales.scale(group, $0)
      }
      part.setPast(of: group, to: own)
    }
    for (place, steps) in shard.batch.lengths.enumerated() {
      part.normaliseInputs(
        means: scales.means, deviations: scales.deviations, steps: steps,
        lane: shard.batch.lane[place])
    }
  }

  /// Lets shards that come have their inputs in the units of the problem.
  static func prepare(_ runner: ShardRunner, _ scales: Scales) {
    let network = runner.shards.network
    runner.prepare { [unowned runner] number, values, part in
      runner.setInputs(of: number, part, values, restOf: network)
      normalise(runner.shards.all[number], part, network, scales)
    }
  }

  /// Writes the initial states.
  private func start(_ states: States, _ slots: [Double]) {
    let write = starts(slots)
    for (number, part) in states.parts.enumerated() { write(number, part) }
  }

  /// What writes the initial states of a shard. It may be held longer than this.
  private func starts(_ slots: [Double]) -> (Int, Trajectory) -> Void {
    let (first, count, isMeasured) = (network.slots.values.count, startCount, startsMeasured)
    return { [runner] number, part in
      guard count > 0 else { return runner.start(number, part, slots) }
      slots.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        runner.setStarts(of: number, part, base + first, count: count, isMeasured: isMeasured)
      }
    }
  }

  /// - Throws: `.argument` where shards are read when they are wanted, and a term goes over all of them at once.
  static func checkLocal(
    _ objective: Objective, _ data: any DataTerm, _ activities: [any ActivityTerm]
  ) throws {
    guard data is any LocalTerm else {
      throw BacktuneError.argument(
        "criterion \(objective.criterion): it came with sequences that are read when they are wanted, expected one of values, or sequences in memory"
      )
    }
    guard activities.allSatisfy({ $0 is any LocalTerm }) else {
      throw BacktuneError.argument(
        "regularisation of activities: one that joins activities at different times came with sequences that are read when they are wanted, expected sequences in memory"
      )
    }
  }

  /// Takes the weights, one value a slot: those of all that follows until others are.
  package func load(_ slots: [Double]) { runner.load(slots) }

  /// Simulates with these weights (one value a slot).
  package func evaluate(
    _ slots: [Double], into states: States, poll: Poll = .none
  ) throws -> Score {
    try simulate(slots, into: states, poll: poll)
    return try runner.polling(poll) {
      let score = score(states, slots)
      try runner.check()
      return score
    }
  }

  /// Simulates with these weights (one value a slot); what is not in memory when it is wanted.
  package func simulate(
    _ slots: [Double], into states: States, poll: Poll = .none
  ) throws {
    load(slots)
    if runner.isLoading {
      return try runner.define(states, slots, start: starts(slots))
    }
    start(states, slots)
    try runner.simulate(states, poll: poll)
  }

  /// dx/dW d of every state along a direction d, one value a slot; weights must be loaded.
  ///
  /// - Parameter tangents: what `runner.makeStates` made, written by nothing else.
  package func tangent(
    _ states: States, along direction: [Double], into tangents: States, poll: Poll = .none
  ) throws {
    start(tangents, direction)
    try runner.tangent(states, along: direction, into: tangents, poll: poll)
  }

  /// The cost of a simulation with these weights; infinite as soon as an observed value is not finite.
  private func score(_ states: States, _ slots: [Double]) -> Score {
    let (cost, squares) = data.score(states.driven, targets)
    let score = Score(data: cost, penalty: penalty(states.driven, slots), squares: squares)
    return score.isFinite ? score : .infinite
  }

  private func penalty(_ states: Driven, _ slots: [Double]) -> Double {
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
  /// - Returns: the derivative of the un-normalised cost, the weights' regularisation left out, by every slot; what the
  ///   guard did.
  package func tune(
    _ states: States, isGuarded: Bool, poll: Poll = .none
  ) throws -> (gradient: [Double], counts: Guard.Counts) {
    takeSlopes(of: states.driven, into: slopes)
    let pulled = try runner.polling(poll) {
      try runner.tune(
        states, slopes: slopes, guard: isGuarded ? Guard(scale: meanSlope) : nil,
        startsLearnt: startCount == 0,
        wantsStarts: startCount > 0, poll: poll)
    }
    return (pulled.gradient + joined(pulled.starts), pulled.counts)
  }

  /// J^T of any slopes of the driven values at simulated states, without guard, by every slot; weights must be loaded.
  package func pullBack(
    _ slopes: Driven, _ states: States, poll: Poll = .none
  ) throws -> [Double] {
    let pulled = try runner.tune(
      states, slopes: slopes, guard: nil, startsLearnt: startCount == 0,
      wantsStarts: startCount > 0, poll: poll)
    return pulled.gradient + joined(pulled.starts)
  }

  /// By the initial states of sequences, the sum over those that start from the same.
  private func joined(_ starts: [Double]) -> [Double] {
    let count = slots.values.count - network.slots.values.count
    var result = Array(starts.prefix(count))
    for k in result.count..<max(starts.count, result.count) { result[k % count] += starts[k] }
    return result
  }

  /// sum_t residual(t) phi(t) at any states, by every slot; initial states of sequences are left out.
  package func gradient(
    _ states: States, residual: [Trajectory], poll: Poll = .none
  ) throws -> [Double] {
    try runner.gradient(states, residual, startsLearnt: startCount == 0, poll: poll)
      + [Double](repeating: 0, count: slots.values.count - network.slots.values.count)
  }

  /// Whether the outputs are the desired ones up to rounding.
  package func isMet(_ score: Score) -> Bool {
    sequences.hasTargets && score.squares <= 1e-30 * sequences.squares
  }

  /// The mean of |rho'| over the values where it is not zero, 0 if there is none.
  private var meanSlope: Double {
    let sums = runner.reduction.sums(2) { [self] part, sums in
      // Where a sequence has ended slopes are 0.
      let slopes = slopes.parts[part]
      let (count, s) = (slopes.steps * slopes.layout.rowSize, slopes.origin)
      var (sum, number) = (Vector.zero, Vector.zero)
      for k in stride(from: 0, to: count, by: Vector.width) {
        let slope = Vector(at: s + k, count: min(Vector.width, count - k))
        sum += VectorMath.clearingSign(slope)
        number += Vector(repeating: 1).replacing(with: 0, where: slope .== Vector.zero)
      }
      (sums[0], sums[1]) = (sum.total, number.total)
    }
    return sums[1] > 0 ? sums[0] / sums[1] : 0
  }

  /// L, what is reported: the sum divided by that of the gains.
  package func cost(_ score: Score) -> Double { score.total / data.divisor }

  /// The part of the regularisation.
  package func penalty(_ score: Score) -> Double { score.penalty / data.divisor }

  /// sum kappa e^2 / sum kappa (o - mean o)^2, NaN for constant outputs.
  package func nmse(_ score: Score) -> Double { spread > 0 ? score.squares / spread : .nan }

  /// The same of every output, at simulated states; NaN too for one without observed values.
  package func outputNMSE(_ states: States) -> [Double] {
    guard let targets else { return [Double](repeating: .nan, count: network.outputCount) }
    return zip(targets.outputSquares(states.driven), sequences.spreads).map {
      $1 > 0 ? $0 / $1 : .nan
    }
  }

  /// How large a weight of every slot of the network is that is 1 in the units of the data, in the units that it has here.
  package var usualSizes: [Double] {
    zip(dataScales.factors, scales.factors).map { $0 / $1 }
  }

  /// How large the values of nodes usually are, in the units that they have here: of those that are not about 1.
  package var nodeScales: [(group: GroupID, node: Int, scale: Double)] {
    let data = dataScales
    return network.groups.indices.flatMap { group in
      (0..<network.size(of: group)).compactMap { node in
        let scale = data.scale(group, node) / scales.scale(group, node)
        return scale == 1 ? nil : (group, node, scale)
      }
    }
  }

  /// Those of the data, whatever the units of the problem are.
  private var dataScales: Scales {
    Scales(network, inputs: sequences.inputMoments, outputs: outputMoments, constraints)
  }
}
