import BacktuneNumerics
import FoundationEssentials

/// A JSON value.
package enum JSONValue: Codable, Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  /// An integer that a double does not hold.
  case integer(Int128)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = Self.exact(container, value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .integer(let value): try container.encode(UInt64(exactly: value))
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }

  /// A number, or the integer that it stands for.
  private static func exact(
    _ container: any SingleValueDecodingContainer, _ value: Double
  ) -> JSONValue {
    // Smaller ones are exact.
    guard abs(value) >= 0x1p53 else { return .number(value) }
    let integer =
      (try? container.decode(UInt64.self)).map { Int128($0) }
      ?? (try? container.decode(Int64.self)).map { Int128($0) }
    guard let integer, Int128(exactly: value) != integer else { return .number(value) }
    return .integer(integer)
  }

  /// The nearest double of a number, nil of anything else.
  var double: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// An integer of about 64 bits, with a sign or without, nil of anything else.
  var integer: Int128? {
    switch self {
    case .number(let value):
      abs(value) <= 0x1p64 ? Int128(exactly: value) : nil
    case .integer(let value): value
    default: nil
    }
  }

  var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .text(let value): "'\(value)'"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

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
    try JSONText.check(json, "options of \(owner)")
    do {
      values = try JSONDecoder().decode([String: JSONValue].self, from: Data(json))
    } catch {
      throw BacktuneError.argument("options of \(owner): not a JSON object")
    }
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
