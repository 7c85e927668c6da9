import Backtune
import Testing

@testable import BacktuneNetwork

/// Units as Swift values: the networks that options in JSON make, and what is refused.
@Suite struct TypedUnitTests {
  private static func text(_ unit: some Unit) throws -> String {
    var network = try Network(inputs: 4)
    try network.add(unit, name: "u")
    return String(decoding: try network.json(), as: UTF8.self)
  }

  private static func text(_ kind: String, size: Int, _ options: String) throws -> String {
    var network = try Network(inputs: 4)
    try network.addUnit(kind, name: "u", size: size, options: Array(options.utf8))
    return String(decoding: try network.json(), as: UTF8.self)
  }

  /// Every kind with its defaults.
  private static let usual: [any Unit] = [
    Linear(3), LNL(3), SparseLNL(3), LSTM(3), GRU(3), StronglyTyped(3), AIF(3), Softmax(3),
    Reservoir(3, recurrence: .full), StateSpace(3), Dense(3), Convolution(3), Gate(3), Product(3),
    Versatile(3),
  ]

  @Test func defaultsAreThoseOfOptions() throws {
    #expect(Self.usual.map { type(of: $0).kind } == Units.all.map { $0.kind })
    for unit in Self.usual {
      let kind = type(of: unit).kind
      let options = kind == "reservoir" ? #"{"density": 1}"# : ""
      #expect(try Self.text(unit) == (try Self.text(kind, size: 3, options)), "\(kind)")
    }
    #expect(try Self.text(Reservoir(40)) == (try Self.text("reservoir", size: 40, "")))
  }

  /// What is said of every kind is there, whole sentences, and its example is a unit of that kind.
  @Test func whatUsersReadIsThere() throws {
    for type in Units.all {
      let text = type.document
      #expect(text.kind == type.kind && text.summary.count < 85 && !text.text.hasSuffix("."))
      for sentences in [text.notes, text.size, text.output] + text.options.map(\.text) {
        #expect(sentences.hasSuffix("."), "\(type.kind): \(sentences)")
        #expect(sentences.count { $0 == "`" } % 2 == 0, "\(type.kind): \(sentences)")
      }
      #expect(text.options.last?.name == "initial")
      #expect(Set(text.options.map(\.name)).count == text.options.count)
      let example = text.example
      var network = try Network(inputs: example.inputs)
      let output = try network.addUnit(
        type.kind, size: example.size, options: Array(example.options.utf8))
      #expect(network.groups[output].name.hasPrefix("\(type.kind)."))
      // Every group that it makes is named, but those of the example's choice.
      for group in network.groups where type.kind != "versatile" {
        let name = group.name.split(separator: ".")[1]
        #expect(text.notes.contains("`\(name)`") || type.kind == "sparse_lnl", "\(group.name)")
      }
    }
  }

