import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// What a solver carries from one iteration to the next.
struct SolverStanding: Equatable {
  /// Whether it has gone over to the form that it ends with.
  var isSettled = false
  /// The norm that the gradient has fallen from, 0 before the first.
  var firstNorm = 0.0
}

/// What solves (J^T J + D + mu I) d = -g for Gauss-Newton: one linear problem an iteration, several mu each.
protocol StepSolver: AnyObject {
  /// J^T r of the linear problem, by the adjustable slots.
  var gradient: [Double] { get }
  /// The largest diagonal element of J^T J, or about: what mu is relative to.
  var largest: Double { get }
  /// Corrections of a step at most.
  var maxCorrections: Int { get }
  /// The diagonal of J^T J, or about, by the adjustable slots.
  var diagonal: [Double] { get }
  /// Whether the last step left no more of its equations than was asked for.
  var isSolved: Bool { get }

  var standing: SolverStanding { get }
  /// Whether there was no room for the form that it would have gone over to.
  var isStarved: Bool { get }

  /// Forgets earlier iterations: another estimation begins, or goes on from where it stood, to the same bits.
  func restart(from standing: SolverStanding)

  /// Linearises at simulated states, whose weights are `slots`.
  func update(_ states: States, slots: [Double], poll: Poll) throws

  /// J^T r of slopes by the adjustable slots, J being that of the last update; nil where an adjoint costs less.
  func pullBack(_ slopes: Driven) throws -> [Double]?

  /// The step of a damping, inside the bounds; nil where there is none.
  ///
  /// - Parameters:
  ///   - curvature: D, if any.
  ///   - isFinal: as exactly as can be, whatever it takes.
  func step(
    _ box: StepBox, curvature: [Double]?, damping: Double, isFinal: Bool, poll: Poll
  ) throws -> [Double]?

  /// -(J^T J + D + mu I)^-1 g of the last step's matrix, 0 for what was held; nil where there is none.
  func correction(_ gradient: [Double], poll: Poll) throws -> [Double]?
}

extension StepSolver {
  var standing: SolverStanding { SolverStanding(isSettled: true) }
  var isStarved: Bool { false }

  func pullBack(_ slopes: Driven) throws -> [Double]? { nil }

  /// The step of a damping, as the first process has it.
  func sharedStep(
    _ problem: Problem, _ linear: LinearisedProblem, damping: Double, isFinal: Bool, poll: Poll
  ) throws -> [Double]? {
    let own = try step(
      linear.box, curvature: linear.regularisation?.curvature, damping: damping, isFinal: isFinal,
      poll: poll)
    return problem.shared(own)
  }
}

extension Problem {
  /// A step as the first process has it; with slots of their own it is made so.
  func shared(_ step: [Double]?) -> [Double]? {
    hasOwnSlots ? step : processes.first(step, count: adjustable.count)
  }
}

/// By the dense matrix and its Cholesky factors.
final class DenseSolver: StepSolver {
  let equations: NormalEquations
  private let system: DampedSystem
  /// In its place where sequences learn more than there are weights, or processes have slots of their own.
  private let arrow: ArrowSystem?

  init(_ problem: Problem) throws {
    equations = try NormalEquations(problem)
    let own = equations.rows.own
    let isArrow = own != nil && problem.adjustable.count > 2 * problem.network.adjustableCount
    arrow = problem.hasOwnSlots || isArrow ? try ArrowSystem(problem, own) : nil
    system = try DampedSystem(order: arrow == nil ? problem.adjustable.count : 0)
  }

  var gradient: [Double] { equations.gradient }
  var largest: Double { equations.largest }
  var diagonal: [Double] {
    (0..<equations.order).map { equations.gram.pointer[$0 * (equations.stride + 1)] }
  }
  var isSolved: Bool { true }
  /// With 4 three more draws of 20 end in a poor minimum at N = 2, and N = 8 and 16 take one or two iterations more.
  var maxCorrections: Int { 6 }

  func restart(from standing: SolverStanding) {}

  func update(_ states: States, slots: [Double], poll: Poll) throws {
    try equations.update(states, slots: slots, poll: poll)
  }

  func pullBack(_ slopes: Driven) throws -> [Double]? { try equations.rows.kept?.pullBack(slopes) }

  func step(
    _ box: StepBox, curvature: [Double]?, damping: Double, isFinal: Bool, poll: Poll
  ) throws -> [Double]? {
    if let arrow {
      return try arrow.step(
        gram: equations.gram.pointer, stride: equations.stride, curvature: curvature, box: box,
        damping: damping, unit: equations.unit, poll: poll)
    }
    return try system.step(
      gram: equations.gram.pointer, stride: equations.stride, curvature: curvature, box: box,
      damping: damping, unit: equations.unit, poll: poll)
  }

  func correction(_ gradient: [Double], poll: Poll) throws -> [Double]? {
    arrow.map { $0.correction(gradient) } ?? system.correction(gradient)
  }
}
