import BacktuneNumerics
import Glibc

extension Network {
  /// Writes the JSON form beside the file, then renames: a failed write leaves the old file whole.
  /// - Throws: `.file` with the system's reason.
  public func save(to path: String) throws {
    let text = try json()
    var name = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw Self.failure("write", path) }
    do {
      try Self.write(text, to: descriptor, path)
      // mkstemp makes a private file; what open would have made follows the umask.
      let mask = umask(0)
      umask(mask)
      guard fchmod(descriptor, 0o666 & ~mask) == 0, fsync(descriptor) == 0 else {
        throw Self.failure("write", path)
      }
    } catch {
      close(descriptor)
      unlink(name)
      throw error
    }
    guard close(descriptor) == 0, rename(name, path) == 0 else {
      let failure = Self.failure("write", path)
      unlink(name)
      throw failure
    }
  }

  /// Reads a network that `save` wrote.
  /// - Throws: `.file` where the file cannot be read, `.argument` where it is not a network.
  public init(contentsOf path: String) throws {
    guard let file = fopen(path, "rb") else { throw Self.failure("read", path) }
    defer { fclose(file) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      text += chunk[..<count]
    }
    guard ferror(file) == 0 else { throw Self.failure("read", path) }
    try self.init(json: text)
  }

  private static func write(_ text: [UInt8], to descriptor: Int32, _ path: String) throws {
    var place = 0
    while place < text.count {
      let count = text[place...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      place += count
    }
  }

  private static func failure(_ action: String, _ path: String) -> BacktuneError {
    .file("cannot \(action) '\(path)': \(String(cString: strerror(errno)))")
  }
}
