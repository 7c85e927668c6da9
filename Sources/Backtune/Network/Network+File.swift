import BacktuneNumerics

extension Network {
  /// Writes the JSON form beside the file, then renames: a failed write leaves the old file whole. A link is followed;
  /// a device or a pipe, which nothing can take the place of, is written to.
  /// - Throws: `.file` with the system's reason.
  public func save(to path: String) throws {
    let text = try json()
    let target = Self.resolved(path)
    var old = stat()
    let exists = stat(target, &old) == 0
    guard !exists || old.st_mode & S_IFMT == S_IFREG else {
      return try Self.overwrite(target, text, path)
    }
    let (name, descriptor) = try Self.makeNeighbour(of: target, path)
    do {
      try Self.put(text, to: descriptor, path)
      guard !exists || fchmod(descriptor, old.st_mode & 0o777) == 0, fsync(descriptor) == 0 else {
        throw Self.failure("write", path)
      }
    } catch {
      close(descriptor)
      unlink(name)
      throw error
    }
    guard close(descriptor) == 0, rename(name, target) == 0 else {
      let failure = Self.failure("write", path)
      unlink(name)
      throw failure
    }
  }

  /// Reads a network that `save` wrote.
  /// - Throws: `.file` where the file cannot be read, `.argument` where it is not a network, `.memory` where it does not
  ///   end within the budget.
  public init(contentsOf path: String) throws {
    guard let file = fopen(path, "rb") else { throw Self.failure("read", path) }
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
    guard ferror(file) == 0 else { throw Self.failure("read", path) }
    do {
      try self.init(json: text)
    } catch let error as BacktuneError {
      throw BacktuneError(error.kind, "'\(path)': \(error.description)")
    }
  }

  /// The path behind links; the path itself where there is no file yet.
  private static func resolved(_ path: String) -> String {
    guard let full = realpath(path, nil) else { return path }
    defer { free(full) }
    return String(cString: full)
  }

  /// A new file in the folder of `target`.
  private static func makeNeighbour(
    of target: String, _ path: String
  ) throws -> (name: String, descriptor: Int32) {
    let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
    for number in 0..<100 {
      let name = "\(folder).backtune-\(getpid())-\(number)"
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (name, descriptor) }
      guard errno == EEXIST else { break }
    }
    throw failure("write", path)
  }

  private static func overwrite(_ target: String, _ text: [UInt8], _ path: String) throws {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("write", path) }
    defer { close(descriptor) }
    try put(text, to: descriptor, path)
  }

  private static func put(_ text: [UInt8], to descriptor: Int32, _ path: String) throws {
    try withoutPipeSignal {
      var place = 0
      while place < text.count {
        let count = text[place...].withUnsafeBytes {
          write(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw failure("write", path) }
        place += count
      }
    }
  }

  /// Keeps SIGPIPE, of which a process dies by default, from this thread: a pipe without a reader is an error of the
  /// write. The process's own handling of the signal, and one that was waiting already, stay as they were.
  private static func withoutPipeSignal(_ body: () throws -> Void) rethrows {
    var (pipe, old, waiting) = (sigset_t(), sigset_t(), sigset_t())
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    sigpending(&waiting)
    let isWaiting = sigismember(&waiting, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &pipe, &old)
    defer {
      let reason = errno
      var none = timespec()
      if !isWaiting { while sigtimedwait(&pipe, nil, &none) < 0 && errno == EINTR {} }
      pthread_sigmask(SIG_SETMASK, &old, nil)
      errno = reason
    }
    try body()
  }

  private static func failure(_ action: String, _ path: String) -> BacktuneError {
    .file("cannot \(action) '\(path)': \(String(cString: strerror(errno)))")
  }
}
