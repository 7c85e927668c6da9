import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// J^T J as an operator: a product is the tangent simulation J v, times the weights of the residuals, and the adjoint
/// J^T of that. Terms of few residuals are kept as rows.
final class NormalProducts {
  private let problem: Problem
  private var values: DrivenValues
  private let tangents: States
  private let states: States
  private var slots: [Double] = []
  private var rows: [(row: [Double], weight: Double)] = []
  var processes: Processes? { problem.processes }
  /// J^T r.
  private(set) var gradient: [Double] = []

  init(_ problem: Problem) throws {
    self.problem = problem
    values = try DrivenValues(problem)
    tangents = try problem.runner.makeStates(for: "tangents")
    states = try problem.makeStates()
  }

  /// Linearises at simulated states, whose weights are `slots`.
  func update(_ states: States, slots: [Double], poll: Poll) throws {
    self.states.copy(from: states)
    self.slots = slots
    load()
    values.take(states, unit: problem.data.rootUnit(states.driven))
    gradient = try pullBack(values.slopes, poll)
    rows = []
    try values.forEachGlobalRow(states, slots: slots, poll: poll) {
      row, weight, residual in
      rows.append((row, weight))
      for k in row.indices { gradient[k] += weight * residual * row[k] }
    }
  }

  /// Takes the weights of the linear problem, where others were simulated since.
  func load() { problem.load(slots) }

  /// J^T J v, by the adjustable slots.
  func product(_ v: [Double], poll: Poll) throws -> [Double] {
    var direction = [Double](repeating: 0, count: slots.count)
    for (k, slot) in problem.adjustable.enumerated() { direction[slot] = v[k] }
    try problem.tangent(states, along: direction, into: tangents, poll: poll)
    var result = try pullBack(values.weighed(tangents.driven), poll)
    for (row, weight) in rows {
      let share = weight * zip(row, v).reduce(0) { $0 + $1.0 * $1.1 }
      for k in result.indices { result[k] += share * row[k] }
    }
    return result
  }

  /// An estimate of the diagonal of J^T J, from squares of J^T times random signs.
  func diagonal(probes: Int, poll: Poll) throws -> [Double] {
    var result = [Double](repeating: 0, count: gradient.count)
    var streams = values.signStreams()
    for _ in 0..<probes {
      let pulled = try pullBack(values.randomSigns(&streams), poll)
      for k in result.indices {
        result[k] += values.unit * (pulled[k] * pulled[k] / Double(probes))
      }
    }
    for (row, weight) in rows {
      for k in result.indices { result[k] += weight * row[k] * row[k] }
    }
    return result
  }

  private func pullBack(_ slopes: Driven, _ poll: Poll) throws -> [Double] {
    let all = try problem.pullBack(slopes, states, poll: poll)
    return problem.adjustable.map { all[$0] }
  }
}
