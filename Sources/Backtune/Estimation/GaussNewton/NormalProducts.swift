import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// J^T J as an operator: a product is the tangent simulation J v, times the weights of the residuals, and the adjoint
/// J^T of that. Terms of few residuals are kept as rows.
final class NormalProducts {
  private let problem: Problem
  private var values: DrivenValues
  private let tangents: Trajectory
  private let eps: Trajectory
  private let states: Trajectory
  private var slots: [Double] = []
  private var rows: [(row: [Double], weight: Double)] = []
  /// J^T r.
  private(set) var gradient: [Double] = []
  /// Products since the start.
  private(set) var count = 0

  /// - Parameter eps: written over.
  init(_ problem: Problem, eps: Trajectory) throws {
    self.problem = problem
    self.eps = eps
    values = try DrivenValues(problem)
    tangents = try Trajectory(problem.plan.layout, steps: problem.batch.steps, for: "tangents")
    states = try problem.makeStates()
  }

  /// Linearises at simulated states, whose weights are `slots`.
  func update(_ states: Trajectory, slots: [Double], poll: () throws -> Void) throws {
    self.states.copy(from: states)
    self.slots = slots
    load()
    values.take(states, unit: problem.data.rootUnit(states))
    gradient = try pullBack(values.slopes, poll)
    rows = []
    try values.forEachGlobalRow(states, slots: slots, eps: eps, poll: poll) {
      row, weight, residual in
      rows.append((row, weight))
      for k in row.indices { gradient[k] += weight * residual * row[k] }
    }
  }

  /// Takes the weights of the linear problem, where others were simulated since.
  func load() { problem.plan.load(slots) }

  /// J^T J v, by the adjustable slots.
  func product(_ v: [Double], poll: () throws -> Void) throws -> [Double] {
    count += 1
    var direction = [Double](repeating: 0, count: slots.count)
    for (k, slot) in problem.adjustable.enumerated() { direction[slot] = v[k] }
    try problem.tangent(states, along: direction, into: tangents, poll: poll)
    var result = try pullBack(values.weighed(tangents), poll)
    for (row, weight) in rows {
      let share = weight * zip(row, v).reduce(0) { $0 + $1.0 * $1.1 }
      for k in result.indices { result[k] += share * row[k] }
    }
    return result
  }

  /// An estimate of the diagonal of J^T J, from squares of J^T times random signs.
  func diagonal(probes: Int, poll: () throws -> Void) throws -> [Double] {
    var stream = RandomStream(seed: 0, name: "diagonal of the normal matrix")
    var result = [Double](repeating: 0, count: gradient.count)
    for _ in 0..<probes {
      let pulled = try pullBack(values.randomSigns(&stream), poll)
      for k in result.indices {
        result[k] += values.unit * (pulled[k] * pulled[k] / Double(probes))
      }
    }
    for (row, weight) in rows {
      for k in result.indices { result[k] += weight * row[k] * row[k] }
    }
    return result
  }

  private func pullBack(_ slopes: Trajectory, _ poll: () throws -> Void) throws -> [Double] {
    try problem.pullBack(slopes, states, into: eps, poll: poll)
    let all = try problem.gradient(states, eps, poll: poll)
    return problem.adjustable.map { all[$0] }
  }
}
