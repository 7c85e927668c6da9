import BacktuneNumerics

/// How deep JSON text may be nested. The decoder calls itself at every level, up to 512 of them: too many for the stack
/// of a small thread, and a network needs 8.
enum JSONNesting {
  static let limit = 32

  /// - Throws: `.argument` for text nested deeper than the limit, whether it is JSON or not.
  static func check(_ json: [UInt8], _ what: String) throws {
    var (depth, isText, isEscaped) = (0, false, false)
    for byte in json {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > limit {
          throw BacktuneError.argument("\(what): JSON nested deeper than \(limit)")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
  }
}
