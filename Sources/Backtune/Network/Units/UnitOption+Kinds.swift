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
      name: "activation", type: "function", text: "The function f.", form: ScalarFunction.objects,
      words: ScalarFunction.words)
    return Self(rows: [row]) { options, owner in
      owner[keyPath: path] = try options.activation("activation", default: owner[keyPath: path])
    } encode: {
      [$0[keyPath: path].option]
    }
  }

  static func functions(_ path: WritableKeyPath<Owner, [ScalarFunction]>) -> Self {
    let row = OptionRow(
      name: "functions", type: "functions", text: "The f_k, one or more.",
      form: "a list; each \(ScalarFunction.objects)", words: ScalarFunction.words)
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
    flag("bias", path, "Whether linear combinations have a bias a, one weight a node.")
  }

  static func profile(_ path: WritableKeyPath<Owner, GateProfile>) -> Self {
    word(
      "profile", path,
      "The function k of gates: zeta01(u) = 1/(1+exp(-4u)), or 1/(1+exp(-u)) as in other libraries."
    )
  }

  static func lag(_ name: String, _ path: WritableKeyPath<Owner, Int>, _ text: String) -> Self {
    integer(name, path, text, least: 0, most: Network.maximalLag)
  }

  /// Sources, nil where those are usual that `otherwise` tells.
  static func sources(
    _ path: WritableKeyPath<Owner, [UnitSource]?>, name: String = "sources", otherwise: String
  ) -> Self {
    let text = """
      What it reads, instead of \(otherwise). Each source has weights of its own: W from the unit itself, B from the \
      input, `W_unit` from another unit, the lag added where a source stands with several.
      """
    let form =
      "a list of {source, lag, mask}; source is 'self', 'input', or the name or number of a group"
    let row = OptionRow(name: name, type: "sources", text: text, form: form)
    return Self(rows: [row]) { options, owner in
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
      .lag("input_lag", lag, "Lag of the network input, in time steps."),
      sources(path, otherwise: "itself one time step ago and the network input at `input_lag`"),
    ]
  }

  static func leak(_ path: WritableKeyPath<Owner, Leak>) -> Self {
    let rows = [
      OptionRow(
        name: "leak", type: "number",
        text: "The g of the leak, 0 for none, or `adjust`: one weight a node in that range.",
        least: 0,
        most: Leak.largest, words: ["adjust"]),
      OptionRow(
        name: "time_constant", type: "number",
        text:
          "Instead of a leak: tau, from dt to 1000 dt, of g = 1 - dt/tau (footnote 13 of RR-9100).",
        least: 0),
      OptionRow(
        name: "dt", type: "number",
        text:
          "Duration of a time step, more than 0, in the unit of `time_constant`, with which it comes.",
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
      text: "The slope w of the spikes, or `adjust`: one weight a node in that range.",
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
        text: "The recurrent connections there are: N rows of N values 0 or 1.",
        form: "a list of rows"),
      OptionRow(
        name: "density", type: "number",
        text: """
          Instead of a mask: the part of the recurrent connections that there is, drawn at \
          random\(usual.map { "; \($0) by default" } ?? ""). Every node has round(density N) of them, one at least \
          where the density is above 0, none where it is 0.
          """,
        least: 0, most: 1),
      OptionRow(
        name: "seed", type: "integer",
        text: "Of the draw of connections\(seed == nil ? "" : " and weights"), up to 2^64 - 1.",
        least: 0,
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
      text: """
        Values before t = 0: zero, or `learn`: adjustable weights `group.x0` of all groups of the unit that are read at \
        a past time, the same for all sequences. A unit that reads no past has none.
        """,
      words: InitialValues.allCases.map(\.rawValue), usual: .text(InitialValues.zero.rawValue))
  }
}

/// Values of properties as options give them.
extension ScalarFunction {
  /// Names without parameters.
  static var words: [String] {
    aliases.map(\.name) + table.filter { $0.parameters.isEmpty }.map(\.name)
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
