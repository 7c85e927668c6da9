import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Gauss-Newton from several draws of the weights: a few iterations of each, the best continued in turns, all counted
/// as iterations of one estimation, whose weights are the best of all.
///
/// What the runners come to is computed on several threads, ahead of the order in which one thread would, and taken in
/// that order, as if it were computed there: what it does not come to is discarded.
final class Race: Session {
  let problem: Problem
  private let lanes: RaceLanes
  /// Draw 0, and draw k = 1, 2 ...: one value for each slot of the network.
  private var start: [Double]
  private let draw: (Int) -> [Double]
  /// Draws of a heat.
  private let field: Int
  private var runners: [Runner] = []
  /// The runner at work, its iterations since its turn came, and draws made.
  private var current: Int?
  private var turn = 0
  /// Whether it has gone on because it leads, and is fast.
  private var isLeading = false
  /// The runner that one session would hold.
  private var loaded: Int?
  /// Laps of runners, and of draws that have not entered yet, that were run ahead.
  private var ahead: [Int: [Lap]] = [:]
  /// Iterations that may still be asked for, the next one among them.
  var left = 1
  private(set) var slots: [Double]
  private(set) var report = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var isConverged = false
  /// What draw 0 scored.
  private(set) var first = Score.infinite
  private var simulations = 0

  private struct Runner {
    var position: GaussNewton.Position
    /// Laps that were taken.
    var laps = 1
    var cost = Double.infinity
    /// The cost before its last turn.
    var before = Double.infinity
    var hasEnded = false
    var isConverged = false

    /// Its last turn took less than half of the cost away.
    var isSlow: Bool { cost > before / 2 }
  }

  /// Usual draws of a heat, iterations of a turn, and how many runners go on after the heat.
  static let usualField = 8
  private static let turnLength = 6
  private static let kept = 3
  /// Where all that go on have come to an end, or are slow, another heat is run, this many at most; none where all have
  /// come to the same minimum.
  private static let heats = 8
  private static let sameMinimum = 1.01

  /// - Parameters:
  ///   - another: makes the problem once more, for sessions side by side; nil for one session.
  ///   - form: how steps are solved; nil for what is predicted to cost less.
  ///   - draw: weights of draw k = 1, 2 ...; the first are those of the network.
  init(
    _ problem: Problem, another: (() throws -> Problem)? = nil, field: Int = usualField,
    form: LinearForm? = nil, draw: @escaping (Int) -> [Double]
  ) throws {
    self.problem = problem
    self.field = max(field, 1)
    self.draw = draw
    slots = problem.slots.values
    start = slots
    lanes = try RaceLanes(problem, form: form, another: another)
  }

  /// The draws of `Problem.drawnSlots`, from the network's own weights on.
  convenience init(
    _ problem: Problem, another: (() throws -> Problem)? = nil, field: Int = usualField,
    form: LinearForm? = nil, seed: UInt64
  ) throws {
    try self.init(problem, another: another, field: field, form: form) { k in
      problem.drawnSlots(seed: seed &+ UInt64(k))
    }
  }

  /// Draws made so far.
  var draws: Int { runners.count }

  /// The cost at which every runner stands, best first: how far the draws spread.
  var costs: [Double] { runners.map(\.cost).sorted() }

  var search: WeightSearch { lanes.session.search }

  func restart(from slots: [Double]) {
    lanes.session.restart(from: slots)
    lanes.restart()
    (runners, current, turn, ahead) = ([], nil, 0, [:])
    (start, self.slots) = (slots, slots)
    report = IterationReport(cost: .infinity, nmse: .nan)
    (first, isConverged, loaded) = (.infinite, false, nil)
  }

  func start(poll: Poll) throws {
    begin()
    defer { close() }
    if runners.isEmpty { try enter(0, poll) }
  }

  /// One iteration of the runner whose turn it is; `lastReport.order` is `.none` where all have come to an end.
  func iterate(_ options: EstimatorOptions, poll: Poll) throws {
    begin()
    defer { close() }
    if isEmpty { return }
    isConverged = false
    let goal = max(options.target, options.tolerance * report.firstCost)
    while try choose(goal, poll) {
      guard let k = current else { return }
      let lap = try nextLap(of: k, goal, poll)
      take(lap, of: k)
      if !lap.isLast { return }
    }
    isConverged = runners.min { $0.cost < $1.cost }?.isConverged ?? false
  }

  /// Makes ready the runner whose turn it is.
  /// - Returns: false where all have come to an end.
  private func choose(_ goal: Double, _ poll: Poll) throws -> Bool {
    if let current, !runners[current].hasEnded {
      if turn < Self.turnLength {
        hold(current)
        return true
      }
      // As long as the best one is fast the others may wait.
      let leads = runners.allSatisfy { $0.cost >= runners[current].cost }
      if leads && !runners[current].isSlow {
        beginTurn(current)
        isLeading = true
        hold(current)
        return true
      }
    }
    if draws % field != 0 {
      try enter(goal, poll)
      return true
    }
    // After a heat the best go on in turns.
    let leaders = leaders
    if leaders.allSatisfy({
      runners[$0].hasEnded && runners[$0].cost <= Self.sameMinimum * runners[leaders[0]].cost
    }) {
      return false
    }
    let running = goingOn
    if running.allSatisfy({ runners[$0].isSlow }) && draws < Self.heats * field {
      try enter(goal, poll)
      return true
    }
    if running.isEmpty { return false }
    let after = running.firstIndex { $0 == current }.map { ($0 + 1) % running.count } ?? 0
    beginTurn(running[after])
    hold(running[after])
    return true
  }

