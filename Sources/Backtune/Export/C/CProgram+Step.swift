import BacktuneNetwork

/// The step of a C program.
extension CProgram {
  private typealias Reference = Equations.Reference

  var step: String {
    var body = declarations
    for place in equations.signals.indices.dropFirst() {
      body += ["", "/* \(CNames.comment(equations.text(of: place))) */"] + statements(of: place)
    }
    body += ["", "/* What the next steps read. */"] + keeping + [""] + writing
    if !reads(0) { body.append("(void)u;") }
    if past.isEmpty && given.isEmpty && !isLarge { body.append("(void)state;") }
    return function("void \(prefix)_step\(stepArguments)", body)
  }

  /// Whether anything reads the values of a signal at the present, or keeps them.
  private func reads(_ place: Int) -> Bool {
    let signal = equations.signals[place]
    if signal.size == 0 { return false }
    return signal.depth > 0
      || equations.signals.contains {
        $0.equation.sources.contains(.init(signal: place, lag: 0))
      }
  }

  private var declarations: [String] {
    var lines: [String] = []
    for (place, signal) in equations.signals.enumerated().dropFirst() {
      let name = names[place].value
      lines.append(
        isLarge
          ? "\(real) *const \(name) = state->\(names[place].now);"
          : "\(real) \(name)[\(signal.size)];")
    }
    for place in past {
      for (lag, row) in names[place].rows.sorted(by: { $0.key < $1.key }) {
        let at = "state->\(names[place].at), \(lag), \(equations.signals[place].depth)"
        lines.append(
          "const \(real) *const \(row) = state->\(names[place].past)[\(prefix)_row(\(at))];")
      }
    }
    return lines
  }

  /// Element `index` of what a reference reads.
  private func value(_ reference: Reference, _ index: String) -> String {
    let names = names[reference.signal]
    if reference.lag == 0 { return "\(names.value)[\(index)]" }
    return "\(names.rows[reference.lag] ?? "state->\(names.past)")[\(index)]"
  }

  private func size(_ reference: Reference) -> Int { equations.signals[reference.signal].size }

  private func statements(of place: Int) -> [String] {
    let signal = equations.signals[place]
    let target = names[place].value
    switch signal.equation {
    case .input: return []
    case .linear(let linear): return statements(of: linear, place)
    case .elementwise(let terms):
      return loop("i", signal.size, sum(of: terms, into: "\(target)[i] ="))
    case .softmax(let source, let temperature):
      return softmax(source, temperature, signal.size, target)
    case .known(let own, let measured): return known(own, measured, place)
    }
  }

  // MARK: Learnware

  private func statements(of linear: Equations.Linear, _ place: Int) -> [String] {
    let (target, size) = (names[place].value, equations.signals[place].size)
    var bias = numbers.literal(0)
    if let own = linear.bias {
      let index = indices.names[.init(signal: place, product: -1)]?.value
      bias = "\(tables[own.table])[\(index.map { "\($0)[i]" } ?? "i")]"
    }
    var lines = loop("i", size, ["\(target)[i] = \(bias);"])
    for (number, product) in linear.products.enumerated() where self.size(product.source) > 0 {
      let weight = tables[product.table]
      switch product.form {
      case .dense:
        lines += dense(weight, product.source, size, target)
      case .diagonal:
        lines += loop(
          "i", size, ["\(target)[i] += \(weight)[i] * \(value(product.source, "i"));"])
      case .sparse(let entries):
        guard let names = indices.names[.init(signal: place, product: number)] else { continue }
        let entry = names.value.isEmpty ? "k" : "\(names.value)[k]"
        let source = value(product.source, "\(names.source)[k]")
        lines += loop(
          "k", entries.count, ["\(target)[\(names.node)[k]] += \(weight)[\(entry)] * \(source);"])
      }
    }
    return lines
  }

  /// Four sources at a time: a sum that is stored and loaded again for each of them would take longer than its product.
  private func dense(
    _ weight: String, _ source: Reference, _ size: Int, _ target: String
  ) -> [String] {
    func product(_ j: String) -> String { "\(weight)[\(j)][i] * \(value(source, j))" }
    let whole = self.size(source) / 4 * 4
    var lines: [String] = []
    if whole > 0 {
      let places = ["j", "j + 1", "j + 2", "j + 3"].map { "(\(product($0)))" }
      lines += ["for (int32_t j = 0; j < \(whole); j += 4) {"]
      lines += loop(
        "i", size,
        [
          "\(target)[i] += (\(places[0]) + \(places[1]))", "  + (\(places[2]) + \(places[3]));",
        ]
      ).map { "  \($0)" }
      lines += ["}"]
    }
    if whole < self.size(source) {
      lines += ["for (int32_t j = \(whole); j < \(self.size(source)); j++) {"]
      lines += loop("i", size, ["\(target)[i] += \(product("j"));"]).map { "  \($0)" }
      lines += ["}"]
    }
    return lines
  }

