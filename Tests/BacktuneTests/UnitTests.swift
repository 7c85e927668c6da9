import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

@Suite struct UnitTests {
  private func message(_ kind: String, _ options: String, size: Int = 3, inputs: Int = 1) -> String
  {
    do {
      var network = try Network(inputs: inputs)
      try network.addUnit(kind, size: size, options: Array(options.utf8))
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  @Test func wrongOptionsAreNamed() {
    let cases = [
      ("aif", #"{"sharpness": 101}"#, "[0, 100]"),
      ("aif", #"{"leak": 1}"#, "[0, 0.999]"),
      ("aif", #"{"sources": [{"source": "self", "lag": 0}]}"#, "own spikes at lag 0"),
      ("lnl", #"{"leak": 0.1, "time_constant": 5}"#, "both came"),
      ("lnl", #"{"time_constant": 0.5}"#, "a number of dt or more"),
      ("lnl", #"{"dt": 0.5}"#, "without time_constant"),
      ("lnl", #"{"mask": [[1, 0], [0, 1]]}"#, "expected 3 rows of 3"),
      ("lnl", #"{"mask": [[1, 0, 2], [0, 1, 0], [0, 0, 1]]}"#, "0 or 1"),
      ("lnl", #"{"activation": "sin"}"#, "'sin' came, expected one of tanh, zeta01"),
      ("lstm", #"{"profile": "sigmoid"}"#, "'zeta' or 'logistic'"),
      ("lstm", #"{"peephole": "yes"}"#, "true or false"),
      ("lstm", #"{"sources": [{"source": "nobody", "lag": 1}]}"#, "'nobody'"),
      ("lstm", #"{"sources": [{"source": 17, "lag": 1}]}"#, "group 17 does not exist"),
      ("lnl", #"{"sources": [{"source": "self", "lag": 0}]}"#, "cycle"),
      ("lnl", #"{"sources": [{"source": "input", "lag": 1, "mask": [[1]]}]}"#, "3 rows"),
      ("softmax", #"{"temperature": 0}"#, "temperature"),
      ("versatile", #"{"functions": []}"#, "list of functions"),
      ("conv1d", #"{"kernel": 4}"#, "a source of 1 nodes"),
      ("conv1d", #"{"sources": []}"#, "no source"),
      ("reservoir", #"{"density": 0.5, "mask": [[1]]}"#, "both mask and density"),
      ("state_space", #"{"hidden": -1}"#, "0 or more"),
      ("state_space", #"{"degree": -1}"#, "degree of unit state_space: -1.0 came"),
      ("state_space", #"{"degree": 1.5}"#, "an integer of 1 to 9"),
      ("state_space", #"{"degree": 1000}"#, "an integer of 1 to 9"),
      ("state_space", #"{"activation": "sin"}"#, "'sin' came, expected one of tanh, zeta01"),
    ]
    for (kind, options, fragment) in cases {
      let said = message(kind, options)
      #expect(said.contains(fragment), "\(kind) \(options): '\(said)'")
    }
  }

  @Test func softmaxIsStable() throws {
    var network = try Network(inputs: 3)
    let x = try network.addSoftmax("x", of: Source(Network.input, lag: 0))
    let inputs = [1e4, 0, -1e4, 800, 801, 799, -1e300, 0, 1e300, 0, 0, 0]
    let result = try Build.simulate(network, lengths: [4], inputs: inputs).outputs
    #expect(result.allSatisfy { $0.isFinite })
    for t in 0..<4 {
      #expect(abs(result[3 * t..<3 * t + 3].reduce(0, +) - 1) < 1e-15)
    }
    #expect(result[0] == 1 && result[8] == 1)
    let third = try #require(result.last)
    #expect(abs(third - 1.0 / 3) < 1e-15)
    #expect(network.groups[x].size == 3)
  }

  @Test func reservoirHasItsSpectralRadiusAndFixedWeights() throws {
    let options = #"{"spectral_radius": 1.25, "density": 0.2, "seed": 3, "leak": 0.3}"#
    let network = try Build.network("reservoir", size: 60, options: options)
    let w = try network.weights("reservoir.x2.W")
    #expect(abs(try spectralRadius(w, order: 60) - 1.25) < 1e-12)
    #expect(w.filter { $0 != 0 }.count == 60 * 12)
    #expect(network.adjustableWeights.count == 61)
    let again = try Build.network("reservoir", size: 60, options: options, seed: 9)
    #expect(try again.weights("reservoir.x2.W") == w)
    var free = network
    try free.setFixed("reservoir.x2.W", [false])
    #expect(free.adjustableWeights.count == 61 + 60 * 12)
  }

  @Test func spectralRadiusOfKnownMatrices() throws {
    #expect(abs(try spectralRadius([0, -2, 2, 0], order: 2) - 2) < 1e-14)
    #expect(abs(try spectralRadius([3, 1, 0, -4], order: 2) - 4) < 1e-14)
    #expect(try spectralRadius([], order: 0) == 0)
    #expect(throws: BacktuneError.self) { try spectralRadius([.nan], order: 1) }
    #expect(throws: BacktuneError.self) { try spectralRadius([1, 2], order: 2) }
  }

  @Test func leakByTimeConstant() throws {
    // g = 1 - dt/tau: an lnl without sources forgets its start so.
    let network = try Build.network(
      "lnl", size: 2, options: #"{"time_constant": 10, "dt": 2.5, "activation": "identity"}"#)
    guard case .firmware(let body) = network.groups[1].body else {
      Issue.record("x1 is not firmware")
      return
    }
    #expect(body.terms[0].coefficient == 0.75)
  }

  @Test func convolutionSharesItsWeights() throws {
    var network = try Network(inputs: 10)
    try network.addUnit(
      "conv1d", size: 2,
      options: Array(#"{"kernel": 3, "channels": 2, "activation": "identity"}"#.utf8))
    #expect(try network.array(named: "conv1d.x2.B").shape == [2 * 2 * 3])
    #expect(try network.array(named: "conv1d.x2.a").shape == [2])
    try network.setWeights("conv1d.x2.B", (1...12).map(Double.init))
    try network.setWeights("conv1d.x2.a", [100, 200])
    let inputs = (1...10).map(Double.init)
    let out = try Build.simulate(network, lengths: [1], inputs: inputs).outputs
    // out(c, p) = a_c + sum_b,j k(c,b,j) in(b, p + j), two channels of five positions.
    var expected: [Double] = []
    for c in 0..<2 {
      for p in 0..<3 {
        var sum = 100.0 * Double(c + 1)
        for b in 0..<2 {
          for j in 0..<3 { sum += Double((c * 2 + b) * 3 + j + 1) * inputs[b * 5 + p + j] }
        }
        expected.append(sum)
      }
    }
    #expect(out == expected)
  }

  @Test func sourcesMayHaveMasks() throws {
    var network = try Network(inputs: 2)
    try network.addUnit(
      "lnl", size: 2,
      options: Array(
        #"{"sources": [{"source": "self", "lag": 1}, {"source": "input", "lag": 0, "mask": [[1, 0], [0, 1]]}]}"#
          .utf8))
    #expect(try network.array(named: "lnl.x2.B").slots.count == 2)
    #expect(network.adjustableWeights.count == 2 + 4 + 2)
  }

  /// Every unit, alone and in a deep stack with others: derivatives by central differences.
  @Test func derivativesOfEveryUnitAndOfStacks() throws {
    let kinds = [
      "linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax", "reservoir",
      "state_space", "dense", "conv1d", "gate", "product", "versatile",
    ]
    let options = [
      "aif": #"{"leak": "adjust", "sharpness": "adjust"}"#, "conv1d": #"{"kernel": 2}"#,
    ]
    for (place, kind) in kinds.enumerated() {
      try checkDerivatives(
        inputs: 3, [(kind, options[kind] ?? "")], seed: UInt64(place), what: kind)
    }
    var stream = RandomStream(seed: 4, name: "stacks")
    for stack in 0..<20 {
      let chosen = (0..<3).map { _ in kinds[stream.integer(below: kinds.count)] }
        .filter { !["state_space", "reservoir", "conv1d"].contains($0) }
      if chosen.isEmpty { continue }
      try checkDerivatives(
        inputs: 2, chosen.map { ($0, "") }, seed: UInt64(stack), what: "stack \(stack) \(chosen)")
    }
  }

  private func checkDerivatives(
    inputs: Int, _ units: [(kind: String, options: String)], seed: UInt64, what: String
  ) throws {
    var network = try Network(inputs: inputs)
    var last: Int?
    for (kind, options) in units {
      let sources =
        last.map {
          #"{"sources": [{"source": \#($0), "lag": 0}, {"source": "self", "lag": 1}]}"#
        } ?? options
      let usable =
        kind == "dense" && last != nil
        ? #"{"sources": [{"source": \#(last ?? 0), "lag": 0}]}"# : sources
      last = try network.addUnit(kind, size: 3, options: Array(usable.utf8))
    }
    for array in network.arrays { try network.setFixed(array.name, [false]) }
    network.randomize(seed: seed)
    let steps = 8
    let count = steps * network.outputCount
    let sequences = try Build.sequences(
      network, lengths: [steps], inputs: Build.normal(steps * inputs, seed: seed),
      desired: Build.normal(count, seed: seed + 100))
    let problem = try Problem(network, sequences)
    let states = try problem.makeStates()
    let slots = network.slots.values
    let base = try problem.evaluate(slots, into: states).total
    let gradient = try problem.tune(states, isGuarded: false).gradient
    let scale = gradient.map(abs).max() ?? 0
    let h = 1e-6
    for k in slots.indices {
      var (up, down) = (slots, slots)
      up[k] += h
      down[k] -= h
      let difference =
        (try problem.evaluate(up, into: states).total
          - problem.evaluate(down, into: states).total) / (2 * h)
      #expect(
        abs(difference - gradient[k]) <= 1e-6 * (scale + base),
        "\(what), slot \(k): \(gradient[k]), by differences \(difference)")
    }
  }
}
