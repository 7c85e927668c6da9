import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The estimation of linear readouts: one least-squares problem, solved at once from wherever it starts. Where bounds cut
/// its solution off, Gauss-Newton goes on.
final class LinearReadout: Session {
  let problem: Problem
  private let system: ReadoutSystem
  private let ownSearch: WeightSearch
  /// What goes on where the solution is out of bounds.
  private var usual: GaussNewton?
  private var isSolved = false
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var isConverged = false

  init(_ problem: Problem, _ system: ReadoutSystem) throws {
    (self.problem, self.system) = (problem, system)
    ownSearch = WeightSearch(problem)
  }

  var search: WeightSearch { usual?.search ?? ownSearch }
  var slots: [Double] { search.slots }
  var first: Score { search.first }
  var report: IterationReport { search.report }

  func restart(from slots: [Double]) {
    (usual, isSolved, isConverged) = (nil, false, false)
    ownSearch.restart(from: slots)
  }

  func start(poll: Poll) throws {
    begin()
    defer { close() }
    if try ownSearch.start(poll: poll) { lastReport.order = .rescue }
  }

  func iterate(_ options: EstimatorOptions, poll: Poll) throws {
    if usual == nil {
      begin()
      defer { close() }
      guard ownSearch.score.isFinite, !isEmpty else { return }
      if try isSolved || solve(poll) { return }
      let session = try GaussNewton(problem)
      session.restart(from: ownSearch.slots)
      try session.start(poll: poll)
      usual = session
    }
    guard let usual else { return }
    // Also where it is interrupted.
    defer { (lastReport, isConverged) = (usual.lastReport, usual.isConverged) }
    try usual.iterate(options, poll: poll)
  }

  /// - Returns: false where the solution is not to be had, or out of bounds.
  private func solve(_ poll: Poll) throws -> Bool {
    let cost = ownSearch.score.total
    let count = problem.network.slots.values.count
    let own = try system.solve(ownSearch.slots, try problem.makeStates(poll: poll), poll: poll)
    let weights = problem.processes.first(own.map { Array($0[..<count]) }, count: count)
    guard let solution = weights.map({ $0 + ownSearch.slots[count...] }),
      solution.indices.allSatisfy({
        solution[$0] >= problem.slots.lower[$0] && solution[$0] <= problem.slots.upper[$0]
      })
    else { return false }
    let value = try ownSearch.attempt(solution, poll: poll).cost
    // Not better than what was the solution already, up to rounding.
    guard value <= cost * (1 + Self.rounding) else { return false }
    isSolved = true
    if value < cost { (lastReport.order, lastReport.variant, lastReport.step) = (.second, 4, 1) }
    return true
  }

  private static let rounding = 1e-9

  private func begin() {
    lastReport = report
    isConverged = false
  }

  private func close() {
    lastReport.close(report, simulations: search.takeSimulations())
    isConverged = isSolved && lastReport.order == .none
  }
}
