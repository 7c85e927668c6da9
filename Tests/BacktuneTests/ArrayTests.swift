import Backtune
import Testing

/// Arrays in and out, with nothing of the engine's insides: what a user of the package sees.
@Suite struct ArrayTests {
  private static func network() throws -> Network {
    var network = try Network(inputs: 2)
    let h = try network.add(LNL(3, activation: .tanh, leak: .adjustable), name: "h")
    try network.add(Linear(2, sources: [.group(h, lag: 0)]), name: "readout")
    network.randomize(seed: 3)
    return network
  }

  private static let inputs: [[[Double]]] = [
    [[0.5, -1], [0.25, 0], [-1, 2], [0, 0.125]], [], [[1, 1], [-0.5, 0.75]],
  ]

  @Test func nestedIsFlat() throws {
    let network = try Self.network()
    let flat = try network.simulate(
      lengths: [4, 0, 2], inputs: Self.inputs.flatMap { $0.flatMap { $0 } }, wantsStates: true)
    let nested = try network.simulate(Self.inputs)
    #expect(nested.map(\.count) == [4, 0, 2])
    #expect(nested.flatMap { $0.flatMap { $0 } } == flat.outputs)
    #expect(flat.states.count == 6 * (3 + 3 + 3 + 2))
    #expect(flat.final.count == 3 * network.stateSize)
    // Alone a sequence runs through other kernels: rounded elsewhere.
    #expect(Self.areClose(try network.simulate(Self.inputs[2]), nested[2]))
    // From where the first sequence ended, in two parts.
    let begin = try network.simulate(
      lengths: [3], inputs: Self.inputs[0][..<3].flatMap { $0 })
    let end = try network.simulate([Self.inputs[0][3]], initial: begin.final)
    #expect(Self.areClose(end, [nested[0][3]]))
  }

  private static func areClose(_ a: [[Double]], _ b: [[Double]]) -> Bool {
    a.map(\.count) == b.map(\.count)
      && zip(a.joined(), b.joined()).allSatisfy { abs($0 - $1) < 1e-14 }
  }

  @Test func gradientByDifferences() throws {
    var network = try Self.network()
    let inputs = Self.inputs[0].flatMap { $0 }
    let slopes = [0.5, -1, 0.25, 2, -1, 1, 0.75, -0.5]
    let initial = (0..<network.stateSize).map { 0.1 * Double($0) }
    let gradient = try network.gradient(
      lengths: [4], inputs: inputs, initial: initial, slopes: slopes)
    func value(_ network: Network, _ initial: [Double]) throws -> Double {
      let outputs = try network.simulate(lengths: [4], inputs: inputs, initial: initial).outputs
      return zip(outputs, slopes).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let weights = network.adjustableWeights
    #expect(gradient.weights.count == weights.count)
    for k in weights.indices {
      var (up, down) = (weights, weights)
      up[k] += 1e-6
      down[k] -= 1e-6
      try network.setAdjustableWeights(up)
      let above = try value(network, initial)
      try network.setAdjustableWeights(down)
      let below = try value(network, initial)
      #expect(abs((above - below) / 2e-6 - gradient.weights[k]) < 1e-8)
    }
    try network.setAdjustableWeights(weights)
    // That of the inputs is not asked for.
    #expect(gradient.initial[..<2] == [0, 0])
    for k in initial.indices.dropFirst(2) {
      var (up, down) = (initial, initial)
      up[k] += 1e-6
      down[k] -= 1e-6
      let slope = (try value(network, up) - value(network, down)) / 2e-6
      #expect(abs(slope - gradient.initial[k]) < 1e-8)
    }
  }

  @Test func estimationFindsWhatMadeTheData() throws {
    var plant = try Network(inputs: 1)
    try plant.add(Linear(1, range: 2), name: "plant")
    try plant.setWeights("plant.x.W1", [0.5])
    try plant.setWeights("plant.x.W2", [-0.25])
    try plant.setWeights("plant.x.B", [2])
    let first: [[Double]] = (0..<40).map { [Double($0 * $0 % 7) - 3] }
    let second: [[Double]] = (0..<15).map { [Double($0 % 4)] }
    let inputs = [first, second]
    var desired = try plant.simulate(inputs)
    desired[0][7][0] = .nan
    var learner = try Network(inputs: 1)
    try learner.add(Linear(1, range: 2), name: "plant")
    let gains = desired.map { $0.map { _ in [2.0] } }
    let sequences = try Sequences(learner, inputs: inputs, desired: desired, gains: gains)
    let estimator = try Estimator(learner, sequences)
    try estimator.run()
    for (name, value) in [("W1", 0.5), ("W2", -0.25), ("B", 2), ("a", 0)] {
      #expect(abs(try estimator.network.weights("plant.x.\(name)")[0] - value) < 1e-9)
    }
    let combinations = try estimator.combinations()
    let sure = try estimator.network.uncertainPrediction(
      combinations, lengths: [15], inputs: inputs[1].flatMap { $0 })
    #expect(zip(sure.outputs, desired[1]).allSatisfy { abs($0 - $1[0]) < 1e-8 })
    #expect(sure.deviations.allSatisfy { $0 >= 0 && $0 < 1e-6 })
  }

  /// From initial states that are given, nothing is to be learnt.
  @Test func initialStatesOfSequences() throws {
    let network = try Self.network()
    let initial = (0..<2 * network.stateSize).map { 0.05 * Double($0 % 5) }
    let inputs = [Self.inputs[0], Self.inputs[2]]
    let desired = try network.simulate(inputs, initial: initial)
    var sequences = try Sequences(network, inputs: inputs, desired: desired)
    #expect(try Estimator(network, sequences).cost().cost > 1e-6)
    try sequences.setInitialStates(network, initial)
    #expect(try Estimator(network, sequences).cost().cost < 1e-28)
    try sequences.setInitialStates(network, [Double]?.none)
    #expect(try Estimator(network, sequences).cost().cost > 1e-6)
    #expect(throws: BacktuneError.self) { try sequences.setInitialStates(network, [1]) }
  }

  @Test func sizesThatDoNotFit() throws {
    let network = try Self.network()
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing was thrown"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { _ = try network.simulate([[1, 2], [3]]) }
        == "inputs: 1 values at time 1 of sequence 0, expected 2")
    #expect(message { _ = try network.simulate([[1, .nan]]) }.contains("expected a finite number"))
    #expect(message { _ = try network.simulate([[1, 2]], initial: [1]) }.contains("state size"))
    #expect(message { _ = try network.simulate(lengths: [-1], inputs: []) }.contains("-1"))
    #expect(message { _ = try network.simulate(lengths: [2], inputs: [1]) }.contains("2 steps"))
    #expect(
      message { _ = try network.gradient(lengths: [1], inputs: [1, 2], slopes: [1]) }
        .contains("slopes: 1 values"))
    #expect(
      message { _ = try Sequences(network, inputs: [[1, 2]], desired: [[1]]) }
        == "desired: 1 values at time 0 of sequence 0, expected 2")
    #expect(
      message { _ = try Sequences(network, inputs: [[1, 2]], desired: [[1, 2], [3, 4]]) }
        == "desired: lengths [2] came, expected [1] (those of the inputs)")
    #expect(
      message { _ = try Sequences(network, inputs: [[1, 2]], desired: nil, gains: [[1, 1]]) }
        .contains("without desired"))
    #expect(message { _ = try network.simulate([[[Double]]]()) }.contains("none came"))
    #expect(try network.simulate([[Double]]()).isEmpty)
  }
}

