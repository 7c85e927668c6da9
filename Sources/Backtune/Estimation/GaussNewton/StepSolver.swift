import BacktuneCriterion
import BacktuneSimulation

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

  /// Whether it has gone over to the form that it ends with.
  var isSettled: Bool { get }

  /// Forgets earlier iterations: another estimation begins, or goes on from where it had settled or not.
  func restart(isSettled: Bool)

  /// Linearises at simulated states, whose weights are `slots`.
  func update(_ states: Trajectory, slots: [Double], poll: () throws -> Void) throws

  /// The step of a damping, inside the bounds; nil where there is none.
  ///
  /// - Parameters:
  ///   - curvature: D, if any.
  ///   - isFinal: as exactly as can be, whatever it takes.
  func step(
    _ box: StepBox, curvature: [Double]?, damping: Double, isFinal: Bool, poll: () throws -> Void
  ) throws -> [Double]?

  /// -(J^T J + D + mu I)^-1 g of the last step's matrix, 0 for what was held; nil where there is none.
  func correction(_ gradient: [Double], poll: () throws -> Void) throws -> [Double]?
}

extension StepSolver {
  var isSettled: Bool { true }
}

/// By the dense matrix and its Cholesky factors.
final class DenseSolver: StepSolver {
  let equations: NormalEquations
  private let system: DampedSystem
  private let eps: Trajectory

  /// - Parameter eps: written over in updates.
  init(_ problem: Problem, eps: Trajectory) throws {
    equations = try NormalEquations(problem)
    system = try DampedSystem(order: problem.adjustable.count)
    self.eps = eps
  }

  var gradient: [Double] { equations.gradient }
  var largest: Double { equations.largest }
  var diagonal: [Double] {
    (0..<equations.order).map { equations.gram.pointer[$0 * (equations.stride + 1)] }
  }
  var isSolved: Bool { true }
  /// With 4 three more draws of 20 end in a poor minimum at N = 2, and N = 8 and 16 take one or two iterations more.
  var maxCorrections: Int { 6 }

  func restart(isSettled: Bool) {}

  func update(_ states: Trajectory, slots: [Double], poll: () throws -> Void) throws {
    try equations.update(states, slots: slots, eps: eps, poll: poll)
  }

  func step(
    _ box: StepBox, curvature: [Double]?, damping: Double, isFinal: Bool, poll: () throws -> Void
  ) throws -> [Double]? {
    try system.step(
      gram: equations.gram.pointer, stride: equations.stride, curvature: curvature, box: box,
      damping: damping, unit: equations.unit, poll: poll)
  }

  func correction(_ gradient: [Double], poll: () throws -> Void) throws -> [Double]? {
    system.correction(gradient)
  }
}
