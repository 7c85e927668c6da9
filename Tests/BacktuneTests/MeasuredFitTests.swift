import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Fits of networks that are fed back with what was measured of their outputs.
@Suite struct MeasuredFitTests {
  private static let lengths = [40, 25]

  /// Leaky units and a readout of two outputs, which is fed back at two lags and reads itself too.
  private static func network() throws -> Network {
    var network = try Network(inputs: 1)
    let x = try network.add(LNL(3, activation: .tanh), name: "h")
    let y = try network.addLearnware("y", size: 2)
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "W")
    try network.connect(Source(y, lag: 2), to: y, role: "V")
    try network.observe([Observed(group: y, count: 2)])
    for (lag, target) in [(1, "h.x2"), (3, "y")] {
      let m = try network.addMeasured("y.m\(lag)", of: Source(y, lag: lag))
      try network.connect(Source(m, lag: 0), to: try network.group(named: target), role: "K")
    }
    try network.learnInitialState(of: y, depth: 3)
    network.randomize(seed: 3)
    return network
  }

  /// Outputs about 50 and -3.
  private static func sequences(_ network: Network, missing: [Int] = []) throws -> Sequences {
    var desired = Build.normal(130, seed: 2).enumerated().map { $1 + ($0 % 2 == 0 ? 50 : -3) }
    for place in missing { desired[place] = .nan }
    return try Build.sequences(
      network, lengths: lengths, inputs: Build.normal(65, seed: 1), desired: desired)
  }

  /// Costs, gradients and weights in centred coordinates are those of the units that came.
  @Test(arguments: [[1], [3], [.infinity], [1, .infinity]], [false, true])
  func sameProblem(horizons: [Double], learnsStarts: Bool) throws {
    var network = try Self.network()
    try network.setRest([0.5], groups: [2: [40, -2]], isTaken: true)
    var options = ObservationOptions()
    (options.horizons, options.learnsEachStart) = (horizons, learnsStarts)
    let sequences = try Self.sequences(network, missing: [7, 8, 60])
    let given = try Problem(network, sequences, options: options)
    let scaled = try Problem(network, sequences, options: options, units: .data)
    #expect(abs(scaled.scales.outputMeans[0] - 50) < 1)
    #expect(scaled.scales.uncentredOutputs.isEmpty)
    let weights = network.slots.values
    #expect(scaled.parts(of: scaled.slots.values).weights == weights)
    func evaluate(_ problem: Problem) throws -> (Double, [Double]) {
      let states = try problem.makeStates()
      let score = try problem.evaluate(problem.slots(for: weights), into: states)
      let gradient = try problem.tune(states, isGuarded: false).gradient
      return (score.total, problem.weightGradient(gradient))
    }
    let ((cost, gradient), (own, ownGradient)) = (try evaluate(given), try evaluate(scaled))
    #expect(cost.isFinite && abs(own - cost) <= 1e-11 * cost)
    let most: Double = gradient.reduce(0) { max($0, abs($1)) }
    for (a, b) in zip(ownGradient, gradient) { #expect(abs(a - b) <= 1e-9 * most) }
    // There and back, of weights that moved.
    var moved = scaled.slots(for: weights)
    moved[0] = moved[0].nextUp
    for (a, b) in zip(scaled.parts(of: moved).weights, weights) { #expect(abs(a - b) <= 1e-12) }
  }

  /// A fixed bias, a bounded initial value and a shared bias stand in the way; other networks are as they were.
  @Test func whatKeepsItsMean() throws {
    func problem(_ change: (inout Network) throws -> Void) throws -> Problem {
      var network = try Self.network()
      try change(&network)
      var options = ObservationOptions()
      options.horizons = [1]
      return try Problem(
        network, try Self.sequences(network), options: options, units: .data)
    }
    let cases: [(String, (inout Network) throws -> Void)] = [
      ("h.x2", { try $0.setFixed("h.x2.a", [true]) }), ("y", { try $0.setFixed("y.a", [true]) }),
      ("y", { try $0.setBounds("y.x0", lower: [-1], upper: [1]) }),
    ]
    for (name, change) in cases {
      let scales = try problem(change).scales
      #expect(scales.outputMeans == [0, 0])
      let named = try #require(scales.uncentredOutputs.first).group
      #expect(try problem(change).network.groups[named].name == name)
    }
  }

  /// Without a reader of the output itself the predictor is linear where all that it reads is known.
  @Test func linearPredictors() throws {
    func isLinear(
      _ horizons: [Double], missing: [Int] = [], lags: [Int] = [2, 3]
    ) throws -> Bool {
      var network = try Network(inputs: 1)
      let y = try network.add(Linear(2, sources: [.input(lag: 1)]), name: "y")
      for lag in lags {
        let m = try network.addMeasured("m\(lag)", of: Source(y, lag: lag))
        try network.connect(Source(m, lag: 0), to: y, role: "K\(lag)")
      }
      #expect(network.outputs == [Observed(group: y, count: 2)])
      var options = ObservationOptions()
      options.horizons = horizons
      let problem = try Problem(
        network, try Self.sequences(network, missing: missing), options: options, units: .data)
      return ReadoutSystem(problem) != nil
    }
    #expect(try isLinear([1]))
    #expect(try isLinear([2]))
    #expect(try isLinear([1, 2]))
    #expect(try !isLinear([3]))
    #expect(try !isLinear([1, .infinity]))
    // The last two steps of a sequence are read by nothing, nor is what comes after the last observed value.
    #expect(try isLinear([1], missing: [78, 77]))
    #expect(try isLinear([1], missing: Array(100..<130)))
    #expect(try !isLinear([1], missing: [70]))
  }

  /// The rest of a group is what it is before t = 0, wherever it is simulated.
  @Test func restOfGroups() throws {
    var network = try Network(inputs: 1)
    let y = try network.add(StateSpace(2, hidden: 0, feedback: .measured), name: "s")
    network.randomize(seed: 4)
    let plain = try Build.simulate(network, lengths: [9], inputs: Build.normal(9, seed: 1)).outputs
    try network.setRest([0], groups: [y: [3]], isTaken: true)
    let result = try Build.simulate(network, lengths: [9], inputs: Build.normal(9, seed: 1))
    let weights = network.slots.values
    func weight(_ name: String) throws -> [Double] {
      let array = try #require(network.arrays.first { $0.name == name })
      return array.slots.map { weights[$0] }
    }
    // C K y(-1) comes in addition.
    let gain = zip(try weight("s.y.C"), try weight("s.x.K")).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(result.outputs[0] - plain[0] - 3 * gain) < 1e-14)
    let read = try Network(json: network.json())
    let again = try Build.simulate(read, lengths: [9], inputs: Build.normal(9, seed: 1))
    #expect(again.outputs == result.outputs)
    let explicit = try network.simulate(
      lengths: [9], inputs: Build.normal(9, seed: 1), initial: network.restState
    ).outputs
    #expect(explicit == result.outputs)
    #expect(throws: BacktuneError.self) {
      try network.setRest([0], groups: [0: [1, 1]], isTaken: true)
    }
    #expect(throws: BacktuneError.self) {
      try network.setRest([0], groups: [y: [.nan]], isTaken: true)
    }
    try network.setRest([0])
    #expect(
      try Build.simulate(network, lengths: [9], inputs: Build.normal(9, seed: 1)).outputs == plain)
  }
}

/// Horizons that are none.
@Suite struct HorizonTests {
  @Test(arguments: [[], [0], [0.5], [.nan], [1, -1], [Double](repeating: 1, count: 65)])
  func refused(horizons: [Double]) throws {
    let network = try Build.network("lnl", size: 2)
    let sequences = try Sequences(
      network, inputs: [[1], [0], [0]], desired: [[0, 0], [1, 0], [0, 1]])
    let estimator = try Estimator(network, sequences)
    estimator.options.observation.horizons = horizons
    #expect(throws: BacktuneError.self) { try estimator.cost() }
    #expect(throws: BacktuneError.self) { try estimator.run() }
  }
}
