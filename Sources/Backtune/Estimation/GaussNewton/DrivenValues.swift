import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The values that a cost depends on, as residuals of least squares: with rho' and the second derivative w of the
/// quadratic that majorises the cost there, the row of the Jacobian is sqrt(w) dx/dW and r = rho'/sqrt(w). Then J^T r is
/// the gradient, and J^T J what Gauss-Newton puts for the curvature. Terms of few residuals have rows of their own.
///
/// Roots are drawn in a unit of the cost: rows are then divided by its root, J^T J and J^T r by itself.
struct DrivenValues {
  /// A node whose values count.
  struct Node {
    let group: GroupID
    let node: Int
    /// Its place in a row of a trajectory, lane 0.
    let place: Int
  }

  let nodes: [Node]
  private let problem: Problem
  /// rho' at the states that were taken, without the terms of few residuals.
  let slopes: Trajectory
  private let curvatures: Trajectory
  /// The unit of the cost, a power of two.
  private(set) var unit = 1.0

  init(_ problem: Problem) throws {
    self.problem = problem
    let layout = problem.plan.layout
    nodes = problem.driven.flatMap { item in
      (0..<item.count).map {
        Node(
          group: item.group, node: $0,
          place: (layout.offset(of: item.group) + $0) * layout.lanes)
      }
    }
    slopes = try Trajectory(layout, steps: problem.batch.steps, for: "slopes of the residuals")
    curvatures = try Trajectory(layout, steps: problem.batch.steps, for: "weights of the residuals")
  }

  /// Takes simulated states.
  mutating func take(_ states: Trajectory, unit: Double = 1) {
    self.unit = unit
    problem.takeLocalSlopes(of: states, into: slopes)
    problem.takeCurvatures(of: states, into: curvatures)
  }

  /// Calls `body` with dr/dW, w and r of every residual of the terms of few, an adjoint each; the slopes that were taken
  /// are written over.
  func forEachGlobalRow(
    _ states: Trajectory, slots: [Double], eps: Trajectory, poll: () throws -> Void,
    _ body: ([Double], _ weight: Double, _ residual: Double) throws -> Void
  ) throws {
    if problem.globalTerms.isEmpty { return }
    problem.plan.load(slots)
    for term in problem.globalTerms {
      for (k, item) in term.residuals(states).enumerated() where item.weight > 0 {
        problem.clear(slopes)
        term.addDerivative(of: k, times: 1, states, into: slopes)
        try problem.pullBack(slopes, states, into: eps, poll: poll)
        let gradient = try problem.gradient(states, eps, poll: poll)
        try body(problem.adjustable.map { gradient[$0] }, item.weight, item.residual)
      }
    }
  }

  /// w dx of tangents dx, in place of the slopes that were taken.
  func weighed(_ tangents: Trajectory) -> Trajectory {
    let (target, w, dx) = (slopes.origin, curvatures.origin, tangents.origin)
    problem.plan.layout.forEachValue(of: problem.driven, problem.batch) {
      target[$0] = w[$0] > 0 ? w[$0] * dx[$0] : 0
    }
    return slopes
  }

  /// sqrt(w) times a random sign each, in place of the slopes that were taken: what J^T makes of them has squares whose
  /// expectation is the diagonal of J^T J, in this unit too.
  func randomSigns(_ stream: inout RandomStream) -> Trajectory {
    let (target, w) = (slopes.origin, curvatures.origin)
    problem.plan.layout.forEachValue(of: problem.driven, problem.batch) {
      let sign = stream.uniform() < 0.5 ? -1.0 : 1
      target[$0] = w[$0] > 0 ? sign * (w[$0] / unit).squareRoot() : 0
    }
    return slopes
  }

  /// Whether node k counts at time t of a lane.
  func counts(_ lane: Int, _ t: Int, _ k: Int) -> Bool {
    curvatures.row(t)[nodes[k].place + lane] > 0
  }

  /// sqrt(w), the factor of a row of the Jacobian, and r; 0 where the value does not count.
  func residual(_ lane: Int, _ t: Int, _ k: Int) -> (weight: Double, residual: Double) {
    let place = nodes[k].place + lane
    let curvature = curvatures.row(t)[place]
    guard curvature > 0 else { return (0, 0) }
    let weight = (curvature / unit).squareRoot()
    return (weight, slopes.row(t)[place] / unit / weight)
  }
}
