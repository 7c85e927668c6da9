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
  private let tolerance: Double
  /// Times that the step may be halved where M grows; 0 ends at the first growth.
  private let maxHalvings: Int
  static let maxIterations = 20

  /// The iterate, Phi of it, and their difference.
  private(set) var states: States
  private(set) var predicted: [Trajectory]
  private(set) var residual: [Trajectory]
  /// The same of the next iterate, swapped in when it is lower.
  private var nextStates: States
  private var nextPredicted: [Trajectory]
  private var nextResidual: [Trajectory]
  private let pulled: [Trajectory]
  private var impose: Imposition = { _ in }
  /// M of each iterate that was kept.
  private(set) var misfits: [Double] = []

  enum Stop { case change, limit, grows, nothing }

  /// Polls while its trajectories are made: fresh memory takes its time.
  init(_ problem: Problem, maxHalvings: Int = 20, poll: Poll = .none) throws {
    func fresh() throws -> [Trajectory] {
      try problem.runner.makeTrajectories(for: "re-estimated states", poll: poll)
    }
    self.problem = problem
    self.maxHalvings = maxHalvings
    tolerance = 1e-6 * problem.outputDeviation
    (states, nextStates) = (
      try problem.makeStates(poll: poll), try problem.makeStates(poll: poll)
    )
    (predicted, nextPredicted) = (try fresh(), try fresh())
    (residual, nextResidual) = (try fresh(), try fresh())
    pulled = try fresh()
  }

  /// Re-estimates from simulated states, with the weights that are loaded.
  @discardableResult
  mutating func run(from simulated: States, poll: Poll = .none) throws -> Stop {
    // Both: values before t = 0 stay.
    states.copy(from: simulated)
    nextStates.copy(from: simulated)
    guard let imposition = try problem.data.imposition(on: simulated.driven, poll: poll) else {
      return .nothing
    }
    impose = imposition
    imposeNext()
    try poll()
    var misfit = try evaluateNext(poll: poll)
    misfits = [misfit]
    acceptNext()
    var (step, halvings) = (1.0, 0)
    for _ in 1...Self.maxIterations {
      try problem.runner.pull(
        states, predicted: predicted, residual: residual, into: pulled, poll: poll)
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
  private func evaluateNext(poll: Poll) throws -> Double {
    try problem.runner.predict(from: nextStates, into: nextPredicted, poll: poll)
    let sum = problem.runner.reduction.sum { [self] part in
      let (x, p, r) = (
        nextStates.parts[part].origin, nextPredicted[part].origin, nextResidual[part].origin
      )
      var sum = 0.0
      forEachValue(part) { place in
        r[place] = x[place] - p[place]
        sum += r[place] * r[place]
      }
      return sum
    }
    try poll()
    return sum / 2
  }

  /// The next iterate, x - step dM/dx with the observed values imposed; returns the largest change of a value.
  private func moveNext(_ step: Double) -> Double {
    let (reduction, all) = (problem.runner.reduction, states.parts)
    reduction.each { [self] part in
      let (from, to) = (all[part].origin, nextStates.parts[part].origin)
      let (r, b) = (residual[part].origin, pulled[part].origin)
      forEachValue(part) { place in to[place] = from[place] - step * (r[place] - b[place]) }
    }
    imposeNext()
    return reduction.max { [self] part in
      let (from, to) = (all[part].origin, nextStates.parts[part].origin)
      var change = 0.0
      forEachValue(part) { place in change = max(change, abs(to[place] - from[place])) }
      return change
    }
  }

  private func imposeNext() {
    problem.runner.gather(nextStates)
    impose(nextStates.driven)
    problem.runner.scatter(nextStates)
  }

  private func forEachValue(_ part: Int, _ body: (Int) -> Void) {
    let shard = problem.runner.shards.all[part]
    shard.layout.forEachValue(of: problem.network.allNodes, shard.batch, body)
  }
}
