import BacktuneNetwork
import BacktuneNumerics

/// A form in which networks are written for other programs. Adding one: a file with a type that conforms, and that type in
/// `ExportFormats.all`.
package protocol ExportFormat {
  /// Its name, and the suffix of its files without the dot.
  static var name: String { get }

  /// Takes its options, defaults where they are absent. What nobody takes is refused by the caller.
  /// - Parameter stem: the name of the file without folder and suffix; nil where none is written.
  init(_ options: inout JSONOptions, stem: String?) throws

  /// - Throws: `.network` for what the format cannot say of a network.
  func export(_ equations: Equations) throws -> Exported
}

/// What a format makes of a network.
package struct Exported {
  package struct File {
    /// With its dot: takes the place of that of the path.
    package let suffix: String
    package let bytes: [UInt8]

    package init(suffix: String, bytes: [UInt8]) {
      (self.suffix, self.bytes) = (suffix, bytes)
    }
  }

  /// The file of the path first, then those beside it.
  package let files: [File]
  /// All of it where no file is written.
  package let whole: [UInt8]

  package init(files: [File], whole: [UInt8]) { (self.files, self.whole) = (files, whole) }
}

package enum ExportFormats {
  /// Every format.
  package static var all: [any ExportFormat.Type] {
    [CFormat.self, FMUFormat.self, ONNXFormat.self]
  }

  /// - Throws: `.argument` with the formats there are.
  package static func type(of name: String) throws -> any ExportFormat.Type {
    guard let type = all.first(where: { $0.name == name }) else {
      throw BacktuneError.argument("format '\(name)': unknown, expected one of \(names)")
    }
    return type
  }

  package static var names: String { all.map { $0.name }.joined(separator: ", ") }
}

extension Network {
  /// Writes the network for other programs, all files or none.
  ///
  /// - Parameters:
  ///   - path: of the first file; those beside it have the same name with other suffixes. A device or a pipe gets all as one
  ///     text.
  ///   - format: as "c"; nil for the one that the suffix of the path says.
  ///   - options: a JSON object of what the format takes, and `input_mean`, `input_scale`, `output_mean`, `output_scale`:
  ///     lists of a value a channel each, where the network reads and gives (w - mean) / scale of what its user calls w.
  /// - Throws: `.argument` for an unknown format or option, `.network` for an empty network, or for what the format cannot
  ///   say, `.file` where a file cannot be written.
  public func export(to path: String, format: String? = nil, options: String = "{}") throws {
    let (stem, suffix) = Self.parts(of: path)
    guard let format = format ?? suffix else {
      throw BacktuneError.argument(
        "path '\(path)': its suffix says no format, expected one of \(ExportFormats.names)")
    }
    let made = try exported(format, options, stem: stem.last.map { String($0) })
    guard !WholeFiles.isSpecial(path) else {
      return try WholeFiles.replace([(path, made.whole)])
    }
    let base = stem.joined(separator: "/")
    // The path as it was given, whatever its suffix.
    let paths = [path] + made.files.dropFirst().map { base + $0.suffix }
    guard Set(paths).count == paths.count else {
      throw BacktuneError.argument(
        "path '\(path)': two files would have that name, expected the suffix .\(format)")
    }
    try WholeFiles.replace(Array(zip(paths, made.files.map(\.bytes))))
  }

  /// The network for other programs, as the bytes of one text or file.
  ///
  /// - Parameters: as of `export(to:)`.
  /// - Throws: as `export(to:)`.
  public func export(format: String, options: String = "{}") throws -> [UInt8] {
    try exported(format, options, stem: nil).whole
  }

  private func exported(
    _ format: String, _ options: String, stem: String?
  ) throws -> Exported {
    let type = try ExportFormats.type(of: format)
    var taken = try JSONOptions(json: Array(options.utf8), of: "format \(format)")
    let inputs = try Scaling(&taken, of: "input")
    let outputs = try Scaling(&taken, of: "output")
    let writer = try type.init(&taken, stem: stem)
    try taken.finish()
    // A number becomes a text of its own before all are one.
    try MemoryBudget.bytes(
      doubles: [slots.values.count + entryCount + stateSize + 1, Self.exportedSize], for: "export")
    return try writer.export(try equations(inputs: inputs, outputs: outputs))
  }

  /// What a value takes on its way, in doubles.
  private static let exportedSize = 24

  /// The path without its suffix, part by part, and the suffix without its dot.
  private static func parts(of path: String) -> (stem: [Substring], suffix: String?) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.popLast() else { return ([], nil) }
    guard let dot = last.lastIndex(of: "."), dot != last.startIndex else {
      return (parts + [last], nil)
    }
    let suffix = last[last.index(after: dot)...]
    return (parts + [last[..<dot]], suffix.isEmpty ? nil : String(suffix))
  }
}

extension Scaling {
  /// Of options; nil where neither is given.
  fileprivate init?(_ options: inout JSONOptions, of channels: String) throws {
    let means = try options.numbers("\(channels)_mean")
    let scales = try options.numbers("\(channels)_scale")
    if let scale = scales?.first(where: { $0 == 0 || !(1 / $0).isFinite }) {
      throw BacktuneError.argument(
        "option \(channels)_scale: \(scale) came, expected numbers other than 0")
    }
    guard let count = (means ?? scales)?.count else { return nil }
    self.init(
      means: means ?? [Double](repeating: 0, count: count),
      scales: scales ?? [Double](repeating: 1, count: count))
  }
}
