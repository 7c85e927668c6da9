import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What the data say of some weights: the spectrum of the rows of J, and s.
struct WeightInformation {
  /// The weights, one value a slot.
  let slots: [Double]
  let states: States
  let rows: JacobianRows
  let spectrum: WeightSpectrum
  /// s; NaN where it is not known and n <= rank.
  let noise: Double
  /// n
  let observed: Int
  /// Simulated outputs, sum T x O.
  let outputs: [Double]
  /// Standard deviation of the errors of each output, for a value of its median gain; s where there are no values to
  /// take it from.
  let outputNoise: [Double]

  /// - Parameter known: s, where it is known.
  /// - Throws: `.state` where the simulation diverges or the derivatives overflow, and what `poll` throws.
  init(
    _ problem: Problem, slots: [Double], noise known: Double?, poll: Poll
  ) throws {
    try problem.checkInMemory("uncertainty")
    self.slots = slots
    states = try problem.makeStates(poll: poll)
    guard try problem.evaluate(slots, into: states, poll: poll).isFinite else {
      let place = problem.divergence(in: states).map { ": \($0)" } ?? ""
      throw BacktuneError.state(
        "uncertainty: the simulation with these weights diverges, there are no derivatives\(place)")
    }
    rows = try JacobianRows(problem)
    let information = try InformationRows(order: rows.order)
    try rows.run(states, slots: slots, into: information, poll: poll)
    try information.join(problem.processes, poll: poll)
    let part = problem.weightRegularisation(slots)
    let adjustable = problem.adjustable
    if let part {
      try information.factor.append(
        diagonal: adjustable.map { part.curvature[$0].squareRoot() }, poll: poll)
    }
    let box = StepBox(
      weights: adjustable.map { slots[$0] },
      lower: adjustable.map { problem.slots.lower[$0] },
      upper: adjustable.map { problem.slots.upper[$0] },
      gradient: zip(adjustable, information.gradient).map { $1 + (part?.gradient[$0] ?? 0) })
    let sizes = problem.sizes(slots)
    // A value that is compared at several horizons says what it does once.
    let copies = problem.data is any GlobalTerm ? 1 : problem.horizonCount
    spectrum = try WeightSpectrum(
      information.factor, free: adjustable.indices.filter { !box.isStopped($0) },
      sizes: adjustable.map { sizes[$0] }, copies: copies, poll: poll)
    try poll()
    let (all, squares) = try problem.weightedSquares(states.driven)
    let count = all / copies
    observed = count
    let left = count - spectrum.rank
    noise = known ?? (left > 0 ? (squares / Double(copies * left)).squareRoot() : .nan)
    outputs = try problem.runner.outputs(states)
    outputNoise =
      problem.sequences.hasTargets
      ? problem.sequences.noise(
        outputs, left: Double(left) / Double(max(count, 1)), else: noise, problem.processes)
      : [Double](repeating: noise, count: problem.network.outputCount)
  }
}

extension StepBox {
  /// Whether the cost would fall if column k left its bounds, or these leave it no room.
  fileprivate func isStopped(_ k: Int) -> Bool {
    lower[k] == upper[k] || isHeld(k)
  }
}

extension Sequences {
  /// The root of sum kappa e^2 / (n left) over the median gain of each output; `none` of one without values.
  /// - Parameter left: share of the degrees of freedom that the weights leave; NaN comes where it is not above 0.
  fileprivate func noise(
    _ outputs: [Double], left: Double, else none: Double, _ processes: Processes?
  ) -> [Double] {
    (0..<outputCount).map { output in
      var (known, squares) = ([Double](), 0.0)
      for place in stride(from: output, to: gains.count, by: outputCount) where gains[place] > 0 {
        known.append(gains[place])
        let error = outputs[place] - desired[place]
        squares += gains[place] * error * error
      }
      let sums = processes.sum([Double(known.count), squares])
      if sums[0] == 0 { return none }
      if left <= 0 { return .nan }
      let median = Reduction.ranked(processes.number(sums[0]) / 2, of: known, processes)
      return (sums[1] / (sums[0] * left) / median).squareRoot()
    }
  }
}

extension Problem {
  /// Of every slot the largest absolute value in its array, 1 at least, in units of the data; of initial states of sequences their own.
  fileprivate func sizes(_ slots: [Double]) -> [Double] {
    var sizes = slots.map { max(abs($0), 1) }
    let usual = usualSizes
    for array in network.arrays {
      let largest = array.slots.reduce(1) { max($0, abs(slots[$1]) / usual[$1]) }
      for slot in array.slots { sizes[slot] = largest * usual[slot] }
    }
    return sizes
  }

  /// The number of values, or of residuals, that the criterion counts, and sum w e^2; regularisation left out.
  fileprivate func weightedSquares(_ states: Driven) throws -> (count: Int, squares: Double) {
    if let term = data as? any GlobalTerm {
      let counted = term.residuals(states).filter { $0.weight > 0 }
      return (counted.count, counted.reduce(0) { $0 + $1.weight * $1.residual * $1.residual })
    }
    let slopes = try runner.makeDriven(for: "slopes of the criterion")
    let weights = try runner.makeDriven(for: "weights of the criterion")
    data.addSlopes(states, into: slopes)
    data.addCurvatures(states, into: weights)
    let sums = runner.reduction.sums(2) { [self] part, sums in
      let (slope, weight) = (slopes.parts[part].origin, weights.parts[part].origin)
      runner.forEachValue(part) {
        guard weight[$0] > 0 else { return }
        sums[0] += 1
        sums[1] += slope[$0] / weight[$0] * slope[$0]
      }
    }
    return (processes.number(sums[0]), sums[1])
  }
}
