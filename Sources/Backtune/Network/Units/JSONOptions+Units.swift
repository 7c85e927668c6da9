import BacktuneNumerics

/// The JSON form of what units take: the one place where options of C and Python become values of Swift.
extension JSONOptions {
  /// A scalar function: a name without parameters, or an object with a name and its parameters.
  mutating func activation(
    _ name: String, default fallback: ScalarFunction
  ) throws -> ScalarFunction {
    guard let value = take(name) else { return fallback }
    return try function(name, value)
  }

  /// A list of scalar functions, one at least.
  mutating func functions(
    _ name: String, default fallback: [ScalarFunction]
  ) throws -> [ScalarFunction] {
    guard let value = take(name) else { return fallback }
    guard case .list(let list) = value, !list.isEmpty else {
      throw wrong(name, value, "a list of functions")
    }
    return try list.map { try function(name, $0) }
  }

  func function(_ name: String, _ value: JSONValue) throws -> ScalarFunction {
    switch value {
    case .text(let text):
      guard ScalarFunction.names.contains(text) else {
        throw wrong(name, value, "one of \(ScalarFunction.names.joined(separator: ", "))")
      }
      return try ScalarFunction(text)
    case .object(let object):
      guard case .text(let text)? = object["name"],
        let labels = try? ScalarFunction.parameterNames(of: text), object.count == labels.count + 1
      else { break }
      let parameters = labels.compactMap { object[$0]?.double }
      guard parameters.count == labels.count else { break }
      return try ScalarFunction(text, parameters)
    default: break
    }
    throw wrong(name, value, "a name, or an object with a name and its parameters")
  }

  /// The sources of a unit: a list of {"source": name, number, "input" or "self", "lag": l}, each with a "mask" where
  /// not all connections exist; nil when absent.
  mutating func sources(_ name: String) throws -> [UnitSource]? {
    guard let value = take(name) else { return nil }
    let expected =
      "a list of {\"source\": name, number, 'input' or 'self', \"lag\": l, \"mask\": rows of 0 and 1 or absent}"
    guard case .list(let list) = value else { throw wrong(name, value, expected) }
    let sources = try list.map { item -> UnitSource in
      guard case .object(let object) = item else { throw wrong(name, item, expected) }
      if let stranger = object.keys.sorted().first(where: {
        !["source", "lag", "mask"].contains($0)
      }) {
        throw BacktuneError.argument(
          "option \(name) of \(owner): unknown key '\(stranger)', expected \(expected)")
      }
      guard let lag = object["lag"]?.integer.flatMap({ Int(exactly: $0) })
      else { throw wrong(name, item, expected) }
      // Units count with lags.
      guard lag >= 0, lag <= Network.maximalLag else {
        throw BacktuneError.argument(
          "option \(name) of \(owner): lag \(lag) came, expected 0 to \(Network.maximalLag)")
      }
      let mask = try object["mask"].flatMap { try $0 == .null ? nil : rows(of: $0) }
      switch object["source"] {
      case .text("self"): return UnitSource(place: .itself, lag: lag, mask: mask)
      case .text("input"): return UnitSource(place: .input, lag: lag, mask: mask)
      case .text(let text): return UnitSource(place: .named(text), lag: lag, mask: mask)
      case let number:
        guard let id = number?.integer.flatMap({ Int(exactly: $0) }) else {
          throw wrong(name, item, expected)
        }
        return UnitSource(place: id == Network.input ? .input : .id(id), lag: lag, mask: mask)
      }
    }
    var seen: Set<UnitSource> = []
    for source in sources
    where !seen.insert(UnitSource(place: source.place, lag: source.lag)).inserted {
      throw BacktuneError.argument(
        "option \(name) of \(owner): a source stands twice with lag \(source.lag)")
    }
    return sources
  }

  /// One of the words of an enumeration.
  package mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, default fallback: Word
  ) throws -> Word {
    guard let value = take(name) else { return fallback }
    guard case .text(let text) = value, let word = Word(rawValue: text) else {
      throw wrong(name, value, Word.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    return word
  }

  /// A leak: `leak`, a number or "adjust"; or `time_constant` tau with `dt`.
  mutating func leak(default fallback: Leak) throws -> Leak {
    let leak = take("leak")
    let timeConstant = take("time_constant")
    let dt = try number("dt", in: Double.leastNormalMagnitude...Double.greatestFiniteMagnitude)
    if let timeConstant {
      guard leak == nil else {
        throw BacktuneError.argument("leak and time_constant both came, expected one")
      }
      guard let tau = timeConstant.double, case let g = 1 - (dt ?? Leak.usualStep) / tau,
        g >= 0, g <= Leak.largest
      else {
        throw wrong(
          "time_constant", timeConstant, "a number of dt or more, and 1000 dt at most")
      }
      return .timeConstant(tau, step: dt ?? Leak.usualStep)
    }
    guard dt == nil else {
      throw BacktuneError.argument("dt came without time_constant")
    }
    switch leak {
    case nil: return fallback
    case .text("adjust"): return .adjustable
    case .number(let g) where g >= 0 && g <= Leak.largest: return .constant(g)
    case .some(let other):
      throw wrong("leak", other, "a number in [0, \(Leak.largest)] or 'adjust'")
    }
  }

  mutating func sharpness(default fallback: Sharpness) throws -> Sharpness {
    switch take("sharpness") {
    case nil: return fallback
    case .text("adjust"): return .adjustable
    case .number(let w) where Sharpness.range.contains(w): return .constant(w)
    case .some(let other):
      throw wrong("sharpness", other, "a number in [0, 100] or 'adjust'")
    }
  }

  /// Recurrent connections: `mask`, rows of 0 and 1; or `density` with `seed`, which is that of the fallback's draw too.
  mutating func recurrence(default fallback: Recurrence) throws -> (Recurrence, seed: UInt64) {
    let mask = take("mask")
    let density = try number("density", in: 0...1)
    let seed = try seed() ?? Recurrence.usualSeed
    if let mask {
      guard density == nil else {
        throw BacktuneError.argument("\(owner): both mask and density came, expected one")
      }
      return (.mask(try rows(of: mask)), seed)
    }
    if let density { return (.random(density: density, seed: seed), seed) }
    guard case .random(let usual, _) = fallback else { return (fallback, seed) }
    return (.random(density: usual, seed: seed), seed)
  }

  /// A matrix of 0 and 1.
  private func rows(of mask: JSONValue) throws -> [[Bool]] {
    let expected = "rows of values 0 or 1"
    guard case .list(let rows) = mask else { throw wrong("mask", mask, expected) }
    return try rows.map { row in
      guard case .list(let values) = row else { throw wrong("mask", row, expected) }
      return try values.map { value in
        switch value {
        case .number(0), .bool(false): return false
        case .number(1), .bool(true): return true
        default: throw wrong("mask", value, expected)
        }
      }
    }
  }
}
