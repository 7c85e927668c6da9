import Backtune
import Testing

@testable import BacktuneNetwork

/// The reader and the writer of JSON.
@Suite struct JSONTests {
  private static func read(_ text: String) throws -> JSONValue {
    try JSONReader.value(of: Array(text.utf8), "test")
  }

  private static func written(_ value: JSONValue) throws -> String {
    String(decoding: try value.json(), as: UTF8.self)
  }

  private static let numbers: [(String, JSONValue)] = [
    ("0", .number(0)), ("-0", .number(0)), ("-12.5e-1", .number(-1.25)), ("1E2", .number(100)),
    ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-400", .number(0)),
    ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
    ("9007199254740993", .integer(9_007_199_254_740_993)),
    ("-9223372036854775808", .number(-0x1p63)),
    ("-9223372036854775807", .integer(-9_223_372_036_854_775_807)),
    ("18446744073709551615", .integer(18_446_744_073_709_551_615)),
    ("18446744073709551616", .number(0x1p64)), ("9007199254740993.0", .number(0x1p53)),
    ("1e300", .number(1e300)),
  ]

  private static let texts: [(String, JSONValue)] = [
    ("\"\"", .text("")), ("\"é€😀\u{7F}\u{2028}\"", .text("é€😀\u{7F}\u{2028}")),
    (#""\"\\\/\b\f\n\r\t""#, .text("\"\\/\u{8}\u{C}\n\r\t")),
    (#""a\u0000\u00e9\u20AC\uD83D\ude00z""#, .text("a\0é€😀z")),
  ]

  private static let others: [(String, JSONValue)] = [
    ("null", .null), (" true\n", .bool(true)), ("\tfalse\r", .bool(false)), ("[ ]", .list([])),
    ("[1,[true],{}]", .list([.number(1), .list([.bool(true)]), .object([:])])),
    ("{ \"a\" : 1 , \"b\" : null }", .object(["a": .number(1), "b": .null])),
    ("\u{FEFF}[]", .list([])),
  ]

  @Test(arguments: numbers + texts + others) func values(text: String, value: JSONValue) throws {
    #expect(try Self.read(text) == value)
  }

  @Test func theSignOfZero() throws {
    #expect(try Self.read("-0.0").double?.sign == .minus)
    #expect(try Self.written(.number(-0.0)) == "-0")
  }

  @Test(arguments: [
    "", " ", "nul", "nulL", "True", "01", "-", "-01", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN",
    "Infinity", "-Infinity", "1e400", "-1e400", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "[1}", "{",
    "{}}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:1}",
    "\"", "\"a", "\"a\\\"", "\"a\tb\"", "\"\u{1F}\"", #""\q""#, #""\u12""#, #""\u12g4""#,
    #""\ud800""#,
    #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, "{} {}", "1 /* */", "// 1\n1", "1\u{B}",
    "\u{A0}1", "\u{FEFF}\u{FEFF}1",
  ]) func whatIsNone(text: String) {
    #expect(throws: BacktuneError.self) { try Self.read(text) }
  }

  /// Bytes that are no text in UTF-8, in texts and outside.
  @Test(arguments: [
    [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
  ])
  func otherBytes(bytes: [UInt8]) {
    for json in [bytes, [0x22] + bytes + [0x22], [0x22, 0, 0x22]] {
      let error = #expect(throws: BacktuneError.self) { try JSONReader.value(of: json, "test") }
      #expect(error?.description == "test: expected JSON in UTF-8")
    }
  }

  @Test func faultsSayWhere() {
    func expect(_ text: String, _ message: String) {
      let error = #expect(throws: BacktuneError.self) { try Self.read(text) }
      #expect(error?.description == "test: \(message)")
    }
    expect("[1, x]", "not valid JSON, at byte 4 of 6")
    expect("[1", "not valid JSON, at byte 2 of 2")
    expect("{\"a\": 1, \"\\u0061\": 2}", "the key 'a' stands twice in a JSON object")
    expect("[1e999]", "the number 1e999 in JSON is not one that a double holds")
    let limit = JSONReader.nesting
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try Self.read(nested(limit)) }
    expect(nested(limit + 1), "JSON nested deeper than \(limit)")
    // A sister is not deeper.
    #expect(throws: Never.self) { try Self.read("[\(nested(limit - 1)), \(nested(limit - 1))]") }
  }

  @Test func networksSayWhere() {
    func expect(_ rest: String, _ message: String) {
      let text = "{\"format\": \"backtune-network\", \"version\": 1, \(rest)}"
      let error = #expect(throws: BacktuneError.self) { try Network(json: Array(text.utf8)) }
      #expect(error?.description == "network JSON: \(message)")
    }
    expect("\"groups\": []", "inputs is missing")
    expect("\"inputs\": null, \"groups\": []", "at inputs: null came, expected an integer")
    expect(
      "\"inputs\": 1, \"groups\": [{\"name\": \"v\", \"kind\": \"learnware\"}]",
      "at groups.0: size is missing")
    expect(
      "\"inputs\": 1, \"groups\": [], \"rest\": {\"values\": [0, \"1\"]}",
      "at rest.values.1: '1' came, expected a number")
    expect(
      "\"inputs\": 1, \"groups\": [], \"rest\": {\"values\": [0], \"groups\": {\"a\": [[]]}}",
      "at rest.groups.a.0: a list came, expected a number")
  }

  @Test func whatIsWritten() throws {
    let list: [JSONValue] = [
      .null, .bool(true), .number(1), .number(0.1), .number(1e22), .number(-1e-7),
    ]
    let value = JSONValue.object([
      "b": .list(list), "a": .text("\u{1}\u{1F}\n\"\\/é\u{7F}"), "é": .object([:]),
      "B": .integer(18_446_744_073_709_551_615),
    ])
    let expected =
      #"{"B":18446744073709551615,"a":"\u0001\u001f\n\"\\\/é"# + "\u{7F}"
      + #"","b":[null,true,1,0.1,1e+22,-1e-07],"é":{}}"#
    #expect(try Self.written(value) == expected)
    let plain = try JSONValue.text("m/s").json(escapesSlashes: false)
    #expect(plain == Array("\"m/s\"".utf8))
    #expect(throws: BacktuneError.self) { try JSONValue.number(.infinity).json() }
    #expect(try Self.read(try Self.written(value)) == value)
  }

  /// Any bits, and what lies beside powers of ten and of two.
  @Test func numbersReadBackToTheSameBits() throws {
    var generator = SystemRandomNumberGenerator()
    var bits: [UInt64] = (0..<20000).map { _ in generator.next() }
    for exponent: UInt64 in 0...2046 {
      let power = exponent << 52
      bits += [power, power + 1, power &- 1]
    }
    bits += (-323...308).compactMap { Double("1e\($0)")?.bitPattern }
    let numbers = bits.map(Double.init(bitPattern:)).filter(\.isFinite)
    guard case .list(let back) = try Self.read(Self.written(.list(numbers.map { .number($0) })))
    else {
      Issue.record("not a list")
      return
    }
    #expect(back.compactMap { $0.double?.bitPattern } == numbers.map(\.bitPattern))
  }
}
