import BacktuneCriterion
import BacktuneNumerics

extension EstimatorOptions {
  /// Most residuals of observables and orthogonal activities for Gauss-Newton.
  private static let mostResiduals = 200

  /// The method at work on a problem.
  /// - Parameter another: makes the problem once more, for what runs side by side; nil where nothing is to.
  /// - Throws: `.argument` for restarts under a criterion whose nu follows the errors.
  func makeSession(
    _ problem: Problem, another: (() throws -> Problem)? = nil
  ) throws -> any Session {
    // An adjoint each, in every iteration.
    let residuals = problem.globalTerms.reduce(0) { $0 + $1.residualCount }
    if problem.hasOwnSlots { try checkOwnSlots(residuals) }
    if problem.runner.isLoading { try checkLoading() }
    switch method {
    case .backwardTuning: return try BackwardTuning(problem)
    case .auto where residuals > Self.mostResiduals: return try BackwardTuning(problem)
    case .auto, .gaussNewton: break
    }
    if let restarts, restarts > 0, problem.data.followsErrors {
      throw BacktuneError.argument(
        "option restarts: \(restarts), expected 0: draws cannot be compared under a nu that follows the errors; give nu"
      )
    }
    // One minimum, and one step to it.
    if form == nil {
      let system = ReadoutSystem(problem)
      if problem.processes.all(system != nil), let system {
        return try LinearReadout(problem, system)
      }
    }
    // Weights that nobody drew are not thrown away.
    var drawn: UInt64?
    if case .drawn(let seed) = problem.network.weightOrigin { drawn = seed }
    let usual = drawn == nil || problem.data.followsErrors ? 0 : Race.usualField - 1
    let restarts = restarts ?? usual
    if restarts == 0 { return try GaussNewton(problem, form: form) }
    return try Race(
      problem, another: another, field: restarts + 1, form: form, seed: drawn ?? 0)
  }

  /// Whether initial states of sequences can be learnt where these are spread over processes.
  /// - Throws: `.argument`
  private func checkOwnSlots(_ residuals: Int) throws {
    let what =
      method == .backwardTuning
      ? "the method backward-tuning"
      : residuals > 0
        ? "observables or orthogonal activities" : isDense == false ? "the option dense 0" : nil
    guard let what else { return }
    throw BacktuneError.argument(
      "option initial_states: 1, expected 0 with \(what) where sequences are spread over processes"
    )
  }

  /// Whether the method does with sequences that are read when they are wanted.
  /// - Throws: `.argument`
  private func checkLoading() throws {
    let what =
      method == .backwardTuning && reestimatesStates
      ? "reestimation: 1, expected 0" : isDense == false ? "dense: 0, expected 1" : nil
    guard let what else { return }
    throw BacktuneError.argument(
      "option \(what) with sequences that are read when they are wanted")
  }

  /// The units that the method works in: backward tuning, whose own local problems are in units of the states, follows
  /// those of the inputs.
  var units: Problem.Units { method == .backwardTuning ? .inputs : .data }

  /// How Gauss-Newton solves its steps; nil for what costs less.
  private var form: LinearForm? { isDense.map { $0 ? .dense : .iterative } }
}
