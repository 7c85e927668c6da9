import Backtune
import Testing

@testable import BacktuneNetwork
@testable import BacktuneSimulation

@Suite struct StreamTests {
  /// One by one and in parts, from a state given, every kind of group: outputs and states of `simulate`.
  @Test func bitsOfSimulate() throws {
    for item in try OperationCase.all() { try check(item.network, steps: 70, item.name) }
  }

  @Test(arguments: 0..<40) func bitsOfRandomNetworks(seed: Int) throws {
    try check(try RandomCase(seed: UInt64(seed)).network, steps: 50, "seed \(seed)")
  }

  private func check(_ network: Network, steps: Int, _ name: String) throws {
    let (m, o) = (network.inputs, network.outputCount)
    let inputs = Build.normal(steps * m, seed: 3)
    let initial = Build.normal(network.stateSize, seed: 4).map { 0.1 * $0 }
    let expected = try simulate(network, inputs, initial, steps: steps)
    let stream = try Stream(network, initial: initial)
    #expect(stream.inputs == m && stream.outputs == o && stream.stateSize == network.stateSize)
    let singly = try (0..<steps).flatMap { try stream.step(Array(inputs[$0 * m..<($0 + 1) * m])) }
    #expect(same(singly, expected.outputs), "\(name)")
    #expect(same(stream.state, expected.final), "\(name)")
    stream.reset()
    #expect(stream.state == initial, "\(name)")
    var (parts, t): ([Double], Int) = ([], 0)
    for count in [0, 1, 15, 17, steps - 33] {
      var outputs = [Double](repeating: 0, count: count * o)
      try stream.run(steps: count, Array(inputs[t * m..<(t + count) * m]), into: &outputs)
      parts += outputs
      t += count
    }
    #expect(same(parts, expected.outputs), "\(name)")
    #expect(same(stream.state, expected.final), "\(name)")
  }

  private func simulate(_ network: Network, _ inputs: [Double], _ initial: [Double]?, steps: Int)
    throws -> SimulationResult
  {
    try network.simulate(lengths: [steps], inputs: inputs, initial: initial)
  }

  private func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.map(\.bitPattern) == b.map(\.bitPattern)
  }

  /// The initial state of the network: what is learnt, inputs at rest, those of the last update at every reset.
  @Test func startsWhereTheNetworkDoes() throws {
    var network = try Build.network("lnl", size: 3, options: #"{"initial": "learn"}"#, seed: 1)
    let stream = try Stream(network)
    let inputs = Build.normal(5, seed: 1)
    for value in [0.5, -0.25] {
      try network.setRest([2 * value])
      try network.setWeights("lnl.x.x0", [value, value, -value])
      try stream.update(network)
      stream.reset()
      #expect(try stream.run(inputs.map { [$0] }) == network.simulate(inputs.map { [$0] }))
    }
  }

  /// Weights that change count from the next step on; the state stays.
  @Test func weightsAreUpdated() throws {
    var network = try Build.network("gru", size: 5, seed: 1)
    let stream = try Stream(network)
    let inputs = Build.normal(10, seed: 1)
    var state = [Double](repeating: 0, count: network.stateSize)
    for t in 0..<10 {
      network.randomize(seed: UInt64(t))
      if t % 3 == 0 { try stream.update(network) }
      let used = try Build.network("gru", size: 5, seed: UInt64(t / 3 * 3))
      let expected = try simulate(used, [inputs[t]], state, steps: 1)
      #expect(same(try stream.step([inputs[t]]), expected.outputs))
      state = expected.final
    }
  }

  @Test func anotherStructureIsRefused() throws {
    var network = try Build.network("lnl", size: 3, seed: 1)
    let stream = try Stream(network)
    let expected = try Stream(network).run([[1], [1]])
    try network.addUnit("lnl", size: 2)
    let error = #expect(throws: BacktuneError.self) { try stream.update(network) }
    #expect(error?.kind == .network && error?.description.contains("structure") == true)
    // It goes on as it was.
    #expect(try stream.run([[1], [1]]) == expected)
    // One that follows its network does not.
    stream.follow(network)
    let refused = #expect(throws: BacktuneError.self) { try stream.step([1]) }
    #expect(refused?.kind == .network)
  }

  @Test func wrongArgumentsChangeNothing() throws {
    let network = try Build.network("lnl", size: 3, inputs: 2, seed: 1)
    let stream = try Stream(network)
    _ = try stream.step([1, 2])
    let state = stream.state
    for (inputs, kind, text) in [
      ([1.0], BacktuneError.Kind.size, "inputs: 1 values, expected 1 steps x 2"),
      ([1, .nan], .argument, "inputs: step 0, channel 1 is nan"),
      ([-.infinity, 0], .argument, "inputs: step 0, channel 0 is -inf"),
    ] {
      let error = #expect(throws: BacktuneError.self) { try stream.step(inputs) }
      #expect(error?.kind == kind && error?.description.contains(text) == true)
    }
    var outputs = [7.0, 7]
    #expect(throws: BacktuneError.self) { try stream.run(steps: -1, [], into: &outputs) }
    #expect(throws: BacktuneError.self) { try stream.run(steps: .max, [1, 2], into: &outputs) }
    #expect(throws: BacktuneError.self) { try stream.step([1, 2], into: &outputs) }
    #expect(throws: BacktuneError.self) { try stream.run([[1, 2], [1]]) }
    #expect(throws: BacktuneError.self) { try stream.setState([1]) }
    #expect(throws: BacktuneError.self) { try Stream(network, initial: [1]) }
    #expect(throws: BacktuneError.self) {
      try Stream(network, initial: [Double](repeating: .nan, count: network.stateSize))
    }
    #expect(throws: BacktuneError.self) { try Stream(Network(inputs: 1)) }
    #expect(outputs == [7, 7] && stream.state == state)
  }

  /// What overflows comes once; the padding of groups, which may hold anything, is none of it.
  @Test func divergenceIsTold() throws {
    var network = try Build.network("linear", size: 1)
    try network.setWeights("linear.x.a", [0])
    try network.setWeights("linear.x.W1", [1e200])
    try network.setWeights("linear.x.B", [1])
    let stream = try Stream(network)
    let expected = try simulate(network, [1, 1, 1, 1], nil, steps: 4).outputs
    #expect(same(try (0..<4).flatMap { _ in try stream.step([1]) }, expected))
    #expect(expected[3] == .infinity)
    let error = #expect(throws: BacktuneError.self) { try stream.step([1]) }
    #expect(error?.kind == .state)
    let state = stream.state
    stream.reset()
    #expect(try stream.step([1]) == [0])
    try stream.setState(state)
    #expect(throws: BacktuneError.self) { try stream.step([1]) }

    // reciprocal(0) stands in the padding of three nodes, not in the nodes.
    var padded = try Network(inputs: 1)
    let v = try padded.addLearnware("v", size: 3)
    try padded.addBias(to: v)
    try padded.setWeights("v.a", [2, 2, 2])
    let x = try padded.addFirmware("x", size: 3)
    try padded.addTerm(to: x, factors: [(.reciprocal, Source(v, lag: 0))])
    let y = try padded.addLearnware("y", size: 3)
    try padded.connect(Source(x, lag: 1), to: y, form: .diagonal, role: "W")
    let calm = try Stream(padded)
    for _ in 0..<3 { _ = try calm.step([0]) }
    #expect(calm.state.allSatisfy { $0 == 0 || $0 == 0.5 })
  }
}
