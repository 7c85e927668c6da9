import BacktuneNumerics

/// Options of units.
extension JSONOptions {
  /// A scalar function: `tanh`, `zeta01`, a name without parameters, or an object with a name and its parameters.
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
    case .text("tanh"): return .zeta(a: -1, b: 1)
    case .text("zeta01"): return .zeta(a: 0, b: 1)
    case .text(let text):
      guard ScalarFunction.table.contains(where: { $0.name == text }) else {
        let known = ScalarFunction.table.map(\.name).joined(separator: ", ")
        throw wrong(name, value, "one of tanh, zeta01, \(known)")
      }
      return try ScalarFunction(text)
    case .object(let object):
      guard case .text(let text)? = object["name"],
        let row = ScalarFunction.table.first(where: { $0.name == text }),
        object.count == row.parameters.count + 1
      else { break }
      let parameters = row.parameters.compactMap { object[$0]?.double }
      guard parameters.count == row.parameters.count else { break }
      return try ScalarFunction(text, parameters)
    default: break
    }
    throw wrong(name, value, "a name, or an object with a name and its parameters")
  }

  /// The sources of a unit: a list of {"source": name, number, "input" or "self", "lag": l}, each with a "mask" where
  /// not all connections exist.
  mutating func sources(
    _ name: String = "sources", default fallback: [UnitSource]
  ) throws -> [UnitSource] {
    guard let value = take(name) else { return fallback }
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
      case .text(let text): return UnitSource(place: .group(text), lag: lag, mask: mask)
      case .number(let number):
        guard let id = Int(exactly: number) else { throw wrong(name, item, expected) }
        return UnitSource(place: id == Network.input ? .input : .id(id), lag: lag, mask: mask)
      default: throw wrong(name, item, expected)
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

  /// Which recurrent connections there are: `mask`, rows of 0 and 1, or `density` with `seed`; all without either.
  ///
  /// Every node has round(density N) sources: one at least where the density is above 0, none where it is 0.
  ///
  /// - Parameter usual: the density where neither is given.
  mutating func recurrentForm(
    size: Int, density usual: Double? = nil
  ) throws -> ConnectionForm {
    let mask = take("mask")
    let density = try number("density", in: 0...1)
    let seed = try seed()
    if let mask {
      guard density == nil else {
        throw BacktuneError.argument("\(owner): both mask and density came, expected one")
      }
      return .sparse(entries: try entries(of: mask, size: size))
    }
    guard let density = density ?? usual, density < 1 else { return .dense }
    let place = "recurrent matrix of \(owner)"
    try MemoryBudget.bytes(doubles: [size, size], for: place)
    let least = density > 0 ? 1 : 0
    let count = min(max(Int((density * Double(size)).rounded()), least), size)
    // The entries, and what a weight array needs for them.
    try MemoryBudget.bytes(doubles: [size, count, 8], for: place)
    return .sparse(entries: Self.randomEntries(size: size, count: count, seed: seed))
  }

  private func entries(of mask: JSONValue, size: Int) throws -> [Int] {
    let rows = try rows(of: mask)
    guard rows.count == size, rows.allSatisfy({ $0.count == size }) else {
      throw BacktuneError.size(
        "mask of \(owner): \(rows.count) rows of \(rows.first?.count ?? 0) values, expected \(size) rows of \(size)"
      )
    }
    return rows.joined().enumerated().compactMap { $1 ? $0 : nil }
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

  /// `count` sources of each node, drawn without repetition.
  private static func randomEntries(size: Int, count: Int, seed: UInt64) -> [Int] {
    var stream = RandomStream(seed: seed, name: "mask")
    return (0..<size).flatMap { row in
      var columns = Array(0..<size)
      for place in 0..<count {
        columns.swapAt(place, place + stream.integer(below: size - place))
      }
      return columns[..<count].sorted().map { row * size + $0 }
    }
  }
}