/// Options and weights that a user of the package sets to what is not allowed.
@Suite struct TypedOptionTests {
  @Test func estimatorsSayWhatIsNotAllowed() throws {
    var network = try Network(inputs: 1)
    try network.add(Linear(1))
    let sequences = try Sequences(network, inputs: [[1], [2], [3]], desired: [[0], [1], [2]])
    let cases: [((inout EstimatorOptions) -> Void, String)] = [
      ({ $0.maxIterations = -1 }, "max_iterations: -1.0"),
      ({ $0.maxIterations = .max }, "max_iterations"), ({ $0.tolerance = .nan }, "tolerance: nan"),
      ({ $0.target = -1 }, "target: -1.0"), ({ $0.restarts = -1 }, "restarts of -1"),
      ({ $0.restarts = .min }, "restarts: -9"), ({ $0.restarts = .max }, "restarts: 9"),
      ({ $0.observation.nu = 0 }, "nu of 0"), ({ $0.observation.nu = .infinity }, "nu: inf"),
      ({ $0.observation.washout = .min }, "washout: -9"),
    ]
    for (change, fragment) in cases {
      let estimator = try Estimator(network, sequences)
      change(&estimator.options)
      let error = #expect(throws: BacktuneError.self) { try estimator.run() }
      #expect(error?.description.contains(fragment) == true, "\(fragment): \(error as Any)")
      #expect(estimator.trace.isEmpty)
    }
  }

  @Test func optionsThatChangeLaterAreCheckedToo() throws {
    var network = try Network(inputs: 1)
    try network.add(Linear(1))
    let sequences = try Sequences(network, inputs: [[1], [2], [3]], desired: [[0], [1], [2]])
    let estimator = try Estimator(network, sequences)
    try estimator.step()
    let length = estimator.trace.count
    estimator.options.maxIterations = -1
    #expect(throws: BacktuneError.self) { try estimator.run() }
    #expect(throws: BacktuneError.self) { try estimator.step() }
    #expect(estimator.trace.count == length)
    estimator.options.maxIterations = 5
    try estimator.run()
    #expect(estimator.trace[0].nmse > 1e-6 && (estimator.trace.last?.nmse ?? 1) < 1e-6)
  }

  @Test func weightsHaveBoundsAndDrawsThatFit() throws {
    let inputs: [WeightOptions] = [
      WeightOptions(lower: .infinity, upper: .infinity), WeightOptions(lower: .nan, upper: 1),
      WeightOptions(lower: 1, upper: 0), WeightOptions(lower: -.infinity, upper: -.infinity),
      WeightOptions(lower: 0, upper: 1, draw: .uniform(lower: 1, upper: 0)),
      WeightOptions(lower: 0, upper: 1, draw: .uniform(lower: .nan, upper: 0)),
      WeightOptions(lower: 0, upper: 1, draw: .uniform(lower: 0, upper: .infinity)),
    ]
    for options in inputs {
      var network = try Network(inputs: 1)
      let x = try network.addLearnware("x", size: 1)
      #expect(throws: BacktuneError.self) {
        try network.connect(
          Source(Network.input, lag: 0), to: x, role: "B", options: options)
      }
      #expect(network.arrays.isEmpty)
    }
  }
}
