import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation
import Synchronization

/// What a runner of a race comes to: by its start, then by each iteration.
struct Lap {
  let position: GaussNewton.Position
  /// What its best weights score, and the iteration.
  let report: IterationReport
  let last: IterationReport
  let isConverged: Bool
  let first: Score

  /// No further lap can help.
  let isLast: Bool

  fileprivate init(_ session: GaussNewton, isStart: Bool = false) {
    (position, report, last) = (session.position, session.report, session.lastReport)
    (isConverged, first) = (session.isConverged, session.first)
    isLast = !isStart && last.order == .none
  }
}

/// Laps that a runner is to run next, one after the other.
final class RaceTurn: @unchecked Sendable {
  let runner: Int
  /// Where it stands, after so many laps; before the first the weights of its start.
  let origin: GaussNewton.Position
  let before: Int
  let most: Int
  /// What it cost when its turn came; that of its start, where nil.
  let cost: Double?
  // Written by whoever runs it, read when all are done.
  /// Laps that are complete, and what an interrupted one had come to.
  fileprivate(set) var laps: [Lap] = []
  fileprivate(set) var rest: Lap?
  fileprivate(set) var hasFailed = false

  init(
    _ runner: Int, from origin: GaussNewton.Position, before: Int, most: Int, cost: Double?
  ) {
    (self.runner, self.origin, self.before, self.most) = (runner, origin, before, most)
    self.cost = cost
  }

  /// No more laps are to be run of it.
  fileprivate var isComplete: Bool { laps.count >= most || laps.last?.isLast == true }

  /// Whether it took half of the cost away, or more.
  fileprivate var isFast: Bool {
    guard let first = laps.first, let last = laps.last, !last.isLast else { return false }
    return last.report.cost <= (cost ?? first.report.cost) / 2
  }
}

/// Sessions of one problem in which runners of a race run side by side. What a runner comes to does not depend on the
/// session, nor on who had it before: a position goes on to the same bits in any.
final class RaceLanes {
  private final class Lane: @unchecked Sendable {
    let session: GaussNewton
    private let isExtra: Bool
    /// Whose position it holds, after how many laps.
    private var held: (runner: Int, laps: Int)?

    init(_ session: GaussNewton, isExtra: Bool) {
      (self.session, self.isExtra) = (session, isExtra)
    }

    func restart() { held = nil }

    /// Whether a turn goes on from what it holds.
    func holds(_ turn: RaceTurn) -> Bool {
      held.map { $0 == (turn.runner, turn.before) } ?? false
    }

    /// Runs a turn until it is over, the runner has come to an end, or has run its laps.
    func run(_ turn: RaceTurn, _ poll: Poll, isOver: () -> Bool) throws {
      if isOver() { return }
      let isHeld = holds(turn)
      held = nil
      if !isHeld {
        session.resume(turn.origin)
        try session.start(poll: poll)
        if turn.before == 0 { turn.laps.append(Lap(session, isStart: true)) }
      }
      while turn.laps.count < turn.most, turn.laps.last?.isLast != true, !isOver() {
        do { try session.iterate(EstimatorOptions(), poll: poll) } catch {
          turn.rest = Lap(session)
          throw error
        }
        // One session alone might have had the room.
        if isExtra && session.solver.isStarved {
          throw BacktuneError.memory("a session of a race: no room beside the others")
        }
        turn.laps.append(Lap(session))
      }
      held = (turn.runner, turn.before + turn.laps.count)
    }
  }

  private var lanes: [Lane]
  private let form: LinearForm?
  /// Makes the problem once more; nil where there is to be one session only.
  private let another: (() throws -> Problem)?
  /// Sessions at most.
  private var limit = Int.max
  /// Multiplications of a lap, about.
  private let work: Int

  /// Laps are reported within this time, or as soon as the first is complete.
  private static let patience = Duration.milliseconds(250)
  /// What a thread of its own takes of the address space, and what other calls ask for, in bytes.
  private static let reserve = 192 << 20
  /// Simulations of a lap, with adjoints, about.
  private static let simulations = 20

  init(
    _ problem: Problem, form: LinearForm?, another: (() throws -> Problem)?
  ) throws {
    lanes = [Lane(try GaussNewton(problem, form: form), isExtra: false)]
    (self.form, self.another) = (form, another)
    let shards = problem.runner.shards
    let (product, overflow) = shards.workPerStep.multipliedReportingOverflow(
      by: Self.simulations * shards.totalSteps)
    work = overflow ? .max : product
  }

  /// The one that answers for all.
  var session: GaussNewton { lanes[0].session }

