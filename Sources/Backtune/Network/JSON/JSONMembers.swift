/// Where a value is not what was expected: the keys and places that lead to it, from outside.
struct JSONMismatch: Error {
  var path: [String] = []
  let text: String

  /// For messages: "at groups.0.size: 'two' came, expected an integer".
  var shown: String { path.isEmpty ? text : "at \(path.joined(separator: ".")): \(text)" }

  fileprivate func inside(_ step: String) -> JSONMismatch {
    JSONMismatch(path: [step] + path, text: text)
  }
}

/// What can be read out of a JSON value.
protocol JSONReadable {
  /// - Throws: `JSONMismatch`
  init(json: JSONValue) throws
}

/// The members of a JSON object, by the types that are asked for.
struct JSONMembers {
  let values: [String: JSONValue]

  init(_ json: JSONValue) throws {
    guard case .object(let values) = json else { throw json.isNot("an object") }
    self.values = values
  }

  /// - Throws: `JSONMismatch` where it is missing, null or something else.
  subscript<Value: JSONReadable>(_ key: String) -> Value {
    get throws {
      guard let value = values[key] else { throw JSONMismatch(text: "\(key) is missing") }
      return try Self.read(value, key)
    }
  }

  /// Nil where it is missing or null.
  subscript<Value: JSONReadable>(optional key: String) -> Value? {
    get throws {
      guard let value = values[key], value != .null else { return nil }
      return try Self.read(value, key)
    }
  }

  private static func read<Value: JSONReadable>(_ value: JSONValue, _ key: String) throws -> Value {
    do { return try Value(json: value) } catch let error as JSONMismatch { throw error.inside(key) }
  }
}

extension JSONValue {
  fileprivate func isNot(_ expected: String) -> JSONMismatch {
    JSONMismatch(text: "\(shown) came, expected \(expected)")
  }
}

extension Bool: JSONReadable {
  init(json: JSONValue) throws {
    guard case .bool(let value) = json else { throw json.isNot("true or false") }
    self = value
  }
}

extension Int: JSONReadable {
  init(json: JSONValue) throws {
    guard let value = json.integer.flatMap({ Int(exactly: $0) }) else {
      throw json.isNot("an integer")
    }
    self = value
  }
}

extension Double: JSONReadable {
  init(json: JSONValue) throws {
    guard let value = json.double else { throw json.isNot("a number") }
    self = value
  }
}

extension String: JSONReadable {
  init(json: JSONValue) throws {
    guard case .text(let value) = json else { throw json.isNot("a text") }
    self = value
  }
}

extension Optional: JSONReadable where Wrapped: JSONReadable {
  init(json: JSONValue) throws { self = json == .null ? nil : try Wrapped(json: json) }
}

extension Array: JSONReadable where Element: JSONReadable {
  init(json: JSONValue) throws {
    guard case .list(let values) = json else { throw json.isNot("a list") }
    self = []
    reserveCapacity(values.count)
    for (place, value) in values.enumerated() {
      do { append(try Element(json: value)) } catch let error as JSONMismatch {
        throw error.inside("\(place)")
      }
    }
  }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    self = [:]
    for key in members.values.keys { self[key] = try members[key] as Value }
  }
}

/// What can be written as a JSON value.
protocol JSONWritable {
  var json: JSONValue { get }
}

extension Bool: JSONWritable { var json: JSONValue { .bool(self) } }
extension Int: JSONWritable { var json: JSONValue { JSONValue(integer: Int128(self)) } }
extension Double: JSONWritable { var json: JSONValue { .number(self) } }
extension String: JSONWritable { var json: JSONValue { .text(self) } }
extension JSONValue: JSONWritable { var json: JSONValue { self } }

extension Optional: JSONWritable where Wrapped: JSONWritable {
  var json: JSONValue { self?.json ?? .null }
}

extension Array: JSONWritable where Element: JSONWritable {
  var json: JSONValue { .list(map(\.json)) }
}

extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
  var json: JSONValue { .object(mapValues(\.json)) }
}

extension JSONValue {
  /// An object; members that are nil are absent.
  init(_ members: KeyValuePairs<String, (any JSONWritable)?>) {
    var values: [String: JSONValue] = [:]
    for (key, member) in members {
      if let member { values[key] = member.json }
    }
    self = .object(values)
  }
}
