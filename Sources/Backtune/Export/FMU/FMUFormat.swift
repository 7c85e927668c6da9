import BacktuneNetwork
import BacktuneNumerics

/// FMI for co-simulation: a description, the equations as a file, and a small interpreter of that file, as a binary and as
/// sources. Both are part of the library, see Plugins/Interpreter.
struct FMUFormat: ExportFormat {
  static let name = "fmu"

  enum Version: String, CaseIterable {
    case three = "3.0"
    case two = "2.0"
  }

  let version: Version
  private let stem: String

  init(_ options: inout JSONOptions, stem: String?) throws {
    version = try options.wordOrNumber("version", default: Version.three)
    self.stem = stem ?? "model"
  }

  func export(_ equations: Equations) throws -> Exported {
    let sizes = equations.signals.flatMap { [$0.size, $0.depth] }
    guard sizes.allSatisfy({ $0 <= Int32.max }) else {
      throw BacktuneError.network("format fmu: more than \(Int32.max) values")
    }
    let variables = FMUVariables(equations)
    let step = equations.labels.samplingTime ?? 1
    let model = FMUModel(equations, step: step, variables)
    let identifier = CNames.identifier(stem)
    let description = FMUDescription(
      version: version, identifier: identifier, name: XML.name(stem), token: model.token,
      step: step, variables: variables,
      sources: InterpreterFiles.sources.map(\.name).filter { $0.hasSuffix(".c") })
    var archive = ZipArchive()
    try archive.add("modelDescription.xml", Array(description.text.utf8))
    try archive.add(
      "binaries/\(platform)/\(identifier).so", Array(base64: InterpreterFiles.binary),
      isProgram: true)
    for source in InterpreterFiles.sources {
      try archive.add("sources/\(source.name)", Array(base64: source.text))
    }
    if version == .three {
      try archive.add("sources/buildDescription.xml", Array(description.build.utf8))
    }
    try archive.add("resources/model.bin", model.bytes)
    let bytes = archive.bytes
    return Exported(files: [.init(suffix: ".fmu", bytes: bytes)], whole: bytes)
  }

  /// The folder of the binary.
  private var platform: String {
    #if arch(x86_64)
      version == .three ? "x86_64-linux" : "linux64"
    #else
      "aarch64-linux"
    #endif
  }
}
