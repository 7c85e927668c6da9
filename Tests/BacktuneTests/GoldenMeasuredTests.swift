import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// measured.json: a network that reads measurements, at several horizons: outputs, cost, gradient, tangents, products of
/// the Jacobian.
@Suite struct GoldenMeasuredTests {
  struct Sequence: Decodable {
    let inputs: Flat
    let desired: Flat
    let gains: Flat
    /// Of group x.
    let measured: Flat
    let slopes: Flat
  }

  struct Case: Decodable {
    /// Absent: the free run.
    let horizon: Double?
    let outputs: [Flat]
    let cost: Double
    let gradient: [String: Flat]
    /// J d, sequence by sequence.
    let tangents: [Flat]
    /// J^T of the slopes of the sequences.
    let pulled: [String: Flat]
    /// J^T K J d, K the gains of what is observed.
    let normal: [String: Flat]
  }

  struct File: Decodable {
    let network: GoldenNetwork
    let weights: [String: Flat]
    let washout: Int
    let sequences: [Sequence]
    let direction: [String: Flat]
    let cases: [Case]
  }

  /// A horizon at the weights of the file, its sequences side by side.
  private struct Setting {
    let file: File
    let item: Case
    let problem: Problem
    let slots: [Double]
    let states: States
    let output: GroupID
    let what: String

    init(_ file: File, _ item: Case) throws {
      (self.file, self.item) = (file, item)
      what = "horizon \(item.horizon.map { String($0) } ?? "none")"
      var network = try Network(file.network.document)
      for (name, values) in file.weights { try network.setWeights(name, values.values) }
      output = try network.group(named: "y")
      let (sequences, inputs) = (file.sequences, network.inputs)
      var data = try Build.sequences(
        network, lengths: sequences.map { $0.inputs.values.count / inputs },
        inputs: sequences.flatMap(\.inputs.values), desired: sequences.flatMap(\.desired.values),
        gains: sequences.flatMap(\.gains.values))
      try sequences.flatMap(\.measured.values).withUnsafeBufferPointer {
        try data.setMeasured(network, network.group(named: "x"), $0)
      }
      var options = ObservationOptions()
      options.washout = file.washout
      options.horizons = [item.horizon ?? .infinity]
      problem = try Problem(network, data, options: options)
      slots = network.slots.values
      states = try problem.makeStates()
      let score = try problem.evaluate(slots, into: states)
      expectClose([score.total], [item.cost], within: 1e-13, "\(what): cost")
    }

    /// One value a slot.
    func flat(_ named: [String: Flat]) throws -> [Double] {
      var result = slots
      for (name, values) in named {
        let own = try problem.network.array(named: name).slots
        for (slot, value) in zip(own, values.values) { result[slot] = value }
      }
      #expect(named.count == problem.network.arrays.count)
      return result
    }
  }

  private static func settings() throws -> [Setting] {
    let file = try GoldenFile.decode(File.self, "measured.json")
    #expect(file.cases.map(\.horizon) == [1, 2, 5, nil])
    return try file.cases.map { try Setting(file, $0) }
  }

  @Test func outputsAndCost() throws {
    for setting in try Self.settings() {
      for (k, expected) in setting.item.outputs.enumerated() {
        expectClose(
          setting.problem.values(setting.states.parts, setting.output, k), expected.values,
          within: 1e-13, "\(setting.what): outputs of \(k)")
      }
      let all = try setting.problem.outputs(of: setting.problem.network, from: [])
      expectClose(
        all, setting.item.outputs.flatMap(\.values), within: 1e-13,
        "\(setting.what): outputs of the problem")
    }
  }

  @Test func gradient() throws {
    for setting in try Self.settings() {
      let found = try setting.problem.tune(setting.states, isGuarded: false).gradient
      expectClose(
        found, try setting.flat(setting.item.gradient), within: 1e-12, "\(setting.what): gradient")
    }
  }

  @Test func tangentsAndRows() throws {
    for setting in try Self.settings() {
      let (problem, d) = (setting.problem, try setting.flat(setting.file.direction))
      let tangents = try problem.runner.makeStates()
      try problem.tangent(setting.states, along: d, into: tangents)
      for (k, expected) in setting.item.tangents.enumerated() {
        expectClose(
          problem.values(tangents.parts, setting.output, k), expected.values, within: 1e-12,
          "\(setting.what): J d of \(k)")
      }
      let expected = try setting.flat(setting.item.normal)
      #expect(problem.adjustable == Array(d.indices))
      for way in NormalEquationsTests.Way.allCases {
        let gram = try NormalEquationsTests.gram(problem, setting.slots, way)
        let n = d.count + 1
        let product = d.indices.map { i in
          d.indices.reduce(0) { $0 + gram[i * n + $1] * d[$1] }
        }
        expectClose(product, expected, within: 1e-12, "\(setting.what): J^T K J d by \(way)")
      }
    }
  }

  @Test func transposedProducts() throws {
    for setting in try Self.settings() {
      let problem = setting.problem
      let slopes = try problem.runner.makeDriven(for: "slopes")
      for (k, sequence) in setting.file.sequences.enumerated() {
        let (part, lane) = problem.home(k)
        let values = sequence.slopes.values
        values.withUnsafeBufferPointer {
          slopes.parts[part].set(
            setting.output, nodes: 2, steps: values.count / 2, lane: lane, from: $0, first: 0,
            stride: 2)
        }
      }
      expectClose(
        try problem.pullBack(slopes, setting.states), try setting.flat(setting.item.pulled),
        within: 1e-12, "\(setting.what): J^T v")
    }
  }
}
