import BacktuneNetwork
import BacktuneNumerics

/// C99: a source and a header that need math.h alone, take no memory and have no variables of their own.
struct CFormat: ExportFormat {
  static let name = "c"

  enum Precision: String, CaseIterable {
    case double, float
  }

  let precision: Precision
  /// What the names of all functions and types begin with.
  let prefix: String
  private let stem: String

  init(_ options: inout JSONOptions, stem: String?) throws {
    precision = try options.word("precision", default: Precision.double)
    let given = try options.text("prefix")
    if let given, !CNames.isPrefix(given) {
      throw BacktuneError.argument(
        "option prefix of format c: '\(given)' came, expected a letter and up to 39 letters, digits or '_'"
      )
    }
    if let stem,
      zip(stem, stem.dropFirst()).contains(where: { $0 == "?" && $1 == "?" })
        || stem.contains(where: { $0 == "\"" || $0 == "\\" || $0.isNewline })
    {
      throw BacktuneError.argument(
        "path: the name '\(stem)' holds a quotation mark, a backslash, '??' or a new line, which cannot be included in C"
      )
    }
    self.stem = stem ?? "model"
    prefix = given ?? CNames.identifier(self.stem)
  }

  func export(_ equations: Equations) throws -> Exported {
    let program = try CProgram(equations, precision: precision, prefix: prefix)
    let (header, source) = (program.header, program.source)
    let include = "#include \"\(stem).h\"\n\n"
    return Exported(
      files: [
        .init(suffix: ".c", bytes: Array((program.head + include + source).utf8)),
        .init(suffix: ".h", bytes: Array((program.head + header).utf8)),
      ],
      whole: Array((program.head + header + "\n" + source).utf8))
  }
}
