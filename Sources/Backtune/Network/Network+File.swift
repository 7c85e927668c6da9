import BacktuneNumerics

extension Network {
  /// Writes the JSON form beside the file, then renames: a failed write leaves the old file whole. A link is followed;
  /// a device or a pipe, which nothing can take the place of, is written to.
  /// - Throws: `.file` with the system's reason.
  public func save(to path: String) throws { try WholeFiles.replace([(path, try json())]) }

  /// Reads a network that `save` wrote.
  /// - Throws: `.file` where the file cannot be read, `.argument` where it is not a network, `.memory` where it does not
  ///   end within the budget.
  public init(contentsOf path: String) throws {
    guard let file = fopen(path, "rb") else { throw WholeFiles.failure("read", path) }
    defer { fclose(file) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      // Text has none; a device may have nothing else, without end.
      guard !chunk[..<count].contains(0) else {
        throw BacktuneError.argument("'\(path)': not a network, it holds zero bytes")
      }
      try MemoryBudget.bytes(doubles: [text.count + count], for: "network JSON")
      text += chunk[..<count]
    }
    guard ferror(file) == 0 else { throw WholeFiles.failure("read", path) }
    do {
      try self.init(json: text)
    } catch let error as BacktuneError {
      throw BacktuneError(error.kind, "'\(path)': \(error.description)")
    }
  }
}
