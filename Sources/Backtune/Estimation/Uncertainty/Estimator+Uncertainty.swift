import BacktuneCriterion
import BacktuneNetwork
import BacktuneSimulation

/// What the data say of the weights that were found.
extension Estimator {
  /// Covariance and standard errors of the best weights, and which of them the data leave undetermined. Initial states
  /// of the sequences are those that were found; what is not known of them is part of the errors.
  /// - Throws: `.state` where the simulation diverges, or the derivatives overflow; `.memory`.
  public func uncertainty() throws -> Uncertainty { try uncertainty(at: network) }

  /// The same at the weights of a network of this structure, with its bounds and fixed flags: nothing that was found is
  /// touched.
  package func uncertainty(at other: Network) throws -> Uncertainty {
    try computing(at: other) { session, weights in
      let recent = try information(at: other, session, weights)
      // The deviations of the outputs are often asked for next.
      recentInformation = recent
      return try Uncertainty(recent.problem, recent.information)
    }
  }

  /// The standard deviation of every output at every time step, observed or not, that comes from the uncertainty of the
  /// best weights: sum T x outputs values, one sequence after the other. Infinite where an output depends on what the
  /// data leave undetermined; NaN where there are not enough data to know the noise.
  /// - Throws: as `uncertainty`.
  public func predictionDeviation() throws -> [Double] { try predictionDeviation(at: network) }

  /// The same at the weights of a network of this structure.
  package func predictionDeviation(at other: Network) throws -> [Double] {
    try computing(at: other) { session, weights in
      let recent = try information(at: other, session, weights)
      recentInformation = nil
      return try PredictionDeviation(recent.problem, recent.information).values
    }
  }

  private func information(
    at other: Network, _ session: any Session, _ weights: [Double]
  ) throws -> RecentInformation {
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
        other, problem.sequences, objective: objective.asSquares, options: options.observation)
    }
    let information = try WeightInformation(
      problem, slots: weights + starts, noise: objective.isLikelihood ? 1 : nil)
    return RecentInformation(
      slots: other.slots, starts: starts, problem: problem, information: information)
  }
}

/// What the data say of some weights, bounds and initial states of sequences.
struct RecentInformation {
  let slots: WeightSlots
  let starts: [Double]
  let problem: Problem
  let information: WeightInformation
}
