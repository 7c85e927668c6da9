import BacktuneNumerics

/// Files that are written whole or not at all.
package enum WholeFiles {
  /// Writes beside each file, then renames all: a failed write leaves the old files whole. A link is followed; a device or a
  /// pipe, which nothing can take the place of, is written to.
  /// - Throws: `.file` with the system's reason.
  package static func replace(_ files: [(path: String, bytes: [UInt8])]) throws {
    var beside: [Beside] = []
    do {
      for (path, bytes) in files {
        let target = resolved(path)
        guard !beside.contains(where: { $0.target == target }) else {
          throw BacktuneError.file("cannot write '\(path)': another of these files is linked there")
        }
        let mode = mode(of: target)
        guard mode.map(isFile) ?? true else {
          try overwrite(target, bytes, path)
          continue
        }
        let (name, descriptor) = try makeNeighbour(of: target, path)
        beside.append(Beside(name: name, target: target, path: path))
        try fill(descriptor, bytes, path, mode: mode.map { $0 & 0o777 })
      }
      while let file = beside.first {
        guard rename(file.name, file.target) == 0 else { throw failure("write", file.path) }
        beside.removeFirst()
      }
    } catch {
      for file in beside { unlink(file.name) }
      throw error
    }
  }

  /// Whether there is something else than a file, to which can only be written.
  package static func isSpecial(_ path: String) -> Bool {
    mode(of: path).map { !isFile($0) } ?? false
  }

  /// Nil where there is nothing.
  private static func mode(of path: String) -> mode_t? {
    var found = stat()
    return stat(path, &found) == 0 ? found.st_mode : nil
  }

  private static func isFile(_ mode: mode_t) -> Bool { mode & S_IFMT == S_IFREG }

  /// What is to take the place of a file.
  private struct Beside {
    let name: String
    let target: String
    let path: String
  }

  /// Writes all bytes and closes, whatever happens.
  private static func fill(
    _ descriptor: Int32, _ bytes: [UInt8], _ path: String, mode: mode_t?
  ) throws {
    do {
      try put(bytes, to: descriptor, path)
      guard mode.map({ fchmod(descriptor, $0) == 0 }) ?? true, fsync(descriptor) == 0 else {
        throw failure("write", path)
      }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw failure("write", path) }
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

  private static func overwrite(_ target: String, _ bytes: [UInt8], _ path: String) throws {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("write", path) }
    defer { close(descriptor) }
    try put(bytes, to: descriptor, path)
  }

  private static func put(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
    try withoutSignals {
      var place = 0
      while place < bytes.count {
        let count = bytes[place...].withUnsafeBytes {
          write(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw failure("write", path) }
        place += count
      }
    }
  }

  /// Keeps SIGPIPE and SIGXFSZ, of which a process dies by default, from this thread: a pipe without a reader and a file
  /// past the limit on its size are errors of the write. The process's own handling of the signals, and those that were
  /// waiting already, stay as they were.
  private static func withoutSignals(_ body: () throws -> Void) rethrows {
    var (own, old, waiting) = (sigset_t(), sigset_t(), sigset_t())
    sigpending(&waiting)
    var (blocked, signals) = (sigset_t(), [SIGPIPE, SIGXFSZ])
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    signals.removeAll { sigismember(&waiting, $0) == 1 }
    sigemptyset(&own)
    for signal in signals { sigaddset(&own, signal) }
    pthread_sigmask(SIG_BLOCK, &blocked, &old)
    defer {
      let reason = errno
      var none = timespec()
      // Until none is left: a signal, or an interruption by another one.
      while !signals.isEmpty, sigtimedwait(&own, nil, &none) > 0 || errno == EINTR {}
      pthread_sigmask(SIG_SETMASK, &old, nil)
      errno = reason
    }
    try body()
  }

  static func failure(_ action: String, _ path: String) -> BacktuneError {
    .file("cannot \(action) '\(path)': \(String(cString: strerror(errno)))")
  }
}