  @Test func optionsAreThoseOfInitialisers() throws {
    let mask = [[true, false, false], [true, true, false], [false, false, true]]
    let cases: [(any Unit, String)] = [
      (LNL(3, activation: .tanh, leak: .adjustable), #"{"activation": "tanh", "leak": "adjust"}"#),
      (LNL(3, leak: .constant(0.25), bias: false), #"{"leak": 0.25, "bias": false}"#),
      (LNL(3, leak: .timeConstant(10, step: 2.5)), #"{"time_constant": 10, "dt": 2.5}"#),
      (LNL(3, leak: .timeConstant(1)), #"{"leak": 0}"#),
      (LNL(3, recurrence: .mask(mask)), #"{"mask": [[1, 0, 0], [1, 1, 0], [0, 0, 1]]}"#),
      (LNL(3, recurrence: .random(density: 0.4, seed: 7)), #"{"density": 0.4, "seed": 7}"#),
      (
        LNL(3, activation: .zeta(a: -2, b: 2)),
        #"{"activation": {"name": "zeta", "a": -2, "b": 2}}"#
      ),
      (
        LNL(3, sources: [.itself(lag: 2), .input(lag: 0)]),
        #"{"sources": [{"source": "self", "lag": 2}, {"source": "input", "lag": 0}]}"#
      ),
      (SparseLNL(3, inputLag: 0), #"{"input_lag": 0}"#),
      (SparseLNL(3, recurrence: .random(density: 0.7)), #"{"density": 0.7}"#),
      (Linear(3, range: 3, inputLag: 2), #"{"range": 3, "input_lag": 2}"#),
      (LSTM(3, peephole: true, profile: .logistic), #"{"peephole": true, "profile": "logistic"}"#),
      (GRU(3, bias: false, profile: .logistic), #"{"bias": false, "profile": "logistic"}"#),
      (StronglyTyped(3, recurrence: .random(density: 0)), #"{"density": 0}"#),
      (AIF(3, leak: .none, sharpness: .adjustable), #"{"leak": 0, "sharpness": "adjust"}"#),
      (
        LNL(3, leak: .adjustable, feedback: .measured),
        #"{"leak": "adjust", "feedback": "measured"}"#
      ),
      (AIF(3, feedback: .measured), #"{"feedback": "measured"}"#),
      (
        AIF(3, sharpness: .adjustable, feedback: .spikes),
        #"{"sharpness": "adjust", "feedback": "spikes"}"#
      ),
      (AIF(3, leak: .adjustable, sharpness: .constant(2)), #"{"leak": "adjust", "sharpness": 2}"#),
      (Softmax(3, temperature: 0.5), #"{"temperature": 0.5}"#),
      (
        Reservoir(3, outputs: 2, spectralRadius: 0, inputScaling: 3, seed: .max),
        #"{"outputs": 2, "spectral_radius": 0, "input_scaling": 3, "seed": 18446744073709551615}"#
      ),
      (
        Reservoir(3, recurrence: .full, feedback: .measured, feedbackScaling: 0.5),
        #"{"density": 1, "feedback": "measured", "feedback_scaling": 0.5}"#
      ),
      (StateSpace(3, hidden: 0, outputs: 2), #"{"hidden": 0, "outputs": 2}"#),
      (StateSpace(3, feedback: .measured), #"{"feedback": "measured"}"#),
      (StateSpace(3, activation: .tanh, degree: 1), ""),
      (
        StateSpace(3, hidden: 2, activation: .identity, degree: 3),
        #"{"hidden": 2, "activation": "identity", "degree": 3}"#
      ),
      (
        StateSpace(3, activation: .softplus(eps: 1)),
        #"{"activation": {"name": "softplus", "eps": 1}}"#
      ),
      (
        Dense(3, activation: .softplus(eps: 0.5)),
        #"{"activation": {"name": "softplus", "eps": 0.5}}"#
      ),
      (Convolution(3, kernel: 2, channels: 2), #"{"kernel": 2, "channels": 2}"#),
      (
        Gate(3, valueSources: [.input(lag: 1)]),
        #"{"value_sources": [{"source": "input", "lag": 1}]}"#
      ),
      (Product(3, inputLag: 3), #"{"input_lag": 3}"#),
      (Versatile(3, functions: [.square, .tanh]), #"{"functions": ["square", "tanh"]}"#),
    ]
    for (unit, options) in cases {
      let kind = type(of: unit).kind
      #expect(try Self.text(unit) == (try Self.text(kind, size: 3, options)), "\(kind) \(options)")
    }
  }

  /// Nothing that a property can hold ends the process.
  @Test func whatIsNotAllowedIsNamed() throws {
    let cases: [(any Unit, String)] = [
      (LNL(0), "unit lnl: size is 0"), (Linear(-1), "unit linear: size is -1"),
      (SparseLNL(.min), "size is -"), (Reservoir(-5), "size is -5"),
      (LNL(2, leak: .constant(1)), "leak of unit lnl: 1.0 came, expected a number in [0, 0.999]"),
      (LNL(2, leak: .constant(.nan)), "leak of unit lnl: nan came"),
      (LNL(2, leak: .timeConstant(0.5)), "time_constant of unit lnl: 0.5 came"),
      (LNL(2, leak: .timeConstant(5, step: 0)), "dt of unit lnl: 0.0 came"),
      (LNL(2, activation: .zeta(a: 1, b: 0)), "zeta: a is 1.0"),
      (LNL(2, activation: .softplus(eps: .nan)), "softplus: eps is nan"),
      (LNL(2, inputLag: -1), "input_lag of unit lnl: -1.0 came"),
      (LNL(2, sources: [.itself(lag: .min)]), "lag -9223372036854775808 came"),
      (LNL(2, sources: [.group(17, lag: 1)]), "group 17 does not exist"),
      (LNL(2, sources: [.group(.max, lag: 1)]), "does not exist"),
      (LNL(2, sources: [.group(named: "nobody", lag: 1)]), "'nobody'"),
      (LNL(2, sources: [.input(lag: 1), .input(lag: 1)]), "stands twice"),
      (LNL(2, sources: [.itself(lag: 0)]), "cycle"),
      (LNL(2, sources: [.input(lag: 0).masked([[true]])]), "2 rows"),
      (LNL(2, recurrence: .mask([[true]])), "expected 2 rows of 2"),
      (LNL(2, recurrence: .random(density: 1.5)), "density of unit lnl: 1.5 came"),
      (Linear(2, range: 0), "range of unit linear: 0.0 came"),
      (Linear(2, range: .max), "range of unit linear"), (Linear(2, range: .min), "range"),
      (AIF(2, sharpness: .constant(101)), "sharpness of unit aif: 101.0 came"),
      (AIF(2, sources: [.itself(lag: 0)]), "own spikes at lag 0"),
      (AIF(2, sources: [.itself(lag: .min)]), "lag -9223372036854775808 came"),
      (Softmax(2, temperature: 0), "temperature of unit softmax: 0.0 came"),
      (Reservoir(2, outputs: 0), "outputs of unit reservoir"),
      (Reservoir(2, spectralRadius: -1), "spectral_radius of unit reservoir: -1.0 came"),
      (Reservoir(2, recurrence: .random(density: 0)), "form no cycle"),
      (Reservoir(2, feedbackScaling: -1), "feedback_scaling of unit reservoir: -1.0 came"),
      (StateSpace(2, hidden: -1), "hidden of unit state_space: -1.0 came"),
      (StateSpace(2, degree: 0), "unit state_space: 0.0 came, expected an integer of 1 to 9"),
      (StateSpace(2, degree: .max), "degree of unit state_space: "),
      (StateSpace(2, hidden: 0, degree: 10), "degree of unit state_space: 10.0 came"),
      (StateSpace(2, activation: .softplus(eps: 0)), "softplus: eps is 0.0"),
      (Convolution(2, kernel: 9), "a source of 4 nodes"), (Convolution(2, channels: 0), "channels"),
      (Versatile(2, functions: []), "functions of unit versatile"),
    ]
    for (unit, fragment) in cases {
      var network = try Network(inputs: 4)
      let error = #expect(throws: BacktuneError.self) { try network.add(unit) }
      let said = error.map { "\($0)" } ?? ""
      #expect(said.contains(fragment), "\(type(of: unit).kind): '\(said)', expected '\(fragment)'")
      #expect(network.groups.isEmpty)
    }
  }

  @Test func functionsOfTermsAreChecked() throws {
    var network = try Network(inputs: 1)
    let x = try network.addFirmware("x", size: 1)
    let factor = (ScalarFunction.zeta(a: 1, b: 1), Source(Network.input, lag: 0))
    #expect(throws: BacktuneError.self) { try network.addTerm(to: x, factors: [factor]) }
    try network.addTerm(to: x)
    #expect(throws: BacktuneError.self) {
      try network.addFactor(
        .softplus(eps: -1), of: Source(Network.input, lag: 0), toTerm: 0, of: x)
    }
  }

  /// A unit of one's own, of other units and a group.
  private struct Stack: Unit {
    static let kind = "stack"
    let size: Int

    func build(in network: inout Network, name: String) throws -> GroupID {
      let h = try network.add(
        LNL(size, activation: .tanh, leak: .adjustable), name: "\(name).hidden", initial: .learn)
      return try network.add(Linear(1, sources: [.group(h, lag: 0)]), name: "\(name).out")
    }
  }

  @Test func unitsOfOnesOwn() throws {
    var network = try Network(inputs: 1)
    let first = try network.add(Stack(size: 3))
    let second = try network.add(Stack(size: 2))
    #expect(network.groups[first].name == "stack.out.x")
    #expect(network.groups[second].name == "stack2.out.x")
    #expect(network.outputs == [Observed(group: second, count: 1)])
    #expect(try network.array(named: "stack.out.x.W_stack.hidden").shape == [1, 3])
    #expect(try network.array(named: "stack2.hidden.x.x0").shape == [2])
    let before = network.groups.count
    #expect(throws: BacktuneError.self) { try network.add(Stack(size: 0)) }
    #expect(network.groups.count == before)
  }

  @Test func spikesMayHaveMasks() throws {
    var network = try Network(inputs: 1)
    let mask = [[true, false], [false, true]]
    try network.add(AIF(2, sources: [.itself(lag: 1).masked(mask)]))
    #expect(try network.array(named: "aif.x.W").entries == [0, 3])
  }

  /// What C and Python are told of a unit makes the unit that is made without being told.
  @Test func documentsSayTheDefaults() throws {
    for type in Units.all {
      let document = type.document
      var options = try JSONOptions(json: Units.optionsJSON(of: type.kind), of: "test")
      guard case .list(let rows)? = options.take("options") else {
        Issue.record("\(type.kind): no options")
        continue
      }
      #expect(rows.count == document.options.count)
      #expect(document.options.allSatisfy { !$0.text.isEmpty })
      #expect(Set(document.options.map(\.name)).count == document.options.count)
    }
    let rows = LNL.document.options
    let leak = try #require(rows.first { $0.name == "leak" })
    #expect(leak.usual == .number(0) && leak.words == ["adjust"] && leak.most == 0.999)
    let hidden = try #require(StateSpace.document.options.first { $0.name == "hidden" })
    #expect(hidden.usual == .null && hidden.type == "integer" && hidden.least == 0)
    #expect(throws: BacktuneError.self) { try Units.optionsJSON(of: "nosuch") }
  }
}
