import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// When to try again something dear that did not pay: after 1, 2, 4 ... iterations; at once where it paid.
private struct Pause {
  private var length = 1
  private var left = 0

  /// Counts one iteration down; true where the time has come.
  mutating func pass() -> Bool {
    if left == 0 { return true }
    left -= 1
    return false
  }

  mutating func report(won: Bool) {
    length = won ? 1 : length * 2
    left = won ? 0 : length / 2
  }
}

/// The paper's method: simulate, tune backward, adjust to second order, fall back to first order.
final class BackwardTuning: Session {
  let problem: Problem
  let search: WeightSearch
  private let secondOrder: SecondOrder
  private var firstOrder: FirstOrder
  private var reestimation: StateReestimation?
  private var reestimationPause = Pause()
  /// The weights whose gradient the momenta took last.
  private var averaged: [Double]?
  /// The iteration under way or done.
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)

  init(_ problem: Problem) throws {
    self.problem = problem
    search = WeightSearch(problem)
    // What the node systems need for an entry, about.
    try MemoryBudget.bytes(doubles: [problem.network.entryCount, 16], for: "node systems")
    secondOrder = SecondOrder(
      systems: NodeSystems(problem.network), starts: problem.startSlots)
    firstOrder = FirstOrder(count: problem.slots.values.count)
  }

  func restart(from slots: [Double]) {
    search.restart(from: slots)
    firstOrder = FirstOrder(count: problem.slots.values.count)
    reestimationPause = Pause()
    averaged = nil
  }

  var slots: [Double] { search.slots }
  var first: Score { search.first }
  var report: IterationReport { search.report }
  /// A stall says nothing of a minimum.
  let isConverged = false

  func start(poll: Poll) throws {
    begin()
    defer { close() }
    if try search.start(poll: poll) { lastReport.order = .rescue }
  }

  /// One iteration from the best weights: `lastReport.order` is `.none` where nothing better was found.
  func iterate(_ options: EstimatorOptions, poll: Poll) throws {
    begin()
    defer { close() }
    search.adapt()
    let (origin, cost) = (search.slots, search.score.total)
    problem.load(origin)
    let states = try search.states(poll)
    let (gradient, counts) = try problem.tune(states, isGuarded: options.isGuarded, poll: poll)
    lastReport.raised = Double(counts.raised) / Double(max(counts.values, 1))
    lastReport.saturated = Double(counts.saturated) / Double(max(counts.values, 1))
    let slope = slope(states, origin, gradient)
    // Once for each point: an interrupted iteration comes back to the same.
    if origin != averaged {
      firstOrder.update(slope.whole)
      averaged = origin
    }
    let isReestimating = options.reestimatesStates && reestimationPause.pass()
    try second(origin, cost, slope, isReestimating: isReestimating, poll)
    if search.score.total > Self.sufficientDecrease * cost { try first(origin, cost, poll) }
    if lastReport.order != .none { return }
    // Before it is given up: what was left out, then ever shorter steps of the momenta.
    if options.reestimatesStates && !isReestimating { try third(origin, cost, slope, poll) }
    for _ in 0..<Self.lastRounds where lastReport.order == .none {
      firstOrder.shorten()
      try first(origin, cost, poll)
    }
  }

  /// Together they reach steps of 1e-13 of the weights.
  private static let lastRounds = 6

  /// The second order has failed where it leaves more than this of the cost: it often creeps on by less, while a
  /// momentum of the gradient leaps (median NMSE after 100 iterations on ten sequences of N = 2: 8e-4 against 6e-3).
  private static let sufficientDecrease = 0.95

  /// Derivative of the un-normalised cost at the best weights: of what depends on states, of the weights'
  /// regularisation, and of both; fixed slots are 0. With the typical curvature of the criterion.
  private struct Slope {
    let states: [Double]
    let regularisation: SecondOrder.Regularisation?
    let whole: [Double]
    let curvature: Double?
  }

  private func slope(
    _ states: States, _ weights: [Double], _ derivative: [Double]
  ) -> Slope {
    var gradient = derivative
    for (slot, isFixed) in problem.slots.isFixed.enumerated() where isFixed { gradient[slot] = 0 }
    let regularisation = problem.weightRegularisation(weights)
    let whole = regularisation.map { zip(gradient, $0.gradient).map(+) } ?? gradient
    return Slope(
      states: gradient, regularisation: regularisation, whole: whole,
      curvature: problem.data.curvature(states.driven))
  }

  /// The three variants of section 2.5, each followed by a line search.
  private func second(
    _ origin: [Double], _ cost: Double, _ slope: Slope, isReestimating: Bool,
    _ poll: Poll
  ) throws {
    let input = SecondOrder.Input(
      states: try search.states(poll), shards: problem.runner.shards,
      rightHandSide: slope.states.map { -$0 },
      regularisation: slope.regularisation
    ).scaled(by: 1 / (slope.curvature ?? 1))
    var directions = [
      try secondOrder.direction(input, poll: poll),
      try secondOrder.weightedDirection(input, slots: origin, poll: poll),
    ].map(ofFirst)
    if slope.curvature == nil {
      directions = directions.map { Self.reaching($0, cost, slope.whole) }
    }
    // Computed before the searches, which leave these states behind.
    let reestimated = isReestimating ? try reestimatedDirectionIfFits(slope, poll) : nil
    for (k, direction) in directions.enumerated() {
      try look(origin, cost, direction, .second, k + 1, poll)
    }
    if let reestimated { try third(origin, cost, reestimated, poll) }
  }

  /// The direction of the first process.
  private func ofFirst(_ direction: [Double]) -> [Double] {
    let count = problem.network.slots.values.count
    // Given initial states, which are fixed, are as many as there are sequences.
    guard problem.processes != nil,
      let weights = problem.processes.first(Array(direction[..<count]), count: count)
    else { return direction }
    return weights + direction[count...]
  }

  /// The multiple of a direction that would bring a linear cost to zero.
  private static func reaching(
    _ direction: [Double], _ cost: Double, _ gradient: [Double]
  ) -> [Double] {
    let descent = -zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    let scale = cost / descent
    return descent > 0 && scale.isFinite ? direction.map { scale * $0 } : direction
  }

  /// Variant 3 from the present states.
  private func third(
    _ origin: [Double], _ cost: Double, _ slope: Slope, _ poll: Poll
  ) throws {
    if let direction = try reestimatedDirectionIfFits(slope, poll) {
      try third(origin, cost, direction, poll)
    }
  }

  private func third(
    _ origin: [Double], _ cost: Double, _ direction: [Double], _ poll: Poll
  ) throws {
    let before = search.score.total
    try look(origin, cost, direction, .second, 3, poll)
    reestimationPause.report(won: search.score.total < before)
  }

  /// The direction of variant 3; nil where its work space, the largest of all, is not to be had: the others do without.
  private func reestimatedDirectionIfFits(
    _ slope: Slope, _ poll: Poll
  ) throws -> [Double]? {
    do {
      if reestimation == nil { reestimation = try StateReestimation(problem, poll: poll) }
      if problem.processes == nil { return try reestimatedDirection(slope, poll) }
    } catch let error as BacktuneError where error.kind == .memory {}
    guard problem.processes != nil, problem.processes.all(reestimation != nil) else {
      reestimationPause.report(won: false)
      return nil
    }
    return try reestimatedDirection(slope, poll).map(ofFirst)
  }

  private func reestimatedDirection(
    _ slope: Slope, _ poll: Poll
  ) throws -> [Double]? {
    guard var reestimation else { return nil }
    self.reestimation = nil
    defer { self.reestimation = reestimation }
    guard try reestimation.run(from: search.states(poll), poll: poll) != .nothing else {
      reestimationPause.report(won: false)
      return nil
    }
    let gradient = try problem.gradient(
      reestimation.states, residual: reestimation.residual)
    return try secondOrder.direction(
      SecondOrder.Input(
        states: reestimation.states, shards: problem.runner.shards,
        rightHandSide: gradient,
        regularisation: slope.regularisation.map {
          SecondOrder.scaled($0, by: 1 / (slope.curvature ?? 1))
        }),
      poll: poll)
  }

  /// The six momenta of section 2.6.
  private func first(_ origin: [Double], _ cost: Double, _ poll: Poll) throws {
    // Initial states that are given are no weights.
    let count = problem.learnsEachStart ? origin.count : problem.network.slots.values.count
    let weights = Array(origin[..<count])
    for (k, momentum) in FirstOrder.momenta.enumerated() {
      guard let direction = firstOrder.direction(k, weights: weights) else { continue }
      let alpha = try look(origin, cost, direction, .first, momentum, poll)
      firstOrder.report(k, alpha: alpha)
    }
  }

  /// Searches along a direction and notes what it found if it is the best of the iteration.
  @discardableResult
  private func look(
    _ origin: [Double], _ cost: Double, _ direction: [Double], _ order: StepOrder,
    _ variant: Int, _ poll: Poll
  ) throws -> Double {
    guard direction.contains(where: { $0 != 0 }) else { return 0 }
    let before = search.score.total
    // Noted also where the search is interrupted.
    defer {
      if search.score.total < before {
        (lastReport.order, lastReport.variant) = (order, variant)
        lastReport.step = search.bestStep
      }
    }
    return try search.search(from: origin, cost: cost, along: direction, poll: poll)
  }

  private func begin() { lastReport = report }

  private func close() { lastReport.close(report, simulations: search.takeSimulations()) }
}
