import Backtune
import Testing

@testable import BacktuneNetwork

/// Integers in options.
@Suite struct JSONOptionsTests {
  private static func options(_ number: String) throws -> JSONOptions {
    try JSONOptions(json: Array("{\"seed\": \(number), \"n\": \(number)}".utf8), of: "test")
  }

  @Test(arguments: [
    0, 1, 1 << 53, 1 << 53 + 1, UInt64(Int64.max), UInt64(Int64.max) + 1, UInt64.max - 1, .max,
  ]) func seedsAreExact(seed: UInt64) throws {
    var options = try Self.options("\(seed)")
    #expect(try options.seed() == seed)
    if let integer = Int(exactly: seed) {
      #expect(try options.integer("n", default: 0, least: 0) == integer)
    } else {
      #expect(throws: BacktuneError.self) { try options.integer("n", default: 0, least: 0) }
    }
  }

  @Test(arguments: [
    "-1", "-9223372036854775808", "18446744073709551616", "1e300", "-1e300", "0.5", "true",
    "\"1\"", "[1]",
  ]) func seedsThatAreNone(text: String) throws {
    var options = try Self.options(text)
    #expect(throws: BacktuneError.self) { try options.seed() }
  }

  @Test func integersBelowZero() throws {
    var options = try Self.options("-9007199254740993")
    #expect(try options.integer("n", default: 0, least: .min) == -(1 << 53) - 1)
  }

  /// Written as a number with a fraction or an exponent, still an integer.
  @Test(arguments: [("3.0", 3), ("1e3", 1000), ("9007199254740992.0", 1 << 53)])
  func otherForms(text: String, value: Int) throws {
    var options = try Self.options(text)
    #expect(try options.seed() == UInt64(value))
    #expect(try options.integer("n", default: 0, least: 0) == value)
  }

  @Test func numbersTakeIntegers() throws {
    var options = try Self.options("9007199254740993")
    #expect(try options.number("n", in: 0...1e100) == 0x1p53)
  }
}
