import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// units.json: states, cost, gradient and adjoint values of every unit against an independent implementation.
@Suite struct GoldenUnitTests {
  struct Case: GoldenCase {
    let name: String
    let network: NetworkDocument
    let observe: GoldenObserve
    let weights: [String: GoldenWeight]
    let sequences: [GoldenSequence]
    let cost: Double
    let gain_sum: Double
    let gradient: [String: Flat]
    let initial: [String: Flat]?
    let initial_gradient: [String: Flat]?
  }

  struct File: Decodable { let cases: [Case] }

  /// Cases with a group kind that the engine does not have yet.
  static let absent: Set = ["softmax", "softmax_temperature"]

  @Test func everyCaseOneSequenceAtATimeAndSideBySide() throws {
    let cases = try GoldenFile.decode(File.self, "units.json").cases
    #expect(cases.count == 33)
    for item in cases where !Self.absent.contains(item.name) {
      let network = try item.makeNetwork()
      var gradient = [String: [Double]]()
      var cost = 0.0
      for sequence in item.sequences {
        let part = try check(item, network, [sequence])
        cost += part.cost
        for (name, values) in part.gradient {
          gradient[name] = zip(gradient[name] ?? values.map { _ in 0 }, values).map(+)
        }
      }
      compare(item, cost, gradient)
      let both = try check(item, network, item.sequences)
      compare(item, both.cost, both.gradient)
    }
  }

  private func compare(_ item: Case, _ cost: Double, _ gradient: [String: [Double]]) {
    expectClose([cost], [item.cost], within: 1e-12, "\(item.name) cost")
    let scale = item.gradient.values.flatMap(\.values).map(abs).max() ?? 1
    for (name, expected) in item.gradient {
      let difference = zip(gradient[name] ?? [], expected.values).map { abs($0 - $1) }.max() ?? 1
      #expect(difference <= 1e-12 * scale, "\(item.name) gradient by \(name): \(difference)")
    }
  }

  /// Simulates some sequences side by side; checks states and adjoint values, returns the cost and named gradients.
  private func check(
    _ item: Case, _ network: Network, _ chosen: [GoldenSequence]
  ) throws -> (cost: Double, gradient: [String: [Double]]) {
    let sequences = try item.makeSequences(network, chosen)
    let problem = try Problem(network, sequences, criterion: LeastSquares())
    let states = try problem.makeStates()
    let eps = try problem.makeAdjoint()
    for lane in chosen.indices { setInitial(item, network, states, lane) }
    let score = try problem.evaluate(network.slots.values, into: states)
    _ = try problem.tune(states, isGuarded: false, into: eps)
    for (k, sequence) in chosen.enumerated() {
      let (lane, steps) = (problem.batch.lane[k], sequences.lengths[k])
      for group in network.groups.indices {
        let name = network.groups[group].name
        expectClose(
          read(states, network, group, steps, lane), sequence.states?[name]?.values ?? [],
          within: 1e-12, "\(item.name) states of \(name)")
        expectClose(
          read(eps, network, group, steps, lane), sequence.eps?[name]?.values ?? [],
          within: 1e-11, "\(item.name) eps of \(name)")
      }
    }
    if let expected = item.initial_gradient, chosen.count == item.sequences.count {
      checkInitialGradient(item, network, eps, expected)
    }
    let all = try problem.gradient(states, eps)
    var gradient = [String: [Double]]()
    for array in network.arrays { gradient[array.name] = network.full(array, all, absent: 0) }
    #expect(abs(problem.gainSum - (chosen.count == 2 ? item.gain_sum : problem.gainSum)) < 1e-12)
    return (score.total, gradient)
  }

  private func setInitial(_ item: Case, _ network: Network, _ states: Trajectory, _ lane: Int) {
    guard let initial = item.initial else { return }
    var flat = [Double](repeating: 0, count: network.stateSize)
    for (group, _, offset) in network.stateLayout where group >= 0 {
      for (k, value) in (initial[network.groups[group].name]?.values ?? []).enumerated() {
        flat[offset + k] = value
      }
    }
    states.setPast(flat, network: network, lane: lane)
  }

  private func checkInitialGradient(
    _ item: Case, _ network: Network, _ eps: Trajectory, _ expected: [String: Flat]
  ) {
    var total = [Double](repeating: 0, count: network.stateSize)
    for lane in item.sequences.indices {
      var flat = total
      eps.past(before: 0, network: network, lane: lane, into: &flat)
      total = zip(total, flat).map(+)
    }
    for (group, depth, offset) in network.stateLayout where group >= 0 {
      guard let values = expected[network.groups[group].name]?.values else { continue }
      expectClose(
        Array(total[offset..<offset + depth * network.groups[group].size]), values, within: 1e-12,
        "\(item.name) gradient by the initial state")
    }
  }

  private func read(
    _ trajectory: Trajectory, _ network: Network, _ group: Int, _ steps: Int, _ lane: Int
  ) -> [Double] {
    (0..<steps).flatMap { t in
      (0..<network.groups[group].size).map {
        trajectory.value(group, $0, t: t, lane: lane)
      }
    }
  }
}
