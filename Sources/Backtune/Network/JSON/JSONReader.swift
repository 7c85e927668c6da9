import BacktuneNumerics

/// A reader of JSON text (RFC 8259), strict: UTF-8, no comma too many, a key once in an object, numbers that a double holds.
package struct JSONReader {
  /// It calls itself at every level: the stack of a thread may be small, and a network needs 8.
  static let nesting = 32

  private let text: UnsafeBufferPointer<UInt8>
  private let what: String
  private var place = 0
  private var level = 0

  /// The value that a text is; a mark of UTF-8 may stand before it.
  /// - Parameter what: what is read, for messages.
  /// - Throws: `.argument`
  package static func value(of json: [UInt8], _ what: String) throws -> JSONValue {
    guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
      throw BacktuneError.argument("\(what): expected JSON in UTF-8")
    }
    return try json.withUnsafeBufferPointer { text in
      var reader = JSONReader(text: text, what: what)
      if json.starts(with: [0xEF, 0xBB, 0xBF]) { reader.place = 3 }
      let value = try reader.value()
      reader.skipSpaces()
      guard reader.place == text.count else { throw reader.fault() }
      return value
    }
  }

  private init(text: UnsafeBufferPointer<UInt8>, what: String) {
    (self.text, self.what) = (text, what)
  }

  /// The byte at the place, 0 past the end.
  private var next: UInt8 { place < text.count ? text[place] : 0 }

  private mutating func skipSpaces() {
    while next == 0x20 || (0x09...0x0D ~= next && next != 0x0B && next != 0x0C) { place += 1 }
  }

  /// Passes a byte after spaces, if it is the next one.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard next == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private func fault() -> BacktuneError {
    .argument("\(what): not valid JSON, at byte \(place) of \(text.count)")
  }

  private mutating func value() throws -> JSONValue {
    skipSpaces()
    switch next {
    case UInt8(ascii: "["):
      return try deeper { reader in .list(try reader.list()) }
    case UInt8(ascii: "{"):
      return try deeper { reader in .object(try reader.object()) }
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    default: throw fault()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
    for offset in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[offset] else { throw fault() }
      place += 1
    }
    return value
  }

  private mutating func deeper(
    _ body: (inout JSONReader) throws -> JSONValue
  ) throws -> JSONValue {
    level += 1
    guard level <= Self.nesting else {
      throw BacktuneError.argument("\(what): JSON nested deeper than \(Self.nesting)")
    }
    place += 1
    defer { level -= 1 }
    return try body(&self)
  }

  private mutating func list() throws -> [JSONValue] {
    var values: [JSONValue] = []
    if skip("]") { return values }
    repeat { values.append(try value()) } while skip(",")
    guard skip("]") else { throw fault() }
    return values
  }

  private mutating func object() throws -> [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    if skip("}") { return values }
    repeat {
      skipSpaces()
      guard next == UInt8(ascii: "\"") else { throw fault() }
      let key = try string()
      guard skip(":") else { throw fault() }
      guard values.updateValue(try value(), forKey: key) == nil else {
        throw BacktuneError.argument("\(what): the key '\(key)' stands twice in a JSON object")
      }
    } while skip(",")
    guard skip("}") else { throw fault() }
    return values
  }
}

/// Numbers.
extension JSONReader {
  private mutating func digits() throws {
    let first = place
    while UInt8(ascii: "0")...UInt8(ascii: "9") ~= next { place += 1 }
    guard place > first else { throw fault() }
  }

  private mutating func number() throws -> JSONValue {
    let first = place
    if next == UInt8(ascii: "-") { place += 1 }
    // No digit follows a leading zero.
    if next == UInt8(ascii: "0") { place += 1 } else { try digits() }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      place += 1
      try digits()
    }
    if next | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      place += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { place += 1 }
      try digits()
    }
    let written = String(decoding: text[first..<place], as: UTF8.self)
    guard let value = Double(written), value.isFinite else {
      throw BacktuneError.argument(
        "\(what): the number \(written.prefix(40)) in JSON is not one that a double holds")
    }
    // Smaller ones are exact; of larger ones those of 64 bits are kept.
    guard isInteger, abs(value) >= 0x1p53, abs(value) <= 0x1p64, let integer = Int128(written),
      integer >= Int128(Int64.min), integer <= Int128(UInt64.max)
    else { return .number(value) }
    return JSONValue(integer: integer)
  }
}

/// Texts.
extension JSONReader {
  /// The text whose first quote is at the place.
  private mutating func string() throws -> String {
    place += 1
    var first = place
    var parts = ""
    while true {
      switch next {
      case UInt8(ascii: "\""):
        let last = String(decoding: text[first..<place], as: UTF8.self)
        place += 1
        return parts.isEmpty ? last : parts + last
      case UInt8(ascii: "\\"):
        parts += String(decoding: text[first..<place], as: UTF8.self)
        place += 1
        parts.unicodeScalars.append(try escaped())
        first = place
      // The end of the text too.
      case ..<0x20: throw fault()
      default: place += 1
      }
    }
  }

  /// The character that an escape stands for, whose backslash is passed.
  private mutating func escaped() throws -> Unicode.Scalar {
    let letter = next
    guard letter != UInt8(ascii: "u") else { return try unicode() }
    let found: Unicode.Scalar
    switch Unicode.Scalar(letter) {
    case "\"", "\\", "/": found = Unicode.Scalar(letter)
    case "b": found = "\u{8}"
    case "f": found = "\u{C}"
    case "n": found = "\n"
    case "r": found = "\r"
    case "t": found = "\t"
    default: throw fault()
    }
    place += 1
    return found
  }

  /// One character of one or two units of UTF-16 in hexadecimal digits.
  private mutating func unicode() throws -> Unicode.Scalar {
    let high = try unit()
    guard 0xD800...0xDBFF ~= high else {
      guard let scalar = Unicode.Scalar(high) else { throw fault() }
      return scalar
    }
    guard next == UInt8(ascii: "\\") else { throw fault() }
    place += 1
    let low = next == UInt8(ascii: "u") ? try unit() : 0
    guard 0xDC00...0xDFFF ~= low,
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw fault() }
    return scalar
  }

  /// Four hexadecimal digits after a u.
  private mutating func unit() throws -> UInt32 {
    place += 1
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw fault() }
      value = value << 4 | UInt32(digit)
      place += 1
    }
    return value
  }
}
