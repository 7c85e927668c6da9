import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Fits in the units of the data: 2.13 of the design.
@Suite struct ScalesTests {
  /// Two inputs of odd units, the first with an offset, read by leaky units with a readout of two outputs.
  private struct Case {
    var network: Network
    let lengths = [40, 25]
    let inputs: [Double]
    let desired: [Double]

    init(unit: String = "lnl", options: String = "{\"leak\": \"adjust\"}") throws {
      network = try Network(inputs: 2)
      let x = try network.addUnit(unit, size: 3, options: Array(options.utf8))
      let v = try network.addLearnware("readout", size: 2)
      try network.addBias(to: v)
      try network.connect(Source(x, lag: 0), to: v, role: "W")
      try network.connect(Source(v, lag: 1), to: v, role: "V")
      network.randomize(seed: 3)
      inputs = Build.normal(130, seed: 1)
      desired = Build.normal(130, seed: 2)
    }

    /// The data with every input and output times a factor, plus an offset of the first input.
    func sequences(
      _ inputFactors: [Double] = [1, 1], _ outputFactor: Double = 1, offset: Double = 0
    ) throws -> Sequences {
      try Build.sequences(
        network, lengths: lengths,
        inputs: inputs.enumerated().map { $1 * inputFactors[$0 % 2] + ($0 % 2 == 0 ? offset : 0) },
        desired: desired.map { $0 * outputFactor })
    }
  }

  /// Costs, gradients and weights are those of the problem in the units that came.
  @Test(arguments: [false, true]) func sameProblem(learnsStarts: Bool) throws {
    // Of 40 random networks some are read by firmware alone.
    let scaled = try (UInt64(0)..<40).count { try Self.isSameProblem(seed: $0, learnsStarts) }
    #expect(scaled > 10)
  }

