import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Central differences of the whole cost by every weight, for every criterion and regularisation, through random networks.
@Suite struct ObjectiveDerivativeTests {
  static let seeds = Array(UInt64(0)..<12)

  static let pointwise = ["least-squares", "l1", "l0", "huber", "biweight", "boolean"]
  /// Of outputs of one kind only.
  static let ofProbabilities = ["bernoulli", "poisson"]

  static let options = [
    ("sparse-weights", #"{"strength": 0.3, "eps": 0.1}"#),
    ("ridge", #"{"strength": 0.2}"#),
    ("sparse-activity", #"{"strength": 0.2, "eps": 0.3}"#),
    ("orthogonal-activity", #"{"strength": 0.01}"#),
    ("activity-bound", #"{"strength": 0.1, "bound": 0.5, "steepness": 2}"#),
  ]

  @Test func listsAreComplete() {
    let kinds = Criteria.all.filter { $0 is any Criterion.Type }.map { $0.names[0] }
    #expect(kinds == Self.pointwise + Self.ofProbabilities)
    #expect(Regularisations.all.map { $0.name } == Self.options.map(\.0))
  }

  private func check(
    _ network: Network, _ sequences: Sequences, _ objective: Objective, _ what: String
  ) throws {
    var options = ObservationOptions()
    // The tip of '1' is a thousandth of the errors by default: too narrow for differences.
    options.nu = 0.5
    let problem = try Problem(network, sequences, objective: objective, options: options)
    let states = try problem.makeStates()
    let slots = network.slots.values
    let base = try problem.evaluate(slots, into: states).total
    try #require(base.isFinite, "\(what)")
    var gradient = try problem.tune(states, isGuarded: false).gradient
    if let part = problem.weightRegularisation(slots) {
      gradient = zip(gradient, part.gradient).map(+)
    }
    let scale = gradient.map(abs).max() ?? 0
    let h = 1e-5
    for k in slots.indices {
      var (up, down) = (slots, slots)
      up[k] += h
      down[k] -= h
      let difference =
        (try problem.evaluate(up, into: states).total
          - problem.evaluate(down, into: states).total) / (2 * h)
      let within: Double = 1e-5 * abs(gradient[k]) + 1e-7 * scale + 1e-10 * base
      #expect(
        abs(difference - gradient[k]) <= within,
        "\(what), slot \(k): \(gradient[k]), by differences \(difference)")
    }
  }

  @Test(arguments: pointwise, seeds) func criteria(name: String, seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    try check(item.network, item.sequences, try Objective(criterion: name), "\(name), seed \(seed)")
  }

  /// Nodes that stay where the criterion has a value: between 0 and 1, above 0.
  @Test(arguments: ofProbabilities, seeds) func likelihoods(name: String, seed: UInt64) throws {
    let activation = name == "bernoulli" ? #""logistic""# : #"{"name": "softplus", "eps": 0.3}"#
    let network = try Build.network(
      "lnl", size: 3, options: #"{"activation": \#(activation)}"#, seed: seed)
    let uniform = Build.normal(60, seed: seed + 100).map(\.magnitude)
    let desired = uniform.map { name == "bernoulli" ? min($0, 1) : ($0 * 3).rounded() }
    let sequences = try Build.sequences(
      network, lengths: [13, 7], inputs: Build.normal(20, seed: seed), desired: desired)
    try check(network, sequences, try Objective(criterion: name), "\(name), seed \(seed)")
  }

  /// Values, slopes by differences, and the weights of Fisher's information, also at the ends of what x may be.
  @Test func likelihoodsOfOneValue() {
    let (spike, count) = (Bernoulli(nu: .nan), Poisson(nu: .nan))
    #expect(abs(spike.value(0.3, 1) + log(0.3)) < 1e-15)
    #expect(abs(spike.value(0.3, 0.25) + 0.25 * log(0.3) + 0.75 * log(0.7)) < 1e-15)
    #expect(spike.value(0, 0) == 0 && spike.value(1, 1) == 0)
    #expect(abs(spike.slope(0.2, 0) - 1.25) < 1e-15 && abs(spike.slope(0.2, 1) + 5) < 1e-14)
    #expect(abs(spike.weight(0.2, 1) - 6.25) < 1e-14)
    #expect(abs(count.value(2, 3) - (2 - 3 * log(2) + 3 * log(3) - 3)) < 1e-14)
    #expect(count.value(0, 0) == 0 && count.value(3, 3) == 0)
    #expect(count.slope(2, 3) == -0.5 && count.weight(2, 3) == 0.5)
    for (x, o) in [(0.0, 1.0), (1, 0), (0, 0), (1, 1), (-1, 0), (2, 1), (-1, 1), (2, 0.5)] {
      #expect(spike.value(x, o).isFinite && spike.value(x, o) >= 0)
      #expect(spike.slope(x, o).isFinite && spike.weight(x, o) > 0 && spike.weight(x, o).isFinite)
    }
    for (x, o) in [(0.0, 2.0), (0, 0), (-1, 0), (-1, 3)] {
      #expect(count.value(x, o).isFinite && count.value(x, o) >= 0)
      #expect(count.slope(x, o).isFinite && count.weight(x, o).isFinite)
    }
    // Outside a value is worse than any inside, and slopes lead back.
    #expect(spike.value(-0.01, 0) > spike.value(1, 0) && spike.slope(-0.01, 0) < 0)
    #expect(spike.value(1.01, 1) > spike.value(0, 1) && spike.slope(1.01, 1) > 0)
    #expect(count.value(-0.01, 0) > count.value(1e6, 0) && count.slope(-0.01, 0) < 0)
  }

  @Test(arguments: [("bernoulli", 1.5), ("bernoulli", -0.5), ("poisson", -1)])
  func likelihoodsHaveADomain(name: String, desired: Double) throws {
    let network = try Build.network("lnl", size: 1)
    let sequences = try Build.sequences(network, lengths: [1], inputs: [1], desired: [desired])
    #expect {
      try Problem(network, sequences, objective: try Objective(criterion: name))
    } throws: { error in
      let text = "\(error)"
      return text.contains("\(desired)") && text.contains(name)
    }
  }

  @Test(arguments: options.map(\.0), seeds)
  func regularisations(name: String, seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    let usual = try #require(Self.options.first { $0.0 == name }).1
    var objective = Objective()
    // Groups by name: a random network may read none at a lag.
    let groups = item.network.groups.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let isOfWeights = ["sparse-weights", "ridge"].contains(name)
    let fields = isOfWeights ? usual : usual.dropLast() + #", "groups": [\#(groups)]}"#
    try objective.addRegularisation(name, options: Array(fields.utf8))
    try check(item.network, item.sequences, objective, "\(name), seed \(seed)")
  }

  @Test(arguments: seeds) func everythingTogether(seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    var objective = try Objective(criterion: "huber")
    let groups = item.network.groups.map { "\"\($0.name)\"" }.joined(separator: ", ")
    for (name, options) in Self.options {
      let fields =
        ["sparse-weights", "ridge"].contains(name)
        ? options : options.dropLast() + #", "groups": [\#(groups)]}"#
      try objective.addRegularisation(name, options: Array(fields.utf8))
    }
    try check(item.network, item.sequences, objective, "all, seed \(seed)")
  }

  /// All kinds at once, over sequences of unequal lengths.
  @Test(arguments: seeds) func observables(seed: UInt64) throws {
    let network = try Build.network("lnl", size: 3, options: #"{"leak": "adjust"}"#, seed: seed)
    let inputs = Build.normal(31, seed: seed)
    let sequences = try inputs.withUnsafeBufferPointer {
      try Sequences(network, lengths: [12, 0, 19], inputs: $0, desired: nil)
    }
    var objective = try Objective(criterion: "observables")
    for (kind, parameters, desired) in [
      ("mean", [0.0], 0.3), ("mean_at", [1, 4], 0.7), ("product", [0, 2], 0.2),
      ("autocorrelation", [1, 3], 0.1), ("normalised_autocorrelation", [2, 1, 0.4, 0.5], -0.2),
      ("standardised_moment", [0, 3, 0.5, 0.3], 0.4),
    ] {
      try objective.addObservable(kind, parameters, outputs: 3, desired: desired)
    }
    try check(network, sequences, objective, "observables, seed \(seed)")
  }

  @Test(arguments: seeds) func crossEntropy(seed: UInt64) throws {
    var network = try Build.network("softmax", size: 4, inputs: 2, seed: seed)
    let output = network.groups.count - 1
    // The first three of four observed, as may be.
    try network.observe([Observed(group: output, count: 3)])
    var stream = RandomStream(seed: seed, name: "desired")
    let lengths = [7, 0, 4]
    let desired = (0..<33).map { _ in stream.uniform() < 0.2 ? .nan : stream.uniform() }
    let gains = (0..<33).map { _ in stream.uniform() < 0.2 ? 0 : 3 * stream.uniform() }
    let sequences = try Build.sequences(
      network, lengths: lengths, inputs: Build.normal(22, seed: seed), desired: desired,
      gains: gains)
    try check(network, sequences, try Objective(criterion: "cross-entropy"), "seed \(seed)")
  }

  @Test func crossEntropyNeedsSoftmax() throws {
    let network = try Build.network("lnl", size: 2)
    let sequences = try Build.sequences(
      network, lengths: [2], inputs: [1, 2], desired: [1, 0, 0, 1])
    #expect(throws: BacktuneError.self) {
      try Problem(network, sequences, objective: try Objective(criterion: "cross-entropy"))
    }
    let softmax = try Build.network("softmax", size: 2)
    let negative = try Build.sequences(
      softmax, lengths: [1], inputs: [1], desired: [1, -1])
    #expect(throws: BacktuneError.self) {
      try Problem(softmax, negative, objective: try Objective(criterion: "cross-entropy"))
    }
  }
}
