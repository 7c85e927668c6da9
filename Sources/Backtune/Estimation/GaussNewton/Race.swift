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
  let lanes: RaceLanes
  /// Draw 0, and draw k = 1, 2 ...: one value for each slot of the network.
  private(set) var start: [Double]
  let draw: (Int) -> [Double]
  /// Draws of a heat.
  let field: Int
  private(set) var runners: [Runner] = []
  /// The runner at work, its iterations since its turn came, and draws made.
  private(set) var current: Int?
  private(set) var turn = 0
  /// Whether it has gone on because it leads, and is fast.
  private(set) var isLeading = false
  /// The runner that one session would hold.
  private var loaded: Int?
  /// Laps of runners, and of draws that have not entered yet, that were run ahead.
  var ahead: [Int: [Lap]] = [:]
  /// Iterations that may still be asked for, the next one among them.
  var left = 1
  private(set) var slots: [Double]
  private(set) var report = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var isConverged = false
  /// What draw 0 scored.
  private(set) var first = Score.infinite
  private var simulations = 0

  struct Runner {
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
  static let turnLength = 6
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
    (first, isConverged, isLeading, loaded) = (.infinite, false, false, nil)
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
  var goingOn: [Int] {
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

  func enter(with lap: Lap) {
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
  func take(_ lap: Lap, of k: Int) {
    runners[k].laps += 1
    turn += 1
    if lap.isLast { (runners[k].hasEnded, runners[k].isConverged) = (true, lap.isConverged) }
    count(lap, of: k)
  }

  /// An iteration that was interrupted: no session holds what it has come to.
  func interrupt(_ lap: Lap, of k: Int) {
    runners[k].laps += 1
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
}
