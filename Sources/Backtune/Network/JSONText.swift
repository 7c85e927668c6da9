import BacktuneNumerics
import FoundationEssentials

/// What is asked of JSON text before it is decoded.
///
/// The decoder calls itself at every level, up to 512 of them: too many for the stack of a small thread, and a network
/// needs 8. It takes other encodings than UTF-8, and of a key that stands twice the first, both without a word.
enum JSONText {
  static let nesting = 32

  /// - Throws: `.argument` for text that is not UTF-8, is nested deeper than the limit or holds a key twice in an
  ///   object, whether it is JSON or not.
  static func check(_ json: [UInt8], _ what: String) throws {
    guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
      throw BacktuneError.argument("\(what): expected JSON in UTF-8")
    }
    // Of every level: the keys so far, nil in a list.
    var levels: [Set<String>?] = []
    var begin: Int?
    var isEscaped = false
    // The last text, until something else than a space follows.
    var last: Range<Int>?
    for (place, byte) in json.enumerated() {
      if let first = begin {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          (begin, last) = (nil, first..<place + 1)
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): begin = place
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        levels.append(byte == UInt8(ascii: "{") ? [] : nil)
        if levels.count > nesting {
          throw BacktuneError.argument("\(what): JSON nested deeper than \(nesting)")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): _ = levels.popLast()
      case UInt8(ascii: ":"):
        guard let range = last, let level = levels.indices.last, levels[level] != nil else { break }
        let key = key(json[range])
        guard levels[level]?.insert(key).inserted == true else {
          throw BacktuneError.argument("\(what): the key '\(key)' stands twice in a JSON object")
        }
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
      default: break
      }
      last = nil
    }
  }

  /// The text of a key, given with its quotes; escapes resolved where they can be.
  private static func key(_ json: ArraySlice<UInt8>) -> String {
    if json.contains(UInt8(ascii: "\\")),
      let text = try? JSONDecoder().decode([String].self, from: Data([91] + json + [93]))
    {
      return text.first ?? ""
    }
    return String(decoding: json.dropFirst().dropLast(), as: UTF8.self)
  }
}
