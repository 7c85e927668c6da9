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
  }

  let nodes: [Node]
  private let problem: Problem
  private let runner: ShardRunner
  /// rho' at the states that were taken, without the terms of few residuals.
  let slopes: Driven
  private let curvatures: Driven
  /// Of the sequences of a window, where not all are in memory.
  private var held: Buffer
  /// The unit of the cost, a power of two.
  private(set) var unit = 1.0
  /// Where the values of each sequence stand.
  private var homes: [Home]

  /// First values of the first driven node in a sequence's lane; without references, which took a third of an iteration
  /// of the smallest networks.
  private struct Home {
    let curvature: UnsafePointer<Double>
    let slope: UnsafeMutablePointer<Double>
    let rowSize: Int
    let lanes: Int
    /// Where they stand in the shard, which may not be in memory.
    let site: Site

    struct Site {
      let part: Int
      let rowSize: Int
      let lanes: Int
      let lane: Int
    }

    /// The driven nodes stand in their order in a row.
    @inline(__always)
    func place(_ t: Int, _ k: Int) -> Int { t * rowSize + k * lanes }
  }

  init(_ problem: Problem) throws {
    self.problem = problem
    runner = problem.runner
    nodes = problem.driven.flatMap { item in
      (0..<item.count).map { Node(group: item.group, node: $0) }
    }
    slopes = try runner.makeDriven(for: "slopes of the residuals")
    curvatures = try runner.makeDriven(for: "weights of the residuals")
    held = try Buffer(count: 0, for: "values of a window")
    let nothing = Home(
      curvature: held.pointer, slope: held.pointer, rowSize: 0, lanes: 0,
      site: Home.Site(part: 0, rowSize: 0, lanes: 0, lane: 0))
    homes = [Home](repeating: nothing, count: runner.shards.lengths.count)
    if runner.isLoading { return }
    var all = homes
    for part in runner.shards.all.indices { forEachHome(part) { all[$0] = $1 } }
    homes = all
  }

  /// Calls `body(sequence, home)` for the sequences of a shard.
  private func forEachHome(_ part: Int, _ body: (Int, Home) -> Void) {
    let layout = runner.layout(part)
    let (w, slope) = (curvatures.parts[part].origin, slopes.parts[part].origin)
    runner.shards.all[part].forEachSequence { sequence, lane in
      body(
        sequence,
        Home(
          curvature: w + lane, slope: slope + lane, rowSize: layout.rowSize, lanes: layout.lanes,
          site: Home.Site(part: part, rowSize: layout.rowSize, lanes: layout.lanes, lane: lane)))
    }
  }

  /// Takes the values of the sequences of a window, where not all are in memory: before a window they are not to be asked
  /// for.
  mutating func hold(_ window: HistoryWindow) throws {
    guard runner.isLoading else { return }
    let (lengths, members, width) = (runner.shards.lengths, window.members, nodes.count)
    let steps = members.reduce(0) { $0 + $1.sequences.reduce(0) { $0 + lengths[$1] } }
    held = try Buffer(dimensions: [2, steps, width], for: "values of a window")
    var (next, all) = (held.pointer, homes)
    for member in members {
      forEachHome(member.part) { sequence, home in
        guard member.sequences.contains(sequence) else { return }
        let count = lengths[sequence] * width
        let own = Home(
          curvature: next, slope: next + count, rowSize: width, lanes: 1, site: home.site)
        for t in 0..<lengths[sequence] {
          for k in 0..<width {
            next[t * width + k] = home.curvature[home.place(t, k)]
            own.slope[t * width + k] = home.slope[home.place(t, k)]
          }
        }
        all[sequence] = own
        next += 2 * count
      }
    }
    homes = all
    try runner.check()
  }

  /// Calls `body(sequence)` for those of a shard that have a value that counts, which may be asked for inside.
  func counted(_ part: Int, _ body: (Int, (Int, Int) -> Bool) -> Void) {
    forEachHome(part) { sequence, home in
      body(sequence) { home.curvature[home.place($0, $1)] > 0 }
    }
  }

  /// Takes simulated states.
  mutating func take(_ states: States, unit: Double = 1) {
    self.unit = unit
    problem.takeLocalSlopes(of: states.driven, into: slopes)
    problem.takeCurvatures(of: states.driven, into: curvatures)
  }

  /// Calls `body` with dr/dW, w and r of every residual of the terms of few, an adjoint each; the slopes that were taken
  /// are written over.
  func forEachGlobalRow(
    _ states: States, slots: [Double], poll: Poll,
    _ body: ([Double], _ weight: Double, _ residual: Double) throws -> Void
  ) throws {
    if problem.globalTerms.isEmpty { return }
    problem.load(slots)
    for term in problem.globalTerms {
      for (k, item) in term.residuals(states.driven).enumerated() where item.weight > 0 {
        slopes.zero()
        term.addDerivative(of: k, times: 1, states.driven, into: slopes)
        let gradient = try problem.pullBack(slopes, states, poll: poll)
        try body(problem.adjustable.map { gradient[$0] }, item.weight, item.residual)
      }
    }
  }

  /// w dx of tangents dx, in place of the slopes that were taken.
  func weighed(_ tangents: Driven) -> Driven {
    runner.reduction.each { [self] part in
      let (target, w) = (slopes.parts[part].origin, curvatures.parts[part].origin)
      let dx = tangents.parts[part].origin
      runner.forEachValue(part) { target[$0] = w[$0] > 0 ? w[$0] * dx[$0] : 0 }
    }
    return slopes
  }

  /// sqrt(w) times a random sign each, in place of the slopes that were taken: what J^T makes of them has squares whose
  /// expectation is the diagonal of J^T J, in this unit too.
  /// - Parameter streams: of `signStreams`.
  func randomSigns(_ streams: inout [RandomStream]) -> Driven {
    slopes.zero()
    for (sequence, home) in homes.enumerated() {
      for t in 0..<runner.shards.lengths[sequence] {
        for k in nodes.indices {
          let (place, sign) = (home.place(t, k), streams[sequence].uniform() < 0.5 ? -1.0 : 1)
          let w = home.curvature[place]
          if w > 0 { home.slope[place] = sign * (w / unit).squareRoot() }
        }
      }
    }
    return slopes
  }

  /// One for each sequence, by its number, whoever has it.
  func signStreams() -> [RandomStream] {
    homes.indices.map {
      RandomStream(
        seed: UInt64(problem.sequences.number(of: $0)), name: "diagonal of the normal matrix")
    }
  }

  /// Whether node k counts at time t of a sequence.
  func counts(_ sequence: Int, _ t: Int, _ k: Int) -> Bool {
    let home = homes[sequence]
    return home.curvature[home.place(t, k)] > 0
  }

  /// The shard of a value, and where its slope stands there.
  func site(_ sequence: Int, _ t: Int, _ k: Int) -> (part: Int, place: Int) {
    let site = homes[sequence].site
    return (site.part, t * site.rowSize + k * site.lanes + site.lane)
  }

  /// sqrt(w), the factor of a row of the Jacobian, and r; 0 where the value does not count.
  func residual(_ sequence: Int, _ t: Int, _ k: Int) -> (weight: Double, residual: Double) {
    let home = homes[sequence]
    let place = home.place(t, k)
    let curvature = home.curvature[place]
    guard curvature > 0 else { return (0, 0) }
    let weight = (curvature / unit).squareRoot()
    return (weight, home.slope[place] / unit / weight)
  }
}
