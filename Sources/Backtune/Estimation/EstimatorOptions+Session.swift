import BacktuneCriterion

extension EstimatorOptions {
  /// Most columns of a dense Gauss-Newton: its matrix takes 32 MB, a factorisation 3 s.
  private static let largestOrder = 2000

  /// The method at work on a problem.
  func makeSession(_ problem: Problem) throws -> any Session {
    let isSmall = problem.adjustable.count <= Self.largestOrder
    switch method {
    case .backwardTuning: return try BackwardTuning(problem)
    case .auto where !isSmall: return try BackwardTuning(problem)
    case .auto, .gaussNewton: break
    }
    // Costs under different nu cannot be raced, nor weights that nobody drew.
    let drawn = problem.network.drawnSeed
    let usual = drawn == nil || problem.data.followsErrors ? 0 : Race.usualField - 1
    let restarts = restarts ?? usual
    if restarts == 0 { return try GaussNewton(problem) }
    return try Race(problem, field: restarts + 1, seed: drawn ?? 0)
  }
}
