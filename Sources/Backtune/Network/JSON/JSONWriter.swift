import BacktuneNumerics

extension JSONValue {
  /// As text in UTF-8, without spaces, keys in order. Numbers read back to the same bits.
  /// - Throws: `.argument` for a number that is not finite.
  package func json(escapesSlashes: Bool = true) throws -> [UInt8] {
    var writer = JSONWriter(escapesSlashes: escapesSlashes)
    try writer.append(self)
    return writer.bytes
  }
}

private struct JSONWriter {
  let escapesSlashes: Bool
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: JSONValue) throws {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .number(let value): try append(value)
    case .integer(let value): append("\(value)")
    case .text(let value): appendQuoted(value)
    case .list(let values):
      try append("[", values, "]") { writer, value in try writer.append(value) }
    case .object(let values):
      let sorted = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      try append("{", sorted, "}") { writer, member in
        writer.appendQuoted(member.key)
        writer.append(":")
        try writer.append(member.value)
      }
    }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append<Item>(
    _ begin: String, _ items: [Item], _ end: String,
    _ item: (inout JSONWriter, Item) throws -> Void
  ) throws {
    append(begin)
    for (place, value) in items.enumerated() {
      if place > 0 { append(",") }
      try item(&self, value)
    }
    append(end)
  }

  /// The shortest text that reads back to the same bits, an integer without its point.
  private mutating func append(_ number: Double) throws {
    guard number.isFinite else {
      throw BacktuneError.argument("JSON: a number is \(number), expected a finite one")
    }
    bytes.append(contentsOf: number.description.utf8)
    if bytes.suffix(2).elementsEqual(".0".utf8) { bytes.removeLast(2) }
  }

  private mutating func appendQuoted(_ text: String) {
    append("\"")
    for byte in text.utf8 {
      switch Unicode.Scalar(byte) {
      case "\"": append("\\\"")
      case "\\": append("\\\\")
      case "/": append(escapesSlashes ? "\\/" : "/")
      case "\u{8}": append("\\b")
      case "\u{C}": append("\\f")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case "\u{0}"..."\u{1F}":
        let digits = String(byte, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
      default: bytes.append(byte)
      }
    }
    append("\"")
  }
}
