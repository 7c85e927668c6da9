import Backtune
import Testing

@testable import BacktuneNetwork

@Suite struct NetworkTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  @Test func unitsNameTheirGroupsAndWeights() throws {
    var network = try Network(inputs: 2)
    try network.addUnit("lnl", size: 3, options: Array("{\"leak\": \"adjust\"}".utf8))
    try network.addUnit("lnl", size: 3)
    let h = network.groups.count - 1
    try network.addUnit(
      "linear", name: "out", size: 1,
      options: Array(
        "{\"sources\": [{\"source\": \(h), \"lag\": 0}, {\"source\": \"input\", \"lag\": 0}]}".utf8)
    )
    #expect(
      network.groups.map(\.name) == ["lnl.x2", "lnl.x1", "lnl.x", "lnl2.x2", "lnl2.x", "out.x"])
    #expect(
      network.arrays.map(\.name) == [
        "lnl.x2.a", "lnl.x2.W", "lnl.x2.B", "lnl.x1.g", "lnl2.x2.a", "lnl2.x2.W", "lnl2.x2.B",
        "out.x.a", "out.x.W_lnl2", "out.x.B",
      ])
    #expect(network.outputs == [Observed(group: 5, count: 1)])
  }

  @Test func cycleAtLagZeroIsNamed() throws {
    var network = try Network(inputs: 1)
    let a = try network.addLearnware("a", size: 2)
    let b = try network.addFirmware("b", size: 2)
    let c = try network.addLearnware("c", size: 2)
    try network.addTerm(to: b, factors: [(.identity, Source(a, lag: 0))])
    try network.connect(Source(b, lag: 0), to: c, role: "W")
    let text = message { try network.connect(Source(c, lag: 0), to: a, role: "W") }
    #expect(
      text.contains("a -> ") && text.contains("b") && text.contains("c") && text.contains("cycle"))
    #expect(message { try network.connect(Source(a, lag: 0), to: a, role: "W") }.contains("cycle"))
    try network.connect(Source(c, lag: 1), to: a, role: "W")
    #expect(network.evaluationOrder == [a, b, c])
  }

  @Test func evaluationOrderFollowsLagZero() throws {
    var network = try Network(inputs: 1)
    let late = try network.addLearnware("late", size: 1)
    let early = try network.addLearnware("early", size: 1)
    try network.connect(Source(early, lag: 0), to: late, role: "W")
    try network.connect(Source(Network.input, lag: 0), to: early, role: "B")
    #expect(network.evaluationOrder == [early, late])
  }

  @Test func messagesSayWhatWasExpected() throws {
    var network = try Network(inputs: 1)
    let v = try network.addLearnware("v", size: 3)
    let f = try network.addFirmware("f", size: 2)
    let cases: [(String, () throws -> Void)] = [
      ("expected one of linear, lnl, sparse_lnl", { _ = try network.addUnit("lnk", size: 2) }),
      (
        "unknown option 'leek', expected one of activation, leak, time_constant",
        {
          _ = try network.addUnit("lnl", size: 2, options: Array("{\"leek\": 1}".utf8))
        }
      ),
      (
        "option leak of unit lnl: 1.5 came",
        {
          _ = try network.addUnit("lnl", size: 2, options: Array("{\"leak\": 1.5}".utf8))
        }
      ),
      (
        "not a JSON object", { _ = try network.addUnit("lnl", size: 2, options: Array("[1]".utf8)) }
      ),
      ("size is 0", { _ = try network.addUnit("lnl", size: 0) }),
      ("memory budget", { _ = try network.addUnit("lnl", size: 1 << 40) }),
      ("memory budget", { _ = try Network(inputs: 1 << 62) }),
      ("a dimension is -1", { _ = try Network(inputs: -1) }),
      ("there is a group of that name already", { try network.addFirmware("v", size: 1) }),
      ("group 9 does not exist", { try network.connect(Source(9, lag: 1), to: v, role: "W") }),
      (
        "is firmware, expected learnware",
        { try network.connect(Source(v, lag: 1), to: f, role: "W") }
      ),
      ("is learnware, expected firmware", { try network.addTerm(to: v) }),
      (
        "diagonal",
        {
          try network.connect(Source(f, lag: 1), to: v, form: .diagonal, role: "W")
        }
      ),
      ("lag of source v: -1", { try network.connect(Source(v, lag: -1), to: v, role: "W") }),
      (
        "size 3, expected 2 or 1",
        {
          try network.addTerm(to: f, factors: [(.identity, Source(v, lag: 1))])
        }
      ),
      ("slot 1 is used nowhere", { try network.addBias(to: v, index: [0, 2, 2]) }),
      ("expected a finite number", { try network.addTerm(to: f, coefficient: .nan) }),
      ("unknown name 'sin'", { _ = try ScalarFunction("sin") }),
      ("expected a < b", { _ = try ScalarFunction("zeta", [1, 1]) }),
      ("eps is 0.0", { _ = try ScalarFunction("softplus", [0]) }),
      ("2 parameters came, expected 1 (w)", { _ = try ScalarFunction("upsilon", [1, 2]) }),
      ("2 parameters came, expected 0", { _ = try ScalarFunction("tanh", [0, 1]) }),
      ("one of tanh, zeta01, identity", { _ = try ScalarFunction("sinh") }),
      ("expected 1 to 3", { try network.observe([Observed(group: v, count: 4)]) }),
      (
        "named twice",
        {
          try network.observe([Observed(group: v, count: 1), Observed(group: v, count: 1)])
        }
      ),
      ("no group came", { try network.observe([]) }),
    ]
    for (fragment, body) in cases {
      let text = message(body)
      #expect(text.contains(fragment), "'\(text)' does not say '\(fragment)'")
    }
    #expect(try ScalarFunction("tanh") == .tanh && ScalarFunction("zeta01") == .zeta01)
    // Nothing of all this has changed the network.
    #expect(network.groups.map(\.name) == ["v", "f"] && network.arrays.isEmpty)
  }

  /// Where weights come from, slot by slot: what is fixed does not count.
  @Test func weightsKnowWhereTheyComeFrom() throws {
    var network = try Network(inputs: 1)
    try network.addUnit("reservoir", size: 6)
    #expect(network.weightOrigin == .untouched)
    var freed = network
    try freed.setFixed("reservoir.x2.W", [false])
    #expect(freed.weightOrigin == .set)
    network.randomize(seed: .max)
    #expect(network.weightOrigin == .drawn(seed: .max))
    // Fixed weights were not drawn; those that were fixed later are.
    freed = network
    try freed.setFixed("reservoir.x2.W", [false])
    #expect(freed.weightOrigin == .set)
    freed = network
    try freed.setFixed("reservoir.y.W", [true])
    try freed.setFixed("reservoir.y.W", [false])
    #expect(freed.weightOrigin == .drawn(seed: .max))
    // An earlier draw is not the last one.
    try freed.setFixed("reservoir.y.W", [true])
    freed.randomize(seed: 1)
    #expect(freed.weightOrigin == .drawn(seed: 1))
    try freed.setFixed("reservoir.y.W", [false])
    #expect(freed.weightOrigin == .set)
    // Another unit has weights that nobody drew, until they are.
    try network.addUnit("linear", size: 1)
    #expect(network.weightOrigin == .set)
    #expect(try Network(json: try network.json()).weightOrigin == .set)
    network.randomize(seed: 2)
    #expect(try Network(json: try network.json()).weightOrigin == .drawn(seed: 2))
    let empty = try Network(inputs: 1)
    #expect(empty.weightOrigin == .set)
  }

  @Test func weightsHaveBoundsAndFixedFlags() throws {
    var network = try Build.network(
      "lnl", size: 3, options: "{\"leak\": \"adjust\", \"mask\": [[1,0,1],[0,1,0],[1,1,0]]}")
    #expect(network.adjustableWeights.count == 3 + 5 + 3 + 3)
    #expect(try network.weights("lnl.x2.W").filter { $0 == 0 }.count == 4)
    #expect(message { try network.setWeights("lnl.x1.g", [0.5, 1.2, 0]) }.contains("[0.0, 0.999]"))
    #expect(message { try network.setWeights("lnl.x2.a", [0, .nan, 0]) }.contains("lnl.x2.a[1]"))
    #expect(
      message { try network.setWeights("lnl.x2.W", Array(repeating: 1, count: 9)) }
        .contains("no connection"))
    #expect(message { try network.setWeights("lnl.x2.V", []) }.contains("lnl.x2.W"))
    #expect(
      message { try network.setBounds("lnl.x2.a", lower: [1], upper: [0]) }.contains(
        "lower <= upper"))
    try network.setBounds("lnl.x2.a", lower: [0], upper: [0.25])
    try network.setWeights("lnl.x2.a", [0, 0.1, 0.25])
    try network.setFixed("lnl.x2.W", [true])
    #expect(network.adjustableWeights.count == 9)
    try network.setAdjustableWeights(Array(repeating: 0.2, count: 9))
    #expect(try network.weights("lnl.x2.a") == [0.2, 0.2, 0.2])
    #expect(message { try network.setAdjustableWeights([1]) }.contains("expected 9"))
  }

  @Test func randomizeIsSeededAndLeavesFixedWeights() throws {
    let options = "{\"leak\": \"adjust\"}"
    let a = try Build.network("lnl", size: 40, options: options, seed: 5)
    let b = try Build.network("lnl", size: 40, options: options, seed: 5)
    let c = try Build.network("lnl", size: 40, options: options, seed: 6)
    #expect(a.slots == b.slots)
    #expect(a.slots != c.slots)
    let w = try a.weights("lnl.x2.W")
    let deviation = (w.reduce(0) { $0 + $1 * $1 } / Double(w.count)).squareRoot()
    #expect(abs(deviation / (0.5 / 41.0.squareRoot()) - 1) < 0.1)
    #expect(try a.weights("lnl.x1.g").allSatisfy { $0 >= 0 && $0 <= 0.5 })
    var fixed = a
    try fixed.setFixed("lnl.x2.W", [true])
    fixed.randomize(seed: 6)
    #expect(try fixed.weights("lnl.x2.W") == w)
    #expect(try fixed.weights("lnl.x2.B") == c.weights("lnl.x2.B"))
    // Excitatory weights stay so, and are not piled up at 0.
    var signed = a
    try signed.setBounds("lnl.x2.W", lower: [0], upper: [.infinity])
    signed.randomize(seed: 7)
    #expect(try signed.weights("lnl.x2.W").allSatisfy { $0 > 0 })
  }

  @Test(arguments: Array(UInt64(0)..<40)) func jsonReadsBackToTheSameBits(seed: UInt64) throws {
    let network = try RandomCase(seed: seed).network
    let text = try network.json()
    let again = try Network(json: text)
    #expect(again.slots == network.slots, "seed \(seed)")
    #expect(again.arrays.map(\.name) == network.arrays.map(\.name))
    #expect(again.outputs == network.outputs)
    #expect(try again.json() == text)
    let steps = 6
    let inputs = Build.normal(steps * network.inputs, seed: seed)
    #expect(
      try Build.simulate(again, lengths: [steps], inputs: inputs).states
        == Build.simulate(network, lengths: [steps], inputs: inputs).states)
  }

  @Test func jsonThatIsNoNetwork() throws {
    let good = String(decoding: try Build.network("lnl", size: 2).json(), as: UTF8.self)
    let cases = [
      ("", "network JSON"), ("{}", "is missing"), ("[1, 2]", "network JSON"),
      (String(good.dropLast(5)), "network JSON"), (good + "x", "network JSON"),
      (good.replacing("backtune-network", with: "other"), "format is 'other'"),
      (good.replacing("\"version\":2", with: "\"version\":4"), "version is 4"),
      (good.replacing("\"inputs\":1", with: "\"inputs\":-1"), "a dimension is -1"),
      (good.replacing("\"inputs\":1", with: "\"inputs\":4611686018427387904"), "memory budget"),
      (good.replacing("\"kind\":\"learnware\"", with: "\"kind\":\"other\""), "kind is 'other'"),
      (good.replacing("\"form\":\"dense\"", with: "\"form\":\"odd\""), "form is 'odd'"),
      (good.replacing("\"lag\":1", with: "\"lag\":0"), "cycle"),
      (good.replacing("\"source\":\"lnl.x\"", with: "\"source\":\"nobody\""), "'nobody'"),
      (String(repeating: "[", count: 100_000), "network JSON"),
    ]
    for (text, fragment) in cases {
      let said = message { _ = try Network(json: Array(text.utf8)) }
      #expect(said.contains(fragment), "\(text.prefix(60)): '\(said)' does not say '\(fragment)'")
    }
  }
}
