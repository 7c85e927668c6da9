import BacktuneNetwork

/// Names of a C program, none of them twice and none that means something already.
struct CNames {
  private var taken = Self.reserved

  /// A name like that one, which no other has.
  mutating func take(_ wanted: String) -> String {
    // With a number behind it all of it counts for any compiler.
    var name = Self.identifier(wanted, most: 58)
    // What has no small letter may be a macro.
    if !name.contains(where: \.isLowercase) { name += "_v" }
    return taken.take(name, joint: "_v")
  }

  mutating func reserve(_ name: String) { taken.insert(name) }

  /// The letters, digits and underscores of a text, not more than so many of them, the first a letter.
  static func identifier(_ text: String, most: Int = 40) -> String {
    var name = String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(most).map { isWord($0) ? $0 : "_" }))
    if name.first.map({ !$0.isLetter }) ?? true { name = "m\(name)" }
    return name
  }

  static func isWord(_ character: Unicode.Scalar) -> Bool {
    switch character {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }

  /// Whether functions may begin with it.
  static func isPrefix(_ text: String) -> Bool {
    identifier(text) == text
  }

  /// Text that may stand in a comment.
  static func comment(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      let last = result.unicodeScalars.last
      let ends = (last == "*" && character == "/") || (last == "/" && character == "*")
      // Two question marks begin a trigraph.
      if ends || (last == "?" && character == "?") { result += " " }
      let isUnseen = unseen.contains { $0.contains(character.value) }
      result.unicodeScalars.append(isUnseen || character == "\\" ? "_" : character)
    }
    return result
  }

  /// Control characters, and those that turn the direction of what follows: compilers warn of them.
  private static let unseen: [ClosedRange<UInt32>] = [
    0...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF...0xFEFF,
  ]

  /// Keywords of C and C++, what the program calls, its own names, and macros that compilers define.
  private static let reserved: Set<String> = [
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
    "case", "catch", "char", "class", "compl", "concept", "const", "consteval", "constexpr",
    "constinit", "const_cast", "continue", "co_await", "co_return", "co_yield", "decltype",
    "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "export",
    "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
    "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq",
    "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict",
    "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct",
    "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid",
    "typename", "typeof", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
    "while", "xor", "xor_eq",
    "exp", "expf", "fabs", "fabsf", "isnan", "log", "logf", "log1p", "log1pf", "tanh", "tanhf",
    "int32_t", "uint8_t", "uint16_t", "uint32_t",
    "state", "u", "y", "measured", "values", "i", "j", "k", "largest", "sum", "unused",
    "linux", "unix", "i386", "errno", "near", "far", "huge", "interrupt",
  ]
}
