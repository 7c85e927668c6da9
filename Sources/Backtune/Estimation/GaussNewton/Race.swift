import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Gauss-Newton from several draws of the weights: a few iterations of each, the best continued in turns, all counted
/// as iterations of one estimation, whose weights are the best of all.
final class Race: Session {
  let problem: Problem
  private let session: GaussNewton
  /// Draw 0, and draw k = 1, 2 ...: one value for each slot of the network.
  private var start: [Double]
  private let draw: (Int) -> [Double]
  /// Draws of a heat.
  private let field: Int
  private var runners: [Runner] = []
  /// The runner at work, its iterations since its turn came, and draws made.
  private var current: Int?
  private var turn = 0
  /// The runner that the session holds.
  private var loaded: Int?
  private(set) var slots: [Double]
  private(set) var report = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var isConverged = false
  /// What draw 0 scored.
  private(set) var first = Score.infinite
  private var simulations = 0

  private struct Runner {
    var position: GaussNewton.Position
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
  ///   - form: how steps are solved; nil for what is predicted to cost less.
  ///   - draw: weights of draw k = 1, 2 ...; the first are those of the network.
  init(
    _ problem: Problem, field: Int = usualField, form: LinearForm? = nil,
    draw: @escaping (Int) -> [Double]
  ) throws {
    self.problem = problem
    self.field = max(field, 1)
    self.draw = draw
    slots = problem.slots.values
    start = slots
    session = try GaussNewton(problem, form: form)
  }

  /// The draws of `Problem.drawnSlots`, from the network's own weights on.
  convenience init(
    _ problem: Problem, field: Int = usualField, form: LinearForm? = nil, seed: UInt64
  ) throws {
    try self.init(problem, field: field, form: form) { k in
      problem.drawnSlots(seed: seed &+ UInt64(k))
    }
  }

  /// Draws made so far.
  var draws: Int { runners.count }

  /// The cost at which every runner stands, best first: how far the draws spread.
  var costs: [Double] { runners.map(\.cost).sorted() }

  var search: WeightSearch { session.search }

  func restart(from slots: [Double]) {
    session.restart(from: slots)
    (runners, current, turn) = ([], nil, 0)
    (start, self.slots) = (slots, slots)
    report = IterationReport(cost: .infinity, nmse: .nan)
    (first, isConverged, loaded) = (.infinite, false, nil)
  }

  func start(poll: Poll) throws {
    begin()
    defer { close() }
    if runners.isEmpty { try enter(poll) }
  }

  /// One iteration of the runner whose turn it is; `lastReport.order` is `.none` where all have come to an end.
  func iterate(_ options: EstimatorOptions, poll: Poll) throws {
    begin()
    defer { close() }
    if isEmpty { return }
    isConverged = false
    while try choose(poll) {
      guard let k = current else { return }
      // Also where it is interrupted.
      defer {
        keep(k)
        simulations += session.lastReport.simulations
        if session.lastReport.order != .none {
          lastReport.order = session.lastReport.order
          (lastReport.variant, lastReport.step) = (session.lastReport.variant, 1)
        }
      }
      try session.iterate(options, poll: poll)
      turn += 1
      if session.lastReport.order != .none { return }
      runners[k].hasEnded = true
      runners[k].isConverged = session.isConverged
    }
    isConverged = runners.min { $0.cost < $1.cost }?.isConverged ?? false
  }

  /// Makes ready the runner whose turn it is.
  /// - Returns: false where all have come to an end.
  private func choose(_ poll: Poll) throws -> Bool {
    if let current, !runners[current].hasEnded {
      if turn < Self.turnLength {
        try hold(current, poll)
        return true
      }
      // As long as the best one is fast the others may wait.
      let leads = runners.allSatisfy { $0.cost >= runners[current].cost }
      if leads && !runners[current].isSlow {
        beginTurn(current)
        try hold(current, poll)
        return true
      }
    }
    if draws % field != 0 {
      try enter(poll)
      return true
    }
    // After a heat the best go on in turns.
    let leaders = runners.indices.sorted { runners[$0].cost < runners[$1].cost }
      .prefix(Self.kept)
    if leaders.allSatisfy({
      runners[$0].hasEnded && runners[$0].cost <= Self.sameMinimum * runners[leaders[0]].cost
    }) {
      return false
    }
    var running = leaders.filter { !runners[$0].hasEnded }
    let fast = running.filter { !runners[$0].isSlow }
    if fast.isEmpty && draws < Self.heats * field {
      try enter(poll)
      return true
    }
    if running.isEmpty { return false }
    if !fast.isEmpty { running = fast }
    let after = running.firstIndex { $0 == current }.map { ($0 + 1) % running.count } ?? 0
    beginTurn(running[after])
    try hold(running[after], poll)
    return true
  }

  private func beginTurn(_ k: Int) {
    (current, turn) = (k, 0)
    runners[k].before = runners[k].cost
  }

  /// A new draw takes its turn.
  private func enter(_ poll: Poll) throws {
    let position = GaussNewton.Position(slots: draws == 0 ? start : draw(draws))
    try load(position, poll)
    // An interrupted start leaves nothing: the draw comes again.
    let k = draws
    runners.append(Runner(position: position))
    loaded = k
    keep(k)
    beginTurn(k)
    runners[k].hasEnded = !session.cost.isFinite
  }

  /// Gives the session to a runner.
  private func hold(_ k: Int, _ poll: Poll) throws {
    if loaded == k { return }
    try load(runners[k].position, poll)
    loaded = k
  }

  private func load(_ position: GaussNewton.Position, _ poll: Poll) throws {
    loaded = nil
    session.resume(position)
    try session.start(poll: poll)
    simulations += session.lastReport.simulations
    if draws == 0 {
      first = session.first
      if session.lastReport.order == .rescue { lastReport.order = .rescue }
    }
  }

  /// Notes where a runner stands.
  private func keep(_ k: Int) {
    runners[k].position = session.position
    runners[k].cost = session.cost
    if session.cost < report.cost {
      (slots, report) = (session.slots, session.report)
    }
    report.firstCost = problem.cost(first)
  }

  private func begin() {
    lastReport = report
    simulations = 0
  }

  private func close() { lastReport.close(report, simulations: simulations) }
}
