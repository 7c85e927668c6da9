import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// second_order.json: normal matrices, right-hand sides and new weights of every node, all three variants.
@Suite struct GoldenSecondOrderTests {
  struct Node: Decodable {
    let group: String
    let node: Int
    let sources: [[SourceName]]
    let A: Flat
    let b: Flat
    let W_hat: Flat
    let W: Flat
    let rank: Int
    let D: Flat?
  }

  /// A weight name, or an index into its array.
  enum SourceName: Decodable {
    case name(String)
    case index(Int)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let index = try? container.decode(Int.self) {
        self = .index(index)
      } else {
        self = .name(try container.decode(String.self))
      }
    }
  }

  struct Sparse: Decodable {
    let nu: Double
    let eps: Double
  }

  struct Case: GoldenCase {
    let name: String
    let network: GoldenNetwork
    let observe: GoldenObserve
    let weights: [String: GoldenWeight]
    let sequences: [GoldenSequence]
    let nodes: [Node]
    let new_weights: [String: Flat]
    let gradient: [String: Flat]?
    let sparse_weights: Sparse?
    let variant: Int?
    let fixed: [String]?
    let x_hat: [[String: Flat]]?
    let cost: Double?
    let new_cost: Double?
    let truth: [String: Flat]?
  }

  struct File: Decodable {
    let cases: [Case]
    let variants: [Case]
  }

  /// A problem at the simulated states of its weights.
  private struct Setting {
    let network: Network
    let problem: Problem
    let states: States
    let gradient: [Double]
    let secondOrder: SecondOrder

    init(_ item: Case) throws {
      network = try item.makeNetwork(fixed: item.fixed ?? [])
      let sequences = try item.makeSequences(network, item.sequences)
      problem = try Problem(network, sequences)
      states = try problem.makeStates()
      _ = try problem.evaluate(network.slots.values, into: states)
      gradient = try problem.tune(states, isGuarded: false).gradient
      secondOrder = SecondOrder(systems: NodeSystems(network))
    }

    func slot(_ source: [SourceName]) throws -> Int {
      guard case .name(let name)? = source.first else { return -1 }
      let array = try network.array(named: name)
      let indices = source.dropFirst().map { part -> Int in
        if case .index(let index) = part { index } else { -1 }
      }
      let entry = indices.count == 2 ? indices[0] * array.shape[1] + indices[1] : indices[0]
      return array.slots.lowerBound + entry
    }

    func find(_ node: Node) throws -> (NodeSystems.Class, NodeSystems.System) {
      let group = try network.group(named: node.group)
      for item in secondOrder.systems.classes {
        for system in item.systems
        where system.members[0].group == group && system.members[0].node == node.node {
          return (item, system)
        }
      }
      throw BacktuneError.argument("no system for node \(node.node) of \(node.group)")
    }

    /// A with the columns in the order of the golden file.
    func reordered(_ matrix: Buffer, _ system: NodeSystems.System, _ node: Node) throws -> [Double]
    {
      let n = system.slots.count
      let order = try node.sources.map { system.slots.firstIndex(of: try slot($0)) ?? -1 }
      return order.flatMap { i in
        order.map { j in matrix.pointer[min(i, j) * n + max(i, j)] }
      }
    }

    func check(
      _ item: Case, _ node: Node, _ matrix: Buffer, _ rightHandSide: [Double],
      _ system: NodeSystems.System
    ) throws {
      let a = try reordered(matrix, system, node)
      expectClose(a, node.A.values, within: 1e-11, "\(item.name) A")
      let n = node.sources.count
      let current = node.W_hat.values
      let b = try (0..<n).map { i in
        rightHandSide[try slot(node.sources[i])]
          + (0..<n).reduce(0) { $0 + a[i * n + $1] * current[$1] }
      }
      expectClose(b, node.b.values, within: 1e-10, "\(item.name) b")
    }

    func expectWeights(_ item: Case, _ direction: [Double]) throws {
      for (name, expected) in item.new_weights {
        let array = try network.array(named: name)
        let new = array.slots.map { network.slots.values[$0] + direction[$0] }
        expectClose(new, expected.values, within: 1e-10, "\(item.name) new \(name)")
      }
      guard let cost = item.new_cost, let before = item.cost else { return }
      let new = zip(network.slots.values, direction).map(+)
      let actual = try problem.evaluate(new, into: try problem.makeStates()).total
      // Where the step solves the problem exactly the new cost is rounding: measured against the old one.
      #expect(
        abs(actual - cost) <= 1e-10 * cost + 1e-20 * before,
        "\(item.name) new cost \(actual), expected \(cost)")
    }
  }

  @Test func simulatedStatesVariant1() throws {
    let cases = try GoldenFile.decode(File.self, "second_order.json").cases
    #expect(cases.count == 3)
    for item in cases {
      let setting = try Setting(item)
      let matrices = NormalMatrices(setting.states, setting.problem.runner.shards)
      let minus = setting.gradient.map { -$0 }
      var input = SecondOrder.Input(
        states: setting.states, shards: setting.problem.runner.shards, rightHandSide: minus)
      for node in item.nodes {
        let (classItem, system) = try setting.find(node)
        let matrix = try matrices.shared(classItem, poll: .none)
        try setting.check(item, node, matrix, minus, system)
        if item.sparse_weights == nil {
          let factors = try SymmetricSystem(copying: matrix.pointer, order: classItem.order)
          #expect(factors.rank == node.rank, "\(item.name) rank")
        }
      }
      if let sparse = item.sparse_weights {
        var objective = Objective()
        let names = setting.network.arrays.map { "\"\($0.name)\"" }.joined(separator: ", ")
        try objective.addRegularisation(
          "sparse-weights",
          options: Array(
            #"{"strength": \#(sparse.nu), "eps": \#(sparse.eps), "weights": [\#(names)]}"#.utf8))
        input.regularisation = try Problem(
          setting.network, setting.problem.sequences, objective: objective
        ).weightRegularisation(setting.network.slots.values)
      }
      try setting.expectWeights(item, try setting.secondOrder.direction(input, poll: .none))
      for (name, expected) in item.gradient ?? [:] {
        let array = try setting.network.array(named: name)
        expectClose(
          array.slots.map { setting.gradient[$0] }, expected.values, within: 1e-10,
          "\(item.name) gradient \(name)")
      }
    }
  }

  @Test func weightedByPredictionErrorVariant2() throws {
    let cases = try GoldenFile.decode(File.self, "second_order.json").variants
      .filter { $0.variant == 2 }
    #expect(cases.count == 2)
    for item in cases {
      let setting = try Setting(item)
      let matrices = NormalMatrices(setting.states, setting.problem.runner.shards)
      let minus = setting.gradient.map { -$0 }
      for node in item.nodes {
        let (_, system) = try setting.find(node)
        let matrix = try matrices.weighted(system, slots: setting.network.slots.values, poll: .none)
        try setting.check(item, node, matrix, minus, system)
      }
      let input = SecondOrder.Input(
        states: setting.states, shards: setting.problem.runner.shards, rightHandSide: minus)
      let direction = try setting.secondOrder.weightedDirection(
        input, slots: setting.network.slots.values, poll: .none)
      try setting.expectWeights(item, direction)
      expectClose(
        [try setting.problem.evaluate(setting.network.slots.values, into: setting.states).total],
        [item.cost ?? .nan], within: 1e-12,
        "\(item.name) cost")
    }
  }

  @Test func reestimatedStatesVariant3() throws {
    let cases = try GoldenFile.decode(File.self, "second_order.json").variants
      .filter { $0.variant == 3 }
    #expect(cases.count == 3)
    for item in cases {
      let setting = try Setting(item)
      var reestimation = try StateReestimation(setting.problem, maxHalvings: 0)
      try reestimation.run(from: setting.states)
      for (k, expected) in (item.x_hat ?? []).enumerated() {
        for (name, values) in expected {
          let group = try setting.network.group(named: name)
          let actual = setting.problem.values(reestimation.states.parts, group, k)
          expectClose(actual, values.values, within: 1e-12, "\(item.name) x^ of \(name)")
        }
      }
      let right = try setting.problem.gradient(
        reestimation.states, residual: reestimation.residual)
      let matrices = NormalMatrices(reestimation.states, setting.problem.runner.shards)
      for node in item.nodes {
        let (classItem, system) = try setting.find(node)
        try setting.check(item, node, try matrices.shared(classItem, poll: .none), right, system)
      }
      let direction = try setting.secondOrder.direction(
        .init(
          states: reestimation.states, shards: setting.problem.runner.shards, rightHandSide: right),
        poll: .none)
      try setting.expectWeights(item, direction)
      for (name, truth) in item.truth ?? [:] {
        let array = try setting.network.array(named: name)
        expectClose(
          array.slots.map { setting.network.slots.values[$0] + direction[$0] }, truth.values,
          within: 1e-9, "\(item.name): the true \(name)")
      }
    }
  }
}