  private var leaders: ArraySlice<Int> {
    runners.indices.sorted { runners[$0].cost < runners[$1].cost }.prefix(Self.kept)
  }

  /// Leaders that go on in turns: the fast ones, if there are any.
  private var goingOn: [Int] {
    let running = leaders.filter { !runners[$0].hasEnded }
    let fast = running.filter { !runners[$0].isSlow }
    return fast.isEmpty ? running : fast
  }

  private func beginTurn(_ k: Int) {
    (current, turn, isLeading) = (k, 0, false)
    runners[k].before = runners[k].cost
  }

  /// A new draw takes its turn. An interrupted start leaves nothing: the draw comes again.
  private func enter(_ goal: Double, _ poll: Poll) throws {
    enter(with: try nextLap(of: draws, goal, poll))
  }

  private func enter(with lap: Lap) {
    let k = draws
    if k == 0 {
      first = lap.first
      if lap.last.order == .rescue { lastReport.order = .rescue }
    }
    runners.append(Runner(position: lap.position))
    loaded = k
    simulations += lap.last.simulations
    keep(lap, of: k)
    beginTurn(k)
    runners[k].hasEnded = !lap.report.cost.isFinite
  }

  /// Gives a runner the session that one thread would have.
  private func hold(_ k: Int) {
    if loaded == k { return }
    loaded = k
    // It simulates with the runner's weights.
    simulations += 1
  }

  /// An iteration of a runner.
  private func take(_ lap: Lap, of k: Int) {
    runners[k].laps += 1
    turn += 1
    if lap.isLast { (runners[k].hasEnded, runners[k].isConverged) = (true, lap.isConverged) }
    count(lap, of: k)
  }

  private func count(_ lap: Lap, of k: Int) {
    simulations += lap.last.simulations
    keep(lap, of: k)
    if lap.last.order != .none {
      lastReport.order = lap.last.order
      (lastReport.variant, lastReport.step) = (lap.last.variant, 1)
    }
  }

  /// Notes where a runner stands.
  private func keep(_ lap: Lap, of k: Int) {
    runners[k].position = lap.position
    runners[k].cost = lap.report.cost
    if lap.report.cost < report.cost { (slots, report) = (lap.position.slots, lap.report) }
    report.firstCost = problem.cost(first)
  }

  private func begin() {
    lastReport = report
    simulations = 0
  }

  private func close() { lastReport.close(report, simulations: simulations) }

  // MARK: Ahead

  /// The next lap of a runner, or of the draw that enters: one that was run ahead, or it is run now, others beside it.
  private func nextLap(of k: Int, _ goal: Double, _ poll: Poll) throws -> Lap {
    if let lap = takeAhead(of: k) { return lap }
    let turns = [nextTurn(of: k)] + turnsBeside(k)
    let lead = runners.indices.reduce(Double.infinity) { $1 == k ? $0 : min($0, runners[$1].cost) }
    do { try lanes.run(turns, goal: goal, lead: lead, poll: poll) } catch {
      store(turns.dropFirst())
      takeRest(turns[0])
      throw error
    }
    store(turns[...])
    guard let lap = takeAhead(of: k) else {
      throw BacktuneError.state("race: a turn without an iteration")
    }
    return lap
  }

  private func takeAhead(of k: Int) -> Lap? {
    guard var laps = ahead[k], !laps.isEmpty else { return nil }
    let lap = laps.removeFirst()
    ahead[k] = laps
    return lap
  }

  private func store(_ turns: ArraySlice<RaceTurn>) {
    for turn in turns where !turn.laps.isEmpty { ahead[turn.runner, default: []] += turn.laps }
  }

  /// What there is of a turn that was interrupted, as one iteration: the best weights seen are never lost.
  private func takeRest(_ turn: RaceTurn) {
    var laps = turn.laps[...]
    let k = turn.runner
    if k == draws {
      guard let start = laps.popFirst() else { return }
      enter(with: start)
    }
    for lap in laps { take(lap, of: k) }
    if let rest = turn.rest { count(rest, of: k) }
  }

  /// The laps of a runner up to the end of its turn, or of a draw with its start, that were not run ahead.
  private func nextTurn(of k: Int) -> RaceTurn {
    let laps = ahead[k] ?? []
    guard k < draws else {
      let origin = laps.last?.position ?? GaussNewton.Position(slots: k == 0 ? start : draw(k))
      return RaceTurn(
        k, from: origin, before: laps.count, most: 1 + Self.turnLength - laps.count,
        cost: laps.first?.report.cost)
    }
    return RaceTurn(
      k, from: laps.last?.position ?? runners[k].position, before: runners[k].laps + laps.count,
      most: Self.turnLength - (k == current ? turn : 0) - laps.count,
      cost: k == current ? runners[k].before : runners[k].cost)
  }

  /// Turns that come after that of `k`, as far as can be foreseen.
  private func turnsBeside(_ k: Int) -> [RaceTurn] {
    let own = Self.turnLength - (k == current ? turn : 0)
    let width = lanes.width(laps: Self.turnLength)
    guard left > own, width > 1 else { return [] }
    let entered = max(draws, k + 1)
    let heat = entered..<(entered + field - 1) / field * field
    let running = goingOn
    let after = running.firstIndex(of: k).map { $0 + 1 } ?? 0
    let order = Array(heat) + (running[after...] + running[..<after]).filter { $0 != k }
    // Where one leads all the way, others are run in vain: two turns for each other thread at most.
    let next = order.prefix(
      min((left - own - 1) / Self.turnLength + 1, isLeading ? 2 * (width - 1) : order.count))
    return next.filter { ahead[$0]?.last?.isLast != true }
      .map { nextTurn(of: $0) }.filter { $0.most > 0 }
  }
}
