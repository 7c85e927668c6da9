/// A JSON value.
package enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  /// An integer that a double does not hold. Apart, so that a value needs 16 bytes.
  indirect case integer(Int128)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  package init(integer: Int128) {
    let number = Double(integer)
    self = Int128(exactly: number) == integer ? .number(number) : .integer(integer)
  }

  /// The nearest double of a number, nil of anything else.
  package var double: Double? {
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

  /// For messages.
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
