import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// units.json: states, cost, gradient and adjoint values of every unit against an independent implementation.
@Suite struct GoldenUnitTests {
  struct Case: GoldenCase {
    let name: String
    let network: GoldenNetwork
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

  @Test func everyCaseOneSequenceAtATimeAndSideBySide() throws {
    let cases = try GoldenFile.decode(File.self, "units.json").cases
    #expect(cases.count == 33)
    for item in cases {
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

  /// The cases that one unit makes: its kind, size and options.
  static let units: [(name: String, kind: String, size: Int, options: String)] = [
    ("linear_r1", "linear", 3, ""),
    ("linear_r3", "linear", 3, #"{"range": 3}"#),
    ("lnl_zeta01", "lnl", 3, ""),
    ("lnl_leak_constant", "lnl", 3, #"{"leak": 0.3, "activation": "tanh"}"#),
    ("lnl_leak_adjust", "lnl", 3, #"{"leak": "adjust", "activation": "tanh"}"#),
    (
      "lnl_zeta_general", "lnl", 3,
      #"{"leak": 0.3, "activation": {"name": "zeta", "a": -0.5, "b": 2}}"#
    ),
    ("lnl_relu", "lnl", 3, #"{"activation": "relu"}"#),
    ("lnl_softplus", "lnl", 3, #"{"activation": {"name": "softplus", "eps": 0.1}}"#),
    ("lnl_identity", "lnl", 3, #"{"leak": 0.3, "activation": "identity"}"#),
    (
      "lnl_sparse", "lnl", 4, #"{"mask": [[1,0,1,0],[0,1,0,1],[1,1,0,0],[0,0,1,1]]}"#
    ),
    ("lnl_input_lag0", "lnl", 3, #"{"input_lag": 0}"#),
    ("lnl_input_lag2", "lnl", 3, #"{"input_lag": 2}"#),
    ("lstm_peephole_bias", "lstm", 3, #"{"peephole": true}"#),
    ("lstm_bias", "lstm", 3, ""),
    ("lstm_peephole", "lstm", 3, #"{"peephole": true, "bias": false}"#),
    ("lstm_plain", "lstm", 3, #"{"bias": false}"#),
    ("gru", "gru", 3, ""),
    ("strongly_typed", "strongly_typed", 3, ""),
    ("aif_constant", "aif", 3, ""),
    ("aif_adjust", "aif", 3, #"{"leak": "adjust", "sharpness": "adjust"}"#),
    ("softmax", "softmax", 3, ""),
    ("softmax_temperature", "softmax", 3, #"{"temperature": 0.5}"#),
    ("state_space", "state_space", 2, #"{"hidden": 3}"#),
    ("product", "product", 3, ""),
    ("gate", "gate", 3, ""),
  ]

  @Test func unitsMakeTheGoldenNetworks() throws {
    let cases = try GoldenFile.decode(File.self, "units.json").cases
    for unit in Self.units {
      let item = try #require(cases.first { $0.name == unit.name })
      var network = try Network(inputs: 2)
      try network.addUnit(unit.kind, name: "u", size: unit.size, options: Array(unit.options.utf8))
      let names = Set(item.weights.keys.map { "u.\($0)" })
      #expect(Set(network.arrays.map(\.name)) == names, "\(unit.name)")
      let groups = Set(item.sequences[0].states?.keys.map { "u.\($0)" } ?? [])
      #expect(Set(network.groups.map(\.name)) == groups, "\(unit.name)")
      for (name, weight) in item.weights {
        let array = try network.array(named: "u.\(name)")
        try network.setBounds(array.name, lower: [-.infinity], upper: [.infinity])
        try network.setWeights(array.name, weight.values)
        #expect(try network.fixed(array.name).contains(false) == weight.adjustable, "\(array.name)")
      }
      for sequence in item.sequences {
        let inputs = sequence.inputs.values
        let result = try Build.simulate(network, lengths: [inputs.count / 2], inputs: inputs)
        let nodes = network.groups.reduce(0) { $0 + $1.size }
        var first = 0
        for group in network.groups {
          let actual = (0..<inputs.count / 2).flatMap { t in
            (first..<first + group.size).map { result.states[t * nodes + $0] }
          }
          expectClose(
            actual, sequence.states?[String(group.name.dropFirst(2))]?.values ?? [],
            within: 1e-12, "\(unit.name) \(group.name)")
          first += group.size
        }
      }
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
    let problem = try Problem(network, sequences)
    let states = try problem.makeStates()
    for k in chosen.indices { setInitial(item, problem, states, k) }
    let score = try problem.evaluate(network.slots.values, into: states)
    let all = try problem.tune(states, isGuarded: false).gradient
    let eps = try problem.eps()
    for (k, sequence) in chosen.enumerated() {
      for group in network.groups.indices {
        let name = network.groups[group].name
        expectClose(
          problem.values(states.parts, group, k), sequence.states?[name]?.values ?? [],
          within: 1e-12, "\(item.name) states of \(name)")
        expectClose(
          problem.values(eps, group, k), sequence.eps?[name]?.values ?? [],
          within: 1e-11, "\(item.name) eps of \(name)")
      }
    }
    if let expected = item.initial_gradient, chosen.count == item.sequences.count {
      checkInitialGradient(item, problem, eps, expected)
    }
    var gradient = [String: [Double]]()
    for array in network.arrays { gradient[array.name] = network.full(array, all, absent: 0) }
    if chosen.count == 2 { #expect(abs(problem.data.divisor - item.gain_sum) < 1e-12) }
    return (score.total, gradient)
  }

  private func setInitial(_ item: Case, _ problem: Problem, _ states: States, _ sequence: Int) {
    guard let initial = item.initial else { return }
    let network = problem.network
    var flat = [Double](repeating: 0, count: network.stateSize)
    for past in network.stateLayout where past.group >= 0 {
      for (k, value) in (initial[network.groups[past.group].name]?.values ?? []).enumerated() {
        flat[past.offset + k] = value
      }
    }
    problem.setPast(states.parts, sequence, flat)
  }

  private func checkInitialGradient(
    _ item: Case, _ problem: Problem, _ eps: [Trajectory], _ expected: [String: Flat]
  ) {
    let network = problem.network
    var total = [Double](repeating: 0, count: network.stateSize)
    for k in item.sequences.indices { total = zip(total, problem.past(eps, k)).map(+) }
    for past in network.stateLayout where past.group >= 0 {
      let group = network.groups[past.group]
      guard let values = expected[group.name]?.values else { continue }
      expectClose(
        Array(total[past.offset..<past.offset + past.depth * group.size]), values, within: 1e-12,
        "\(item.name) gradient by the initial state")
    }
  }
}