  // MARK: Firmware

  /// The sum of terms, one a line where they are several.
  private func sum(of terms: [Equations.Term], into target: String) -> [String] {
    guard !terms.isEmpty else { return ["\(target) \(numbers.literal(0));"] }
    var lines: [String] = []
    for (place, term) in terms.enumerated() {
      let isNegative = term.coefficient.sign == .minus
      var product = term.factors.map {
        numbers.call(
          $0.function, value($0.source, size($0.source) == 1 ? "0" : "i"), prefix: prefix)
      }
      let magnitude = term.coefficient.magnitude
      if magnitude != 1 || product.isEmpty { product.insert(numbers.literal(magnitude), at: 0) }
      let text = product.joined(separator: " * ")
      let own = product.count > 1 && terms.count > 1 ? "(\(text))" : text
      if place == 0 {
        lines.append("\(target) \(isNegative ? "-" : "")\(own)")
      } else {
        lines.append("  \(isNegative ? "-" : "+") \(own)")
      }
    }
    lines[lines.count - 1] += ";"
    let line = lines.map { $0.trimmedStart }.joined(separator: " ")
    return line.utf8.count < 96 ? [line] : lines
  }

  private func softmax(
    _ source: Reference, _ temperature: Double, _ size: Int, _ target: String
  ) -> [String] {
    var lines = [
      "\(real) largest = \(value(source, "0"));", "\(real) sum = \(numbers.literal(0));",
    ]
    if size > 1 {
      let next = value(source, "i")
      lines += ["for (int32_t i = 1; i < \(size); i++) {"]
      lines += ["  if (\(next) > largest) {", "    largest = \(next);", "  }", "}"]
    }
    let difference = "(\(value(source, "i")) - largest)"
    let argument =
      temperature == 1 ? difference : "\(difference) / \(numbers.literal(temperature))"
    lines += loop(
      "i", size,
      ["\(target)[i] = \(numbers.called("exp"))(\(argument));", "sum += \(target)[i];"])
    lines += loop("i", size, ["\(target)[i] /= sum;"])
    return ["{"] + lines.map { "  \($0)" } + ["}"]
  }

  // MARK: Measured

  private func known(
    _ own: Reference, _ measured: Equations.Measured, _ place: Int
  ) -> [String] {
    let (target, size) = (names[place].value, equations.signals[place].size)
    var lines = loop("i", size, ["\(target)[i] = \(value(own, "i"));"])
    if measured.count > 0 {
      let output = measured.output == 0 ? "i" : "\(measured.output) + i"
      lines += ["if (measured != NULL) {"]
      lines += loop(
        "i", measured.count,
        [
          "if (!isnan(measured[\(output)])) {", "  \(target)[i] = measured[\(output)];", "}",
        ]
      ).map { "  \($0)" }
      lines += ["}"]
    }
    if let member = given.first(where: { $0.signal == place })?.member {
      lines += loop(
        "i", size,
        [
          "if (!isnan(state->\(member)[i])) {", "  \(target)[i] = state->\(member)[i];", "}",
          "state->\(member)[i] = (\(real))NAN;",
        ])
    }
    return lines
  }

  // MARK: End

  private var keeping: [String] {
    var lines: [String] = []
    for place in past {
      let (signal, names) = (equations.signals[place], names[place])
      if signal.depth == 1 {
        lines += loop("i", signal.size, ["state->\(names.past)[i] = \(names.value)[i];"])
      } else {
        let at = "state->\(names.at)"
        lines.append("\(at) = (\(at) == 0) ? \(signal.depth - 1) : (\(at) - 1);")
        lines += loop(
          "i", signal.size, ["state->\(names.past)[\(at)][i] = \(names.value)[i];"])
      }
    }
    return lines
  }

  private var writing: [String] {
    var lines: [String] = []
    var first = 0
    for output in equations.outputs {
      let place = first == 0 ? "i" : "\(first) + i"
      lines += loop(
        "i", output.count, ["y[\(place)] = \(names[output.signal].value)[i];"])
      first += output.count
    }
    return lines
  }
}

extension String {
  /// Without the blanks before it.
  fileprivate var trimmedStart: Substring { drop { $0 == " " } }
}