  func restart() {
    for lane in lanes { lane.restart() }
  }

  /// How many turns of so many laps can be run side by side, and are worth it.
  func width(laps: Int) -> Int {
    let (work, overflow) = work.multipliedReportingOverflow(by: laps)
    guard another != nil, Threads.worthwhile(work: overflow ? .max : work) else { return 1 }
    return min(Threads.count, limit)
  }

  /// Runs turns that follow each other, side by side: until they do not, as far as can be foreseen, or for a while, but
  /// at least a lap of the first.
  ///
  /// - Parameters:
  ///   - goal: a cost at which nothing need follow.
  ///   - lead: what the best other runner costs: the next one waits as long as one is fast and leads.
  /// - Throws: what `poll` threw, or the first turn where it has no complete lap. What turns have of laps is good in any
  ///   case.
  func run(_ turns: [RaceTurn], goal: Double, lead: Double, poll: Poll) throws {
    if turns.count > 1 { makeLanes(turns.count) }
    guard turns.count > 1, lanes.count > 1 else { return try runAlone(turns[0], poll) }
    let progress = Progress(turns, goal: goal, lead: lead)
    let side = Reduction(count: turns.count, work: .max)
    try side.forEach(poll: poll, scratch: lanes) { index, lane, poll in
      let turn = turns[index]
      do {
        try lane.run(turn, poll) { progress.isOver(index) }
      } catch let error as BacktuneError where error.kind == .interrupted {
        throw error
      } catch {
        // The order of one thread may never come to that.
        turn.hasFailed = true
      }
      progress.leave(index)
    }
    // As where memory is short: one session has more of it.
    if turns.contains(where: \.hasFailed) {
      limit = 1
      lanes.removeSubrange(1...)
    }
    if turns[0].laps.isEmpty { try runAlone(turns[0], poll) }
  }

  /// How far turns are that are run side by side.
  private final class Progress: @unchecked Sendable {
    private let turns: [RaceTurn]
    private let goal: Double
    private let began = Time.now
    private let hasEnded = Atomic(false)
    /// One for all: such locks are never freed.
    private static let lock = ForkSafeLock()
    // Under the lock:
    private var lead: Double
    private var hasLeft: [Bool]
    private var next = 0

    init(_ turns: [RaceTurn], goal: Double, lead: Double) {
      (self.turns, self.goal, self.lead) = (turns, goal, lead)
      hasLeft = turns.map { _ in false }
      // Made here, where no fork can come between.
      _ = Self.lock
    }

    /// Whether this turn is to go no further; called by who runs it.
    func isOver(_ index: Int) -> Bool {
      if index == 0 {
        guard let lap = turns[0].laps.last else { return false }
        if lap.report.cost <= goal { end() }
      }
      return hasEnded.load(ordering: .relaxed)
        || Time.now - began > RaceLanes.patience
    }

    private func end() { hasEnded.store(true, ordering: .relaxed) }

    /// Nobody runs this turn any more.
    func leave(_ index: Int) {
      Self.lock.whileLocked {
        hasLeft[index] = true
        while next < turns.count, hasLeft[next] {
          let turn = turns[next]
          let cost = turn.laps.last?.report.cost ?? .infinity
          let goesOn = turn.isFast && cost <= lead
          if !turn.isComplete || goesOn || cost <= goal { return end() }
          lead = min(lead, cost)
          next += 1
        }
      }
    }
  }

  /// One lap, on as many threads as that takes.
  private func runAlone(_ turn: RaceTurn, _ poll: Poll) throws {
    try (lanes.first { $0.holds(turn) } ?? lanes[0]).run(turn, poll) { !turn.laps.isEmpty }
  }

  /// Makes sessions, as many as are of use and as there is memory for.
  private func makeLanes(_ count: Int) {
    while lanes.count < min(Threads.count, limit, count) {
      let left = MemoryBudget.left
      guard let another, let session = try? GaussNewton(another(), form: form) else {
        limit = lanes.count
        return
      }
      let order = session.problem.adjustable.count
      // Each may come to two matrices.
      let matrices = 2 * (lanes.count + 1) * order * order * MemoryLayout<Double>.stride
      let more = max(left - MemoryBudget.left, 0) + matrices
      // Also of the address space, where that is limited.
      let room = try? MemoryBudget.bytes(
        doubles: [(more + Self.reserve) / MemoryLayout<Double>.stride], for: "another session")
      guard MemoryBudget.left / 2 > more, room != nil else {
        limit = lanes.count
        return
      }
      lanes.append(Lane(session, isExtra: true))
    }
  }
}