  /// - Returns: whether anything was scaled.
  private static func isSameProblem(seed: UInt64, _ learnsStarts: Bool) throws -> Bool {
    let item = try RandomCase(seed: seed)
    var options = ObservationOptions()
    options.learnsEachStart = learnsStarts
    let given = try Problem(item.network, item.sequences, options: options)
    let scaled = try Problem(item.network, item.sequences, options: options, units: .data)
    let weights = item.network.slots.values
    for (a, b) in zip(scaled.parts(of: scaled.slots.values).weights, weights) { #expect(a == b) }
    func evaluate(_ problem: Problem) throws -> (Double, [Double]) {
      let states = try problem.makeStates()
      let score = try problem.evaluate(problem.slots(for: weights), into: states)
      let gradient = try problem.tune(states, isGuarded: false).gradient
      return (score.total, problem.weightGradient(gradient))
    }
    let ((cost, gradient), (own, ownGradient)) = (try evaluate(given), try evaluate(scaled))
    #expect(abs(own - cost) <= 1e-11 * cost)
    let most: Double = gradient.reduce(0) { max($0, abs($1)) }
    for (a, b) in zip(ownGradient, gradient) {
      #expect(abs(a - b) <= 1e-9 * most, "seed \(seed): \(a) \(b)")
    }
    return !scaled.scales.isNone
  }

  /// Weights that nobody moved come back to the bit, others to rounding; bounds hold.
  @Test func coordinates() throws {
    let item = try Case()
    let problem = try Problem(
      item.network, try item.sequences([1e-7, 3e5], 2e4, offset: 5), units: .data)
    #expect(problem.scales.means[0] != 0 && problem.scales.deviations[1] > 1e5)
    let weights = item.network.slots.values
    #expect(problem.parts(of: problem.slots.values).weights == weights)
    var moved = problem.slots(for: weights)
    moved[0] = moved[0].nextUp
    for (a, b) in zip(problem.parts(of: moved).weights, weights) {
      // Biases have a part for the mean.
      let size: Double = max(abs(a), abs(b), 1)
      #expect(abs(a - b) <= 1e-12 * size)
    }
    for (slot, bound) in item.network.slots.upper.enumerated() {
      #expect(problem.parts(of: moved).weights[slot] <= bound)
    }
  }

  enum Form: CaseIterable { case dense, iterative, backwardTuning }

  private static func run(
    _ item: Case, _ sequences: Sequences, _ criterion: String, _ form: Form, balanced: Bool = false
  ) throws -> Estimator {
    let estimator = try Estimator(
      item.network, sequences, objective: try Objective(criterion: criterion))
    estimator.options.maxIterations = 12
    estimator.options.observation.balancesOutputs = balanced
    switch form {
    case .dense: estimator.options.isDense = true
    case .iterative: estimator.options.isDense = false
    case .backwardTuning: estimator.options.method = .backwardTuning
    }
    try estimator.run()
    return estimator
  }

  /// All but what depends on units.
  private static func bits(_ estimator: Estimator) -> [[Double]] {
    [
      estimator.trace.map(\.nmse), estimator.trace.map { Double($0.simulations) },
      estimator.network.slots.values.map { $0 == 0 ? 0 : $0.significand * ($0 < 0 ? -1 : 1) },
    ]
  }

  /// Same bits for powers of two, odd ones too, inputs each its own; weights up to their power.
  @Test(arguments: ["least-squares", "l1", "l0", "huber", "biweight"], Form.allCases)
  func powersOfTwo(criterion: String, form: Form) throws {
    let item = try Case()
    let first = try Self.run(item, try item.sequences(), criterion, form)
    #expect(first.trace.last?.nmse ?? 1 < 0.99 * (first.trace.first?.nmse ?? 0))
    // Backward tuning follows inputs.
    for scale in form == .backwardTuning ? [1] : [0x1p20, 0x1p-31, 2, 0.5, 0x1p9] {
      let factors = [0x1p-30, 0x1p17]
      let other = try Self.run(item, try item.sequences(factors, scale), criterion, form)
      #expect(Self.bits(first) == Self.bits(other), "outputs times \(scale)")
      let inputs = item.inputs.enumerated().map { $1 * factors[$0 % 2] }
      let outputs = try Build.simulate(other.network, lengths: item.lengths, inputs: inputs)
      let own = try Build.simulate(first.network, lengths: item.lengths, inputs: item.inputs)
      #expect(own.outputs.map { $0 * scale } == outputs.outputs)
    }
  }

  /// A nu that is given, and terms of other groups, go with the outputs.
  @Test(arguments: [true, false]) func powersOfTwoWithRegularisation(isDense: Bool) throws {
    let item = try Case()
    func run(_ scale: Double) throws -> Estimator {
      var objective = try Objective(criterion: "huber")
      try objective.addRegularisation(
        "orthogonal-activity",
        options: Array("{\"strength\": \(1e-3 * scale), \"groups\": [\"lnl.x\"]}".utf8),
        of: item.network)
      let estimator = try Estimator(
        item.network, try item.sequences([1, 1], scale), objective: objective)
      estimator.options.isDense = isDense
      estimator.options.observation.nu = 0.5 * scale
      estimator.options.maxIterations = 12
      try estimator.run()
      return estimator
    }
    let first = try run(1)
    #expect(first.trace[0].penalty > 0)
    for scale in [2, 0x1p-5, 0x1p6] {
      #expect(Self.bits(first) == Self.bits(try run(scale)), "outputs times \(scale)")
    }
  }

  /// Powers of ten to rounding, from 1e-9 to 1e9.
  @Test(
    arguments: [(-9, 9, -9), (9, -9, 9), (3, 5, -6), (-6, 1, 1), (0, -3, 0), (7, 0, 0)],
    Form.allCases)
  func powersOfTen(_ powers: (Int, Int, Int), form: Form) throws {
    func ten(_ k: Int) -> Double {
      (0..<abs(k)).reduce(1) { value, _ in k > 0 ? value * 10 : value / 10 }
    }
    for (unit, options) in [("lnl", "{\"leak\": \"adjust\"}"), ("lstm", ""), ("gru", "")] {
      let item = try Case(unit: unit, options: options)
      let scale = form == .backwardTuning ? 1 : ten(powers.2)
      let first = try Self.run(item, try item.sequences(), "least-squares", form).trace
      let other = try Self.run(
        item, try item.sequences([ten(powers.0), ten(powers.1)], scale), "least-squares", form
      ).trace
      #expect(first.count == other.count)
      for (a, b) in zip(first, other) {
        #expect(abs(a.nmse - b.nmse) <= 1e-5 * a.nmse, "\(unit): \(a.nmse), \(b.nmse)")
      }
    }
  }

  /// With balanced outputs each may have units of its own.
  @Test(arguments: ["least-squares", "huber"]) func balanced(criterion: String) throws {
    let item = try Case()
    let factors = [0x1p30, 0x1p-12]
    let sequences = try Build.sequences(
      item.network, lengths: item.lengths, inputs: item.inputs,
      desired: item.desired.enumerated().map { $1 * factors[$0 % 2] })
    let first = try Self.run(item, try item.sequences(), criterion, .dense, balanced: true).trace
    let other = try Self.run(item, sequences, criterion, .dense, balanced: true).trace
    #expect(first.map(\.cost) == other.map(\.cost) && first.map(\.nmse) == other.map(\.nmse))
  }

  @Test func balancedNeedsErrors() throws {
    let item = try Case()
    let estimator = try Estimator(
      item.network, try item.sequences(), objective: try Objective(criterion: "boolean"))
    estimator.options.observation.balancesOutputs = true
    #expect(throws: BacktuneError.self) { try estimator.run() }
  }

  /// An offset of 1,000 deviations, which a network with biases takes out; the rest of its inputs is where they are.
  @Test func offset() throws {
    let item = try Case()
    let (first, offset) = (
      try Estimator(item.network, try item.sequences()),
      try Estimator(item.network, try item.sequences(offset: 1000))
    )
    for estimator in [first, offset] {
      estimator.options.maxIterations = 30
      try estimator.run()
      #expect(estimator.notes.isEmpty)
    }
    let (a, b) = (first.trace.map(\.nmse), offset.trace.map(\.nmse))
    let target = 1.02 * max(a[a.count - 1], b[b.count - 1])
    let (i, j) = (a.firstIndex { $0 <= target } ?? 99, b.firstIndex { $0 <= target } ?? 0)
    #expect(abs(i - j) <= max(i / 10, 1), "\(a) \(b)")
    #expect(first.network.restValues == [0, 0])
    #expect(abs(offset.network.restValues[0] - 1000) < 1 && offset.network.restValues[1] == 0)
  }

  /// An exact linear plant whose input rests at its mean is found to the last digits.
  @Test func exactPlantWithOffset() throws {
    var plant = try Network(inputs: 1)
    let v = try plant.addLearnware("v", size: 1)
    try plant.addBias(to: v)
    try plant.connect(Source(v, lag: 1), to: v, role: "W")
    try plant.connect(Source(Network.input, lag: 1), to: v, role: "B")
    plant.randomize(seed: 1)
    let values = Build.normal(200, seed: 4)
    let mean = values.reduce(0, +) / 200
    let inputs = values.map { $0 - mean + 1000 }
    try plant.setRest([1000])
    let desired = try Build.simulate(plant, lengths: [200], inputs: inputs)
    var learner = plant
    try learner.setRest(nil)
    learner.randomize(seed: 2)
    let estimator = try Estimator(
      learner,
      try Build.sequences(learner, lengths: [200], inputs: inputs, desired: desired.outputs))
    estimator.options.tolerance = 0
    try estimator.run()
    #expect(estimator.trace[estimator.trace.count - 1].nmse < 1e-22)
  }

  /// What a user should know: an offset without a bias, outputs of unequal units, a reservoir's input.
  @Test func notes() throws {
    var network = try Network(inputs: 1)
    _ = try network.addUnit("lnl", size: 2, options: Array("{\"bias\": false}".utf8))
    network.randomize(seed: 0)
    func notes(_ network: Network, _ inputs: [Double], _ desired: [Double]) throws -> [String] {
      let estimator = try Estimator(
        network,
        try Build.sequences(network, lengths: [20], inputs: inputs, desired: desired))
      estimator.options.maxIterations = 1
      try estimator.run()
      return estimator.notes.map(\.text)
    }
    let (u, y) = (Build.normal(20, seed: 1), Build.normal(40, seed: 2))
    #expect(try notes(network, u, y).isEmpty)
    let offset = try notes(network, u.map { $0 + 1000 }, y)
    #expect(offset.count == 1 && offset[0].contains("lnl.x2"))
    let uneven = try notes(network, u, y.enumerated().map { $0 % 2 == 0 ? $1 : 1e3 * $1 })
    #expect(uneven.count == 1 && uneven[0].contains("balanced"))
    var reservoir = try Network(inputs: 1)
    let x = try reservoir.addUnit("reservoir", size: 5)
    let v = try reservoir.addLearnware("readout", size: 1)
    try reservoir.connect(Source(x, lag: 0), to: v, role: "W")
    reservoir.randomize(seed: 0)
    let fixed = try notes(reservoir, u.map { 1e4 * $0 }, Array(y[..<20]))
    #expect(fixed.count == 1 && fixed[0].contains("fixed weights"))
  }

  /// Weights that are shared between inputs of unequal units keep one unit; so does what firmware reads.
  @Test func sharedUnits() throws {
    var network = try Network(inputs: 2)
    let v = try network.addLearnware("v", size: 1)
    try network.connect(
      Source(Network.input, lag: 0), to: v, form: .shared(index: [0, 0]), role: "B")
    network.randomize(seed: 0)
    let inputs = Build.normal(40, seed: 1).enumerated().map { $0 % 2 == 0 ? $1 : 7 * $1 }
    let sequences = try Build.sequences(
      network, lengths: [20], inputs: inputs, desired: Build.normal(20, seed: 2))
    let scales = try Problem(network, sequences, units: .data).scales
    #expect(scales.deviations[0] == scales.deviations[1] && scales.deviations[0] > 2)
    var read = network
    let f = try read.addFirmware("f", size: 2)
    try read.addTerm(to: f, factors: [(.identity, Source(Network.input, lag: 0))])
    try read.observe([Observed(group: v, count: 1)])
    #expect(try Problem(read, sequences, units: .data).scales.deviations == [1, 1])
  }
}
