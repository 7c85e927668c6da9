import BacktuneCriterion
import BacktuneSimulation

/// How the linear problem of a Gauss-Newton iteration is solved.
enum LinearForm {
  /// By J^T J and its Cholesky factors.
  case dense
  /// By conjugate gradients, whose products are simulations.
  case iterative

  /// Products that cost as much as what an iteration needs of them; memory of the two matrices at most, in bytes.
  ///
  /// The work of the dense form is that of 50 products at N = 16, 200 at N = 32, 780 at N = 64 (lnl, T = 2 N (N + 1)):
  /// at N = 32 both take about as long to an NMSE of 1e-4.
  private static let products = 300.0
  private static let room = 2 << 30
  /// Matrices of this order cost next to nothing, however few the values.
  private static let smallOrder = 256.0

  /// What is predicted to cost less: R P^2 / 2 for J^T J of R values by P weights and P^3 / 6 for each of three dampings,
  /// against products of a tangent, an adjoint and a gradient, four multiplications a weight and time.
  static func cheaper(_ problem: Problem) -> LinearForm {
    let order = Double(problem.adjustable.count)
    let steps = Double(problem.batch.totalSteps)
    let rows = steps * Double(problem.driven.reduce(0) { $0 + $1.count })
    let dense = (rows + order) * order * order / 2
    let product = 4 * Double(problem.plan.workPerStep) * steps
    if order <= smallOrder { return .dense }
    let fits = 2 * order * order * Double(MemoryLayout<Double>.stride) <= Double(room)
    return fits && dense <= products * product ? .dense : .iterative
  }

  func makeSolver(_ problem: Problem, _ eps: Trajectory) throws -> any StepSolver {
    switch self {
    case .dense: try DenseSolver(problem, eps: eps)
    case .iterative: try IterativeSolver(problem, eps: eps)
    }
  }
}
