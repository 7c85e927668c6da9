import BacktuneNumerics
import FoundationEssentials

/// A JSON value.
package enum JSONValue: Decodable, Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
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
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
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

  package init(json: [UInt8], of owner: String) throws {
    self.owner = owner
    guard !json.isEmpty else {
      values = [:]
      return
    }
    try JSONNesting.check(json, "options of \(owner)")
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

  /// One of some words, the first by default.
  package mutating func choice(_ name: String, of words: [String]) throws -> String {
    switch take(name) {
    case nil: return words[0]
    case .text(let word) where words.contains(word): return word
    case .some(let other):
      throw wrong(name, other, words.map { "'\($0)'" }.joined(separator: " or "))
    }
  }

  package mutating func integer(_ name: String, default fallback: Int, least: Int) throws -> Int {
    switch take(name) {
    case nil: return fallback
    case .some(let value):
      guard case .number(let number) = value, let integer = Int(exactly: number), integer >= least
      else { throw wrong(name, value, "an integer of \(least) or more") }
      return integer
    }
  }

  package mutating func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let value = take(name) else { return nil }
    guard case .number(let number) = value, range.contains(number) else {
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
