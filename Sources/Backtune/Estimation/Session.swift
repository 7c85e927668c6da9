import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A method at work on a problem: what an estimator drives.
protocol Session: AnyObject {
  var problem: Problem { get }
  /// What it evaluates weights with.
  var search: WeightSearch { get }
  /// The best weights, one value a slot.
  var slots: [Double] { get }
  /// What the first weights with a finite cost score, under the present nu.
  var first: Score { get }
  /// What the best weights score, as an entry of a trace; all simulations since the start.
  var report: IterationReport { get }
  /// The iteration under way or done: `order` is `.none` where nothing better was found.
  var lastReport: IterationReport { get }
  /// Whether nothing better was found because there is nothing, up to rounding.
  var isConverged: Bool { get }

  /// Forgets what was found, and starts from other weights, one value a slot.
  func restart(from slots: [Double])
  /// The start; weights that diverge are halved until they do not.
  func start(poll: Poll) throws
  /// One iteration from the best weights.
  func iterate(_ options: EstimatorOptions, poll: Poll) throws
}

extension Session {
  /// No weight is adjustable.
  var isEmpty: Bool { problem.adjustable.isEmpty }

  /// L of the best weights.
  var cost: Double { report.cost }

  /// The network with the best weights.
  var network: Network {
    var network = problem.network
    network.setSlotValues(problem.parts(of: slots).weights)
    return network
  }

  /// The best initial states, sequences x flat state; empty unless each sequence has its own.
  var initialStates: [Double] { problem.parts(of: slots).starts }

  /// All slots for these weights of the network, with the best initial states.
  func slots(at weights: [Double]) -> [Double] {
    Array(problem.slots(for: weights)[..<weights.count]) + slots[weights.count...]
  }

  /// L and its NMSE at any weights: nothing that was found is touched. Infinite where the simulation diverges.
  func cost(at weights: [Double], poll: Poll = .none) throws -> (cost: Double, nmse: Double) {
    let (score, _) = try search.evaluate(slots(at: weights), poll: poll)
    return (problem.cost(score), problem.nmse(score))
  }

  /// L and its derivative by every adjustable weight of the network, without guard, at any weights: nothing that was
  /// found is touched. NaN where the simulation diverges.
  func gradient(
    at weights: [Double], poll: Poll
  ) throws -> (cost: Double, gradient: [Double]) {
    let slots = slots(at: weights)
    let (score, states) = try search.evaluate(slots, poll: poll)
    guard score.isFinite else {
      let count = problem.network.adjustableCount
      return (problem.cost(score), [Double](repeating: .nan, count: count))
    }
    let all = try problem.tune(states, isGuarded: false, poll: poll).gradient
    let part = problem.weightRegularisation(slots)?.gradient
    let whole = part.map { zip(all, $0).map(+) } ?? all
    let divisor = problem.data.divisor
    return (problem.cost(score), problem.weightGradient(whole).map { $0 / divisor })
  }

  /// The observables' term of the cost and the states at any weights; nil with another criterion.
  func observables(
    at weights: [Double], poll: Poll
  ) throws -> (term: ObservablesTerm, states: Driven)? {
    guard let term = problem.data as? ObservablesTerm else { return nil }
    return (term, try search.evaluate(slots(at: weights), poll: poll).1.driven)
  }
}
