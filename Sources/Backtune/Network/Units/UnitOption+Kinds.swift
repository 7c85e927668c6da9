import BacktuneNumerics

/// Options of one property each.
extension UnitOption {
  static func flag(
    _ name: String, _ path: WritableKeyPath<Owner, Bool>, _ text: String
  ) -> Self {
    Self(rows: [OptionRow(name: name, type: "boolean", text: text)]) { options, owner in
      owner[keyPath: path] = try options.bool(name, default: owner[keyPath: path])
    } encode: {
      [.bool($0[keyPath: path])]
    }
  }

  static func integer(
    _ name: String, _ path: WritableKeyPath<Owner, Int>, _ text: String, least: Int,
    most: Int = .max
  ) -> Self {
    var row = OptionRow(name: name, type: "integer", text: text, least: Double(least))
    if most != .max { row.most = Double(most) }
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.integer(
        name, default: owner[keyPath: path], least: least, most: most)
    } encode: {
      [JSONValue(integer: Int128($0[keyPath: path]))]
    }
  }

  static func number(
    _ name: String, _ path: WritableKeyPath<Owner, Double>, _ text: String,
    in range: ClosedRange<Double>
  ) -> Self {
    let row = OptionRow(
      name: name, type: "number", text: text, least: range.lowerBound, most: range.upperBound)
    return Self(rows: [row]) { options, owner in
      if let value = try options.number(name, in: range) { owner[keyPath: path] = value }
    } encode: {
      [.number($0[keyPath: path])]
    }
  }

  static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ path: WritableKeyPath<Owner, Word>, _ text: String
  ) -> Self {
    let words = Word.allCases.map(\.rawValue)
    let row = OptionRow(name: name, type: "text", text: text, words: words)
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.word(name, default: owner[keyPath: path])
    } encode: {
      [.text($0[keyPath: path].rawValue)]
    }
  }

  static func activation(_ path: WritableKeyPath<Owner, ScalarFunction>) -> Self {
    let row = OptionRow(
      name: "activation", type: "function", text: "the function f; \(ScalarFunction.objects)",
      words: ScalarFunction.words)
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.activation("activation", default: owner[keyPath: path])
    } encode: {
      [$0[keyPath: path].option]
    }
  }

  static func functions(_ path: WritableKeyPath<Owner, [ScalarFunction]>) -> Self {
    let row = OptionRow(
      name: "functions", type: "functions", text: "the f_k, one or more; \(ScalarFunction.objects)",
      words: ScalarFunction.words)
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.functions("functions", default: owner[keyPath: path])
    } encode: {
      [.list($0[keyPath: path].map(\.option))]
    }
  }
}

/// Options that several units have.
extension UnitOption {
  static func bias(_ path: WritableKeyPath<Owner, Bool>) -> Self {
    flag("bias", path, "whether linear combinations have a bias a, one weight a node")
  }

  static func profile(_ path: WritableKeyPath<Owner, GateProfile>) -> Self {
    word("profile", path, "of gates: zeta01, or 1/(1+exp(-u)) as in other libraries")
  }

  static func feedback(_ path: WritableKeyPath<Owner, OutputFeedback>, of role: String) -> Self {
    word(
      "feedback", path,
      "measured: \(role) reads K m too, m what was measured of y one time step ago, y itself where nothing was"
    )
  }

  static func lag(_ name: String, _ path: WritableKeyPath<Owner, Int>, _ text: String) -> Self {
    integer(name, path, text, least: 0, most: Network.maximalLag)
  }

  static func pastFeedback(_ path: WritableKeyPath<Owner, PastFeedback>) -> Self {
    word(
      "feedback", path, "what it reads of its own past: own values, or what was measured of them")
  }

  /// Sources, nil where those are usual that `otherwise` tells.
  static func sources(
    _ path: WritableKeyPath<Owner, [UnitSource]?>, name: String = "sources", otherwise: String
  ) -> Self {
    let text =
      "what it reads, instead of \(otherwise): a list of {source, lag, mask}; source is 'self', 'input', or the name or number of a group"
    return Self(rows: [OptionRow(name: name, type: "sources", text: text)]) { options, owner in
      owner[keyPath: path] = try options.sources(name) ?? owner[keyPath: path]
    } encode: {
      [$0[keyPath: path].map { .list($0.map(\.option)) } ?? .null]
    }
  }

  /// `input_lag` and `sources` of a recurrent unit.
  static func recurrentSources(
    _ path: WritableKeyPath<Owner, [UnitSource]?>, lag: WritableKeyPath<Owner, Int>
  ) -> [Self] {
    [
      .lag("input_lag", lag, "lag of the network input, in time steps"),
      sources(path, otherwise: "itself one time step ago and the input at input_lag"),
    ]
  }

