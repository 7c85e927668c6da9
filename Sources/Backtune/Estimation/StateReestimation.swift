import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// State re-estimation, footnote 7 of RR-9100: the states that make
///
///     M = 1/2 sum over all n, t of (x_n(t) - Phi_nt(x))^2
///
/// smallest, the observed values being imposed; by gradient descent, x <- x - s dM/dx with
/// dM/dx = (x - Phi(x)) - beta^T (x - Phi(x)), from the simulated states and s = 1.
struct StateReestimation {
  private let problem: Problem
  private let groups: [Observed]
  private let tolerance: Double
  /// Times that the step may be halved where M grows; 0 ends at the first growth.
  private let maxHalvings: Int
  static let maxIterations = 20

  /// The iterate, Phi of it, and their difference.
  private(set) var states: Trajectory
  private(set) var predicted: Trajectory
  private(set) var residual: Trajectory
  /// The same of the next iterate, swapped in when it is lower.
  private var nextStates: Trajectory
  private var nextPredicted: Trajectory
  private var nextResidual: Trajectory
  private let pulled: Trajectory
  private var impose: Imposition = { _ in }
  /// M of each iterate that was kept.
  private(set) var misfits: [Double] = []

  enum Stop { case change, limit, grows, nothing }

  /// Polls between its trajectories: fresh memory takes its time.
  init(_ problem: Problem, maxHalvings: Int = 20, poll: () throws -> Void = {}) throws {
    func fresh(_ trajectory: Trajectory) throws -> Trajectory {
      try poll()
      return trajectory
    }
    self.problem = problem
    self.maxHalvings = maxHalvings
    groups = problem.network.allNodes
    tolerance = 1e-6 * problem.outputDeviation
    states = try fresh(problem.makeStates())
    nextStates = try fresh(problem.makeStates())
    predicted = try fresh(problem.makeAdjoint())
    nextPredicted = try fresh(problem.makeAdjoint())
    residual = try fresh(problem.makeAdjoint())
    nextResidual = try fresh(problem.makeAdjoint())
    pulled = try fresh(problem.makeAdjoint())
  }

  /// Re-estimates from simulated states, with the weights that are loaded.
  @discardableResult
  mutating func run(from simulated: Trajectory, poll: () throws -> Void = {}) throws -> Stop {
    // Both: values before t = 0 stay.
    states.copy(from: simulated)
    nextStates.copy(from: simulated)
    guard let imposition = try problem.data.imposition(on: simulated, poll: poll) else {
      return .nothing
    }
    impose = imposition
    impose(nextStates)
    try poll()
    var misfit = try evaluateNext(poll: poll)
    misfits = [misfit]
    acceptNext()
    var (step, halvings) = (1.0, 0)
    for _ in 1...Self.maxIterations {
      try problem.plan.pull(
        states, predicted: predicted, residual: residual, into: pulled, problem.batch, poll: poll)
      var change = moveNext(step)
      var next = try evaluateNext(poll: poll)
      while !(next <= misfit) {
        if halvings == maxHalvings { return .grows }
        halvings += 1
        step /= 2
        change = moveNext(step)
        next = try evaluateNext(poll: poll)
      }
      misfit = next
      misfits.append(next)
      acceptNext()
      if change < tolerance { return .change }
    }
    return .limit
  }

  private mutating func acceptNext() {
    swap(&states, &nextStates)
    swap(&predicted, &nextPredicted)
    swap(&residual, &nextResidual)
  }

  /// Phi(x) and x - Phi(x) of the next iterate; returns its M.
  private func evaluateNext(poll: () throws -> Void) throws -> Double {
    try problem.plan.predict(from: nextStates, into: nextPredicted, problem.batch, poll: poll)
    let (x, p, r) = (nextStates.origin, nextPredicted.origin, nextResidual.origin)
    var sum = 0.0
    forEachValue { place in
      r[place] = x[place] - p[place]
      sum += r[place] * r[place]
    }
    try poll()
    return sum / 2
  }

  /// The next iterate, x - step dM/dx with the observed values imposed; returns the largest change of a value.
  private func moveNext(_ step: Double) -> Double {
    let (from, to, r, b) = (states.origin, nextStates.origin, residual.origin, pulled.origin)
    forEachValue { place in to[place] = from[place] - step * (r[place] - b[place]) }
    impose(nextStates)
    var change = 0.0
    forEachValue { place in change = max(change, abs(to[place] - from[place])) }
    return change
  }

  private func forEachValue(_ body: (Int) -> Void) {
    states.layout.forEachValue(of: groups, problem.batch, body)
  }
}
