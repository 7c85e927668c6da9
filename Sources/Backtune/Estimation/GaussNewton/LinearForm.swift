import BacktuneCriterion
import BacktuneSimulation

/// How the linear problem of a Gauss-Newton iteration is solved.
enum LinearForm: Equatable {
  /// By J^T J and its Cholesky factors.
  case dense
  /// By conjugate gradients, whose products are simulations.
  case iterative
  /// The iterative form until an iteration would take more than so many products, then the dense one.
  case adaptive(budget: Int)

  /// Memory of the two matrices at most, in bytes.
  private static let room = 2 << 30
  /// Matrices of this order cost next to nothing, however few the values.
  private static let smallOrder = 400.0
  /// The same where most are starts of sequences, for the memory of the matrix alone: 128 MB.
  private static let mostStarts = 4000.0
  /// Multiplications of the dense form in the time of one of a product, which waits for memory and for itself.
  private static let speed = 2.5
  /// Products of an iteration to those that take as long as a dense one: between 0.4 and 2 the time to an NMSE of 1e-4
  /// at N = 32 is much the same in the mean; the products that led nowhere come on top.
  private static let patience = 0.7

  /// What is predicted to cost less: R Q^2 / 2 for J^T J of R values by the Q weights that a row has and P^3 / 6 of all P
  /// for each of three dampings, against products of a tangent, an adjoint and a gradient, four multiplications a weight
  /// and time. Starts of sequences, if most weights are such, cost little.
  static func cheaper(_ problem: Problem) -> LinearForm {
    let order = Double(problem.adjustable.count)
    // Of the starts that sequences learn a row has those of its own.
    let weights = Double(problem.network.adjustableCount)
    let own = weights + (order - weights) / Double(max(problem.startCount, 1))
    let isArrow = own <= smallOrder && order > 2 * weights && order <= mostStarts
    // Every product would be two simulations more of what is read when it is wanted.
    if order <= smallOrder || isArrow || problem.hasOwnSlots || problem.runner.isLoading {
      return .dense
    }
    if 2 * order * order * Double(MemoryLayout<Double>.stride) > Double(room) { return .iterative }
    let steps = Double(problem.totalSteps)
    let rows = steps * Double(problem.driven.reduce(0) { $0 + $1.count })
    let dense = rows * own * own / 2 + order * order * order / 2
    let product = 4 * Double(problem.workPerStep) * steps
    return .adaptive(budget: Int(patience * dense / (speed * max(product, 1))))
  }

  func makeSolver(_ problem: Problem) throws -> any StepSolver {
    switch self {
    case .dense: try DenseSolver(problem)
    case .iterative: try IterativeSolver(problem)
    case .adaptive(let budget): try AdaptiveSolver(problem, budget: budget)
    }
  }
}
