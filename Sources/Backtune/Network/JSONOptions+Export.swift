import BacktuneNumerics

/// Options that formats of export take.
extension JSONOptions {
  /// Any text; nil when absent.
  package mutating func text(_ name: String) throws -> String? {
    guard let value = take(name) else { return nil }
    guard case .text(let text) = value else { throw wrong(name, value, "a text") }
    return text
  }

  /// A list of finite numbers; nil when absent.
  package mutating func numbers(_ name: String) throws -> [Double]? {
    guard let value = take(name) else { return nil }
    guard case .list(let list) = value else { throw wrong(name, value, "a list of numbers") }
    return try list.map {
      guard let number = $0.double, number.isFinite else {
        throw wrong(name, $0, "a list of numbers")
      }
      return number
    }
  }

  /// One of the words of an enumeration, all of which are numbers, as a text or a number.
  package mutating func wordOrNumber<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, default fallback: Word
  ) throws -> Word {
    guard let value = take(name) else { return fallback }
    let found = Word.allCases.first {
      value == .text($0.rawValue) || value.double == Double($0.rawValue)
    }
    guard let found else {
      throw wrong(name, value, Word.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    return found
  }
}