  static func leak(_ path: WritableKeyPath<Owner, Leak>) -> Self {
    let rows = [
      OptionRow(
        name: "leak", type: "number",
        text: "g of g x(t-1); 0: none; 'adjust': one weight a node in that range", least: 0,
        most: Leak.largest, words: ["adjust"]),
      OptionRow(
        name: "time_constant", type: "number",
        text: "instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau", least: 0),
      OptionRow(
        name: "dt", type: "number", text: "duration of a time step, in the unit of time_constant",
        least: 0, usual: .number(Leak.usualStep)),
    ]
    return Self(rows: rows) { options, owner in
      owner[keyPath: path] = try options.leak(default: owner[keyPath: path])
    } encode: {
      switch $0[keyPath: path] {
      case .none: [.number(0), .null, .null]
      case .constant(let g): [.number(g), .null, .null]
      case .adjustable: [.text("adjust"), .null, .null]
      case .timeConstant(let tau, let step): [.null, .number(tau), .number(step)]
      }
    }
  }

  static func sharpness(_ path: WritableKeyPath<Owner, Sharpness>) -> Self {
    let row = OptionRow(
      name: "sharpness", type: "number",
      text: "slope w of the spikes; 'adjust': one weight a node in that range",
      least: Sharpness.range.lowerBound, most: Sharpness.range.upperBound, words: ["adjust"])
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.sharpness(default: owner[keyPath: path])
    } encode: {
      switch $0[keyPath: path] {
      case .constant(let w): [.number(w)]
      case .adjustable: [.text("adjust")]
      }
    }
  }

  /// - Parameters:
  ///   - usual: what part of the connections there is without either mask or density; nil where the default says it.
  ///   - seed: what is drawn with the same seed.
  static func recurrence(
    _ path: WritableKeyPath<Owner, Recurrence>, usual: String? = "all",
    seed: WritableKeyPath<Owner, UInt64>? = nil
  ) -> Self {
    let rows = [
      OptionRow(
        name: "mask", type: "mask",
        text: "rows of 0 and 1, one a node: the recurrent connections there are"),
      OptionRow(
        name: "density", type: "number",
        text: "instead of a mask: the part of them that there is, drawn at random"
          + (usual.map { "; \($0) by default" } ?? ""),
        least: 0, most: 1),
      OptionRow(
        name: "seed", type: "integer", text: "of what is drawn, up to 2^64 - 1", least: 0,
        usual: JSONValue(integer: Int128(Recurrence.usualSeed))),
    ]
    return Self(rows: rows) { options, owner in
      let came = try options.recurrence(default: owner[keyPath: path])
      owner[keyPath: path] = came.0
      if let seed { owner[keyPath: seed] = came.seed }
    } encode: {
      switch $0[keyPath: path] {
      // Any mask is allowed, once its shape is.
      case .full, .mask: [.null, .null, .null]
      case .random(let density, let seed):
        [.null, .number(density), JSONValue(integer: Int128(seed))]
      }
    }
  }
}

extension OptionRow {
  /// The option that every unit has.
  static var initial: OptionRow {
    OptionRow(
      name: "initial", type: "text",
      text: "values before t = 0: zero, or adjustable weights group.x0 of all that is read back",
      words: InitialValues.allCases.map(\.rawValue), usual: .text(InitialValues.zero.rawValue))
  }
}

/// Values of properties as options give them.
extension JSONValue {
  init(integer: Int128) {
    let number = Double(integer)
    self = Int128(exactly: number) == integer ? .number(number) : .integer(integer)
  }
}

extension ScalarFunction {
  /// Names without parameters.
  static var words: [String] {
    ["tanh", "zeta01"] + table.filter { $0.parameters.isEmpty }.map(\.name)
  }

  /// What is said of the others.
  static var objects: String {
    let known = table.filter { !$0.parameters.isEmpty }
      .map { "\($0.name) (\($0.parameters.joined(separator: ", ")))" }.joined(separator: ", ")
    return "a name, or an object with the name and the parameters of \(known)"
  }

  var option: JSONValue {
    switch self {
    case .tanh: return .text("tanh")
    case .zeta01: return .text("zeta01")
    default:
      guard let row = Self.table.first(where: { $0.name == name }), !row.parameters.isEmpty else {
        return .text(name)
      }
      var object = Dictionary(
        uniqueKeysWithValues: zip(row.parameters, parameters.map { JSONValue.number($0) }))
      object["name"] = .text(name)
      return .object(object)
    }
  }
}

extension UnitSource {
  /// Without its mask: any is allowed, once its shape is.
  var option: JSONValue {
    let source: JSONValue =
      switch place {
      case .itself: .text("self")
      case .input: .text("input")
      case .named(let name): .text(name)
      case .id(let id): JSONValue(integer: Int128(id))
      }
    return .object(["source": source, "lag": JSONValue(integer: Int128(lag))])
  }
}
