import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Groups that are computed together (the gates of an lstm) against the same groups one by one.
@Suite struct JoinedGroupTests {
  private static let lengths = [[12], [7, 0, 12, 4, 9, 12], Array(repeating: 9, count: 13)]

  private static let units: [(kind: String, options: String)] = [
    ("lstm", "{}"), ("lstm", #"{"peephole": true, "initial": "learn"}"#),
    ("gru", "{}"), ("gru", #"{"profile": "logistic", "input_lag": 0}"#),
  ]

  /// Gates of different sizes that share what they read, some of it with diagonals, and states that divide by them: what
  /// stands in the padding of groups of 3 nodes is infinite.
  private static func quotients() throws -> Network {
    var network = try Network(inputs: 2)
    let gates = try ["a", "b", "c"].map { try network.addLearnware($0, size: 3) }
    let d = try network.addLearnware("d", size: 5)
    let r = try network.addFirmware("r", size: 3)
    let q = try network.addFirmware("q", size: 5)
    for gate in gates + [d] {
      try network.addBias(to: gate)
      try network.connect(Source(Network.input, lag: 0), to: gate, role: "B")
      try network.connect(Source(r, lag: 1), to: gate, role: "W")
      try network.connect(Source(q, lag: 2), to: gate, role: "V")
    }
    try network.connect(Source(r, lag: 1), to: gates[1], form: .diagonal, role: "D")
    // b(t)/a(t), (1 + c)/a(t - 1), 1/d.
    try network.addTerm(
      to: r,
      factors: [(.reciprocal, Source(gates[0], lag: 0)), (.identity, Source(gates[1], lag: 0))])
    try network.addTerm(
      to: r, coefficient: 0.5,
      factors: [
        (.reciprocal, Source(gates[0], lag: 0)), (.zeta(a: 0, b: 1), Source(gates[2], lag: 1)),
      ])
    try network.addTerm(to: q, factors: [(.reciprocal, Source(d, lag: 0))])
    try network.learnInitialState(of: r, depth: 1)
    network.randomize(seed: 2)
    network.setSlotValues(network.slots.values.map { 0.1 * $0 })
    try network.setWeights("a.a", [2, -2, 2.5])
    try network.setWeights("d.a", [2, -2, 3, 1.5, -1.8])
    return network
  }

  private static func cases() throws -> [(name: String, network: Network)] {
    var cases: [(String, Network)] = [("quotients", try quotients())]
    for unit in units {
      for size in [1, 2, 3, 4, 5, 7] {
        cases.append(
          (
            "\(unit.kind) \(unit.options) \(size)",
            try Build.network(unit.kind, size: size, inputs: 2, options: unit.options, seed: 3)
          ))
      }
    }
    return try cases.map { name, network in
      var network = network
      for array in network.arrays { try network.setFixed(array.name, [false]) }
      try network.observe(
        network.groups.indices.map { Observed(group: $0, count: network.groups[$0].size) })
      return (name, network)
    }
  }

  /// What a network does, by every way in which its groups are run.
  private struct Results {
    let problem: Problem
    let states: States
    let cost: Double
    let values: [(name: String, values: [Double])]

    init(_ network: Network, _ lengths: [Int]) throws {
      let total = lengths.reduce(0, +)
      let problem = try Problem(
        network,
        try Build.sequences(
          network, lengths: lengths, inputs: Build.normal(total * network.inputs, seed: 1),
          desired: Build.normal(total * network.outputCount, seed: 2)))
      let (states, slots) = (try problem.makeStates(), network.slots.values)
      (self.problem, self.states) = (problem, states)
      cost = try problem.evaluate(slots, into: states).total
      let runner = problem.runner
      let tangents = try runner.makeStates()
      try problem.tangent(states, along: Build.normal(slots.count, seed: 4), into: tangents)
      var values: [(name: String, values: [Double])] = [
        ("states", try runner.outputs(states)),
        (
          "free run",
          try Build.simulate(network, lengths: lengths, inputs: problem.sequences.inputs).outputs
        ),
        ("gradient", try problem.tune(states, isGuarded: false).gradient),
        ("guarded gradient", try problem.tune(states, isGuarded: true).gradient),
        ("tangents", try runner.outputs(tangents)),
        ("pull", try Self.pull(problem, states)),
      ]
      for way in NormalEquationsTests.Way.allCases {
        values.append(
          ("normal matrix by \(way)", try NormalEquationsTests.gram(problem, slots, way)))
      }
      // Normal matrices, regularised: with few steps they are singular.
      let secondOrder = SecondOrder(systems: NodeSystems(network))
      let input = SecondOrder.Input(
        states: states, shards: runner.shards, rightHandSide: Build.normal(slots.count, seed: 6),
        regularisation: (slots.map { _ in 0 }, slots.map { _ in 10 }))
      values.append(("second order", try secondOrder.direction(input, poll: .none)))
      self.values = values
    }

    /// beta^T of values that are held, one step: sequence after sequence, all groups.
    private static func pull(_ problem: Problem, _ states: States) throws -> [Double] {
      let runner = problem.runner
      let (predicted, residual, sums) = (
        try runner.makeTrajectories(for: "test"), try runner.makeTrajectories(for: "test"),
        try runner.makeTrajectories(for: "test")
      )
      try runner.predict(from: states, into: predicted, poll: .none)
      let groups = problem.network.groups.indices
      for sequence in problem.sequences.lengths.indices {
        let (part, lane) = problem.home(sequence)
        for group in groups {
          let (size, steps) = (problem.network.size(of: group), problem.sequences.lengths[sequence])
          Build.normal(size * steps, seed: UInt64(10 * sequence + group)).withUnsafeBufferPointer {
            residual[part].set(
              group, nodes: size, steps: steps, lane: lane, from: $0, first: 0, stride: size)
          }
        }
      }
      try runner.pull(
        states, predicted: predicted, residual: residual, into: sums, poll: .none)
      return problem.sequences.lengths.indices.flatMap { sequence in
        groups.flatMap { problem.values(predicted, $0, sequence) }
          + groups.flatMap { problem.values(sums, $0, sequence) }
      }
    }
  }

  @Test func sameAsApart() throws {
    for (name, network) in try Self.cases() {
      let apart = network.withGroupsApart
      #expect(Topology(apart).runs.allSatisfy { $0.count == 1 }, "\(name)")
      let joined = Topology(network).runs.map(\.count).max() ?? 0
      #expect(name == "quotients" ? joined == 4 : joined > 1, "\(name): \(joined)")
      for lengths in Self.lengths {
        let (found, expected) = (try Results(network, lengths), try Results(apart, lengths))
        #expect(abs(found.cost - expected.cost) <= 1e-13 * expected.cost, "\(name), \(lengths)")
        for (a, b) in zip(found.values, expected.values) {
          #expect(b.values.contains { $0 != 0 } && b.values.allSatisfy { $0.isFinite })
          expectClose(
            a.values, b.values, within: 1e-12, "\(name), \(lengths), \(a.name)")
        }
      }
    }
  }

  /// One lane has padding, where several have none: both give the same, although the padding is infinite.
  @Test func paddingReachesNothing() throws {
    let network = try #require(try Self.cases().first).network
    let one = try Results(network, [12])
    let r = try network.group(named: "r")
    let layout = one.problem.runner.shards.all[0].layout
    #expect(layout.lanes == 1)
    let padding = one.states.parts[0].row(5)[layout.place(of: r) + 3]
    #expect(!padding.isFinite)
    // The same sequence four times.
    let inputs = one.problem.sequences.inputs
    let desired = one.problem.sequences.desired
    let four = try Problem(
      network,
      try Build.sequences(
        network, lengths: [12, 12, 12, 12], inputs: inputs + inputs + inputs + inputs,
        desired: desired + desired + desired + desired))
    #expect(four.runner.shards.all.map { $0.layout.lanes } == [4])
    let states = try four.makeStates()
    let cost = try four.evaluate(network.slots.values, into: states).total
    #expect(abs(cost - 4 * one.cost) <= 1e-13 * cost)
    let gradient = try four.tune(states, isGuarded: false).gradient
    let own = try #require(one.values.first { $0.name == "gradient" }).values
    expectClose(gradient, own.map { 4 * $0 }, within: 1e-12, "gradient")
    for way in NormalEquationsTests.Way.allCases {
      let gram = try NormalEquationsTests.gram(four, network.slots.values, way)
      let own = try #require(one.values.first { $0.name == "normal matrix by \(way)" }).values
      expectClose(gram, own.map { 4 * $0 }, within: 1e-12, "normal matrix by \(way)")
    }
  }
}

extension Network {
  /// The same with every dense matrix as a list of all its entries: groups are then computed one by one.
  fileprivate var withGroupsApart: Network {
    var result = self
    for (id, group) in groups.enumerated() {
      guard case .learnware(var body) = group.body else { continue }
      body.connections = body.connections.map {
        guard case .dense = $0.form else { return $0 }
        let count = group.size * size(of: $0.source.group)
        return Connection(
          source: $0.source, form: .sparse(Array(0..<count)), array: $0.array)
      }
      result.groups[id].body = .learnware(body)
    }
    return result
  }
}
