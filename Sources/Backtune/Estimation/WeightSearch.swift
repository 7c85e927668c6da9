import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The best weights seen, with their states, and the trials that look for better ones. Every trial is one simulation;
/// one that diverges costs +infinity.
final class WeightSearch {
  let problem: Problem
  /// The best weights, one value a slot, and what they score.
  private(set) var slots: [Double]
  private(set) var score = Score.infinite
  /// The score of the first weights that had a finite one, under the present nu.
  private(set) var first = Score.infinite
  private var best: States?
  /// Whether the states of the best weights are kept, or only what their cost depends on.
  private let keepsStates: Bool
  private var bestDriven: Driven?
  private(set) var simulations = 0
  private var reported = 0
  /// Whether nu stays for now.
  var holdsNu = false
  /// The alpha of the last trial that was the best so far.
  private(set) var bestStep = 0.0
  /// Of the trial, made with the first: that is polled.
  private var ownTrial: States?

  private func trial(_ poll: Poll) throws -> States {
    let states = try ownTrial ?? problem.makeStates(poll: poll)
    ownTrial = states
    return states
  }

  /// Of the best weights, once there are some with a finite score, where they are kept.
  func states(_ poll: Poll) throws -> States { try best ?? trial(poll) }

  init(_ problem: Problem, keepsStates: Bool = true) {
    (self.problem, self.keepsStates) = (problem, keepsStates)
    slots = problem.slots.values
  }

  /// Forgets what was found, and starts from other weights (one value a slot).
  func restart(from slots: [Double]) {
    (self.slots, score, first) = (slots, .infinite, .infinite)
    reported = simulations
    problem.data.reset()
  }

  /// How many simulations came since it was asked last, or restarted.
  func takeSimulations() -> Int {
    defer { reported = simulations }
    return simulations - reported
  }

  /// Takes the start, and nu, from an earlier session on the same data.
  func inherit(from other: any Session) {
    first = other.first
    problem.data.inherit(from: other.problem.data)
  }

  /// What the best weights score, as an entry of a trace.
  var report: IterationReport {
    var report = IterationReport(cost: problem.cost(score), nmse: problem.nmse(score))
    report.firstCost = problem.cost(first)
    (report.penalty, report.nu) = (problem.penalty(score), problem.data.nu ?? 0)
    report.simulations = simulations
    return report
  }

  /// Lets the criterion's nu follow the errors of the best weights, unless these would then be worse than the start:
  /// start and best are always compared under one nu.
  func adapt() {
    guard !holdsNu, let driven = bestDriven ?? best?.driven else { return }
    let changed = problem.data.adapt(to: driven) {
      $0.best + score.penalty <= $0.start + first.penalty && !problem.runner.hasFailed
    }
    guard let changed else { return }
    first = Score(data: changed.start, penalty: first.penalty, squares: first.squares)
    score = Score(data: changed.best, penalty: score.penalty, squares: score.squares)
  }

  /// Simulates with some weights and keeps them if they are the best so far.
  /// - Returns: their cost and states, good until the next trial.
  @discardableResult
  func attempt(
    _ candidate: [Double], poll: Poll
  ) throws -> (cost: Double, states: States) {
    let trial = try trial(poll)
    simulations += 1
    let result = try problem.evaluate(candidate, into: trial, poll: poll)
    guard result.total < score.total else { return (result.total, trial) }
    if !first.isFinite {
      first = result
      problem.data.begin(with: trial.driven)
    }
    (slots, score) = (candidate, result)
    if !keepsStates {
      let driven = try bestDriven ?? problem.runner.makeDriven(for: "values of the best weights")
      driven.copy(from: trial.driven)
      bestDriven = driven
      return (result.total, trial)
    }
    (ownTrial, best) = (best, trial)
    return (result.total, trial)
  }

  /// Writes the states of the best weights, simulated anew where they are not kept.
  func writeStates(into target: States, poll: Poll) throws {
    if keepsStates {
      target.copy(from: try states(poll))
    } else {
      try problem.simulate(slots, into: target, poll: poll)
    }
  }

  /// Simulates with the first weights; those that diverge are halved until they do not.
  /// - Returns: whether they were.
  func start(poll: Poll) throws -> Bool {
    if score.isFinite { return false }
    try attempt(slots, poll: poll)
    var candidate = slots
    for rescue in 0...Self.maxRescues where !score.isFinite {
      if rescue == Self.maxRescues { return false }
      for slot in problem.adjustable { candidate[slot] = bounded(candidate[slot] / 2, slot) }
      try attempt(candidate, poll: poll)
      if score.isFinite { return true }
    }
    return false
  }

  private static let maxRescues = 60

  /// Simulates with any weights, apart from the search; the states are good until the next trial.
  func evaluate(_ slots: [Double], poll: Poll = .none) throws -> (Score, States) {
    let trial = try trial(poll)
    return (try problem.evaluate(slots, into: trial, poll: poll), trial)
  }

  /// Weights `origin` plus a step, one value an adjustable slot, inside the bounds.
  func moved(_ origin: [Double], _ step: [Double]) -> [Double] {
    var result = origin
    for (k, slot) in problem.adjustable.enumerated() {
      result[slot] = bounded(origin[slot] + step[k], slot)
    }
    return result
  }

  private func bounded(_ value: Double, _ slot: Int) -> Double {
    min(max(value, problem.slots.lower[slot]), problem.slots.upper[slot])
  }

  /// Moves from weights `origin`, whose cost is `cost`, along `direction`: alpha = 1 first, then Brent-Dekker on
  /// [0, 1]; weights outside their bounds move to the nearest one.
  /// - Returns: the best alpha, 0 where none is better than the origin.
  func search(
    from origin: [Double], cost: Double, along direction: [Double], poll: Poll
  ) throws -> Double {
    func trial(_ alpha: Double) throws -> Double {
      let before = score.total
      let value = try attempt(moved(origin, direction, alpha), poll: poll).cost
      if score.total < before { bestStep = alpha }
      return value
    }
    let full = try trial(1)
    let minimum = try brentMinimum(
      from: 0, to: 1, relativePrecision: Self.precision, maxEvaluations: Self.maxTrials,
      lowerValue: cost, upperValue: full, trial)
    return minimum.value < cost ? minimum.argument : 0
  }

  /// Precision of a line search, and trials at most.
  private static let precision = 1e-2
  private static let maxTrials = 20

  private func moved(_ origin: [Double], _ direction: [Double], _ alpha: Double) -> [Double] {
    var result = origin
    for k in result.indices where direction[k] != 0 {
      result[k] = bounded(origin[k] + alpha * direction[k], k)
    }
    return result
  }
}
