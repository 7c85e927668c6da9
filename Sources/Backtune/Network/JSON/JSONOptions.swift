import BacktuneNumerics

/// Options in a JSON object, taken one by one; what nobody took is an error that lists what could have been.
package struct JSONOptions {
  /// Whose options they are, for messages: "unit lnl".
  let owner: String
  private var values: [String: JSONValue]
  private var known: [String] = []

  package init(_ values: [String: JSONValue], of owner: String) {
    (self.values, self.owner) = (values, owner)
  }

  package init(json: [UInt8], of owner: String) throws {
    self.owner = owner
    guard !json.isEmpty else {
      values = [:]
      return
    }
    let options = "options of \(owner)"
    guard case .object(let values) = try JSONReader.value(of: json, options) else {
      throw BacktuneError.argument("\(options): not a JSON object")
    }
    self.values = values
  }

  /// The value of an option, nil when absent or null.
  package mutating func take(_ name: String) -> JSONValue? {
    known.append(name)
    guard let value = values.removeValue(forKey: name), value != .null else { return nil }
    return value
  }

  /// - Throws: `.argument` where one of some options comes too, that says the same.
  package func refuse(_ others: [String], beside name: String) throws {
    guard let other = others.first(where: { values[$0] ?? .null != .null }) else { return }
    throw BacktuneError.argument("\(owner): \(other) and \(name) both came, expected one")
  }

  /// - Throws: `.argument` when options are left.
  package func finish() throws {
    guard let stranger = values.keys.sorted().first else { return }
    throw BacktuneError.argument(
      "\(owner): unknown option '\(stranger)', expected one of \(known.joined(separator: ", "))"
    )
  }

  package func wrong(_ name: String, _ value: JSONValue, _ expected: String) -> BacktuneError {
    .argument("option \(name) of \(owner): \(value.shown) came, expected \(expected)")
  }

  package mutating func bool(_ name: String, default fallback: Bool) throws -> Bool {
    switch take(name) {
    case nil: return fallback
    case .bool(let value): return value
    case .some(let other): throw wrong(name, other, "true or false")
    }
  }

  package mutating func integer(
    _ name: String, default fallback: Int, least: Int, most: Int = .max
  ) throws -> Int {
    switch take(name) {
    case nil: return fallback
    case .some(let value):
      guard let integer = value.integer.flatMap({ Int(exactly: $0) }), integer >= least,
        integer <= most
      else {
        let bound = most == .max ? "or more" : "to \(most)"
        throw wrong(name, value, "an integer of \(least) \(bound)")
      }
      return integer
    }
  }

  /// The option `seed`: 64 bits, every one of which counts; nil when absent.
  package mutating func seed() throws -> UInt64? {
    guard let value = take("seed") else { return nil }
    guard let seed = value.integer.flatMap({ UInt64(exactly: $0) }) else {
      throw wrong("seed", value, "an integer from 0 to \(UInt64.max)")
    }
    return seed
  }

  /// A lag that a source may have.
  package mutating func lag(_ name: String, default fallback: Int) throws -> Int {
    try integer(name, default: fallback, least: 0, most: Network.maximalLag)
  }

  package mutating func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let value = take(name) else { return nil }
    guard let number = value.double, range.contains(number) else {
      throw wrong(name, value, "a number in [\(range.lowerBound), \(range.upperBound)]")
    }
    return number
  }

  /// An option without which it does not go.
  package mutating func required(_ name: String, in range: ClosedRange<Double>) throws -> Double {
    guard let number = try number(name, in: range) else {
      throw BacktuneError.argument("option \(name) of \(owner): missing, expected a number")
    }
    return number
  }
}
