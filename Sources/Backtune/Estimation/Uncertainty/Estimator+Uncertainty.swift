import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What the data say of the weights that were found.
extension Estimator {
  /// Covariance and standard errors of the best weights, and which of them the data leave undetermined. Initial states
  /// of the sequences are those that were found; what is not known of them is part of the errors.
  /// - Throws: `.state` where the simulation diverges, or the derivatives overflow; `.memory`; `.interrupted` where the
  ///   monitor, which is polled, stops it: nothing is changed then.
  public func uncertainty(monitor: Monitor? = nil) throws -> Uncertainty {
    try uncertainty(at: network, monitor: monitor)
  }

  /// The same at the weights of a network of this structure, with its bounds and fixed flags: nothing that was found is
  /// touched.
  package func uncertainty(at other: Network, monitor: Monitor? = nil) throws -> Uncertainty {
    try informed(at: other, monitor) { recent, poll in
      let uncertainty =
        try recent.uncertainty
        ?? Uncertainty(recent.information, weights: recent.weights, poll: poll)
      recent.uncertainty = uncertainty
      return uncertainty
    }
  }

  /// The standard deviation of every output at every time step, observed or not, that comes from the uncertainty of the
  /// best weights: sum T x outputs values, one sequence after the other. Infinite where an output depends on what the
  /// data leave undetermined; NaN where there are not enough data to know the noise.
  /// - Throws: as `uncertainty`.
  public func predictionDeviation(monitor: Monitor? = nil) throws -> [Double] {
    try predictionDeviation(at: network, monitor: monitor)
  }

  /// The same at the weights of a network of this structure.
  package func predictionDeviation(
    at other: Network, monitor: Monitor? = nil
  ) throws -> [Double] {
    try informed(at: other, monitor) { recent, poll in
      let copies = recent.problem.horizonCount
      if let deviation = recent.deviation { return deviation }
      let (found, rows) = (recent.information, recent.information.rows)
      let combinations = try WeightCombinations(found, weights: rows.order, poll: poll)
      let deviation = try PredictionDeviation(
        recent.problem.runner.shards, found.states, rows.columns, slots: found.slots, combinations,
        poll: poll
      ).values
      // Sequences are run once for each horizon: the first is told.
      recent.deviation = Array(deviation.prefix(deviation.count / copies))
      return recent.deviation ?? []
    }
  }

  /// What is unsure about the best weights: with it `Network.uncertainPrediction` tells how sure outputs at other inputs
  /// are.
  /// - Throws: as `uncertainty`.
  public func combinations(monitor: Monitor? = nil) throws -> WeightCombinations {
    try combinations(at: network, monitor: monitor)
  }

  /// The same at the weights of a network of this structure.
  package func combinations(
    at other: Network, monitor: Monitor? = nil
  ) throws -> WeightCombinations {
    try informed(at: other, monitor) { recent, _ in
      try WeightCombinations(recent.information, weights: recent.weights)
    }
  }

  /// The outputs on the data, sum T x outputs, and the standard deviation of the noise of each output: that of the errors
  /// which remain, for a value of the median gain of that output.
  /// - Throws: as `uncertainty`.
  package func fittedOutputs(
    at other: Network, monitor: Monitor? = nil
  ) throws -> (outputs: [Double], noise: [Double]) {
    try informed(at: other, monitor) { recent, _ in
      let outputs = recent.information.outputs
      return (
        Array(outputs.prefix(outputs.count / recent.problem.horizonCount)),
        recent.information.outputNoise
      )
    }
  }

  private func informed<Result>(
    at other: Network, _ monitor: Monitor?,
    _ body: (RecentInformation, Poll) throws -> Result
  ) throws -> Result {
    try computing(at: other) { session, weights in
      let poll = poll(monitor)
      let recent = try information(at: other, session, weights, poll)
      let result = try body(recent, poll)
      recentInformation = recent
      return result
    }
  }

  private func information(
    at other: Network, _ session: any Session, _ weights: [Double], _ poll: Poll
  ) throws -> RecentInformation {
    guard !session.problem.hasOwnSlots else {
      throw BacktuneError.argument(
        "option initial_states: 1, expected 0 for uncertainty where sequences are spread over processes"
      )
    }
    let starts = session.initialStates
    if let recentInformation, recentInformation.slots == other.slots,
      recentInformation.starts == starts
    {
      return recentInformation
    }
    var problem = session.problem
    if objective.isLikelihood || !problem.scales.isNone
      || !other.slots.hasSameConstraints(as: problem.network.slots)
    {
      problem = try Problem(
        other, try sequences(), objective: objective.asSquares, options: options.observation,
        processes: processes)
    }
    let information = try WeightInformation(
      problem, slots: weights + starts, noise: objective.isLikelihood ? 1 : nil, poll: poll)
    return RecentInformation(other.slots, starts, problem, information)
  }
}

/// What the data say of some weights, bounds and initial states of sequences, and what was made of it.
final class RecentInformation {
  let slots: WeightSlots
  let starts: [Double]
  let problem: Problem
  let information: WeightInformation
  /// Number of adjustable weights of the network.
  var weights: Int { problem.network.adjustableCount }
  var uncertainty: Uncertainty?
  var deviation: [Double]?

  init(
    _ slots: WeightSlots, _ starts: [Double], _ problem: Problem, _ information: WeightInformation
  ) {
    (self.slots, self.starts) = (slots, starts)
    (self.problem, self.information) = (problem, information)
  }
}
