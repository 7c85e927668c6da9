import Backtune
import BacktuneNumerics

/// The message of the last failed call, one a thread.
enum LastError {
  /// Where a thread keeps a C string of malloc, freed with the thread; nil where the process has no key left, and once
  /// the library is being unloaded.
  private nonisolated(unsafe) static var key: pthread_key_t? = {
    var key = pthread_key_t()
    // The function of the C library itself, no closure around it: a thread may end after this library was unloaded.
    typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
    let free = dlsym(nil, "free").map { unsafeBitCast($0, to: Free.self) }
    guard pthread_key_create(&key, free) == 0 else { return nil }
    // Called when this library is unloaded, too: a process has 1024 keys.
    atexit { LastError.close() }
    return key
  }()

  private static func close() {
    guard let old = key else { return }
    key = nil
    let message = pthread_getspecific(old)
    pthread_key_delete(old)
    free(message)
  }

  /// Messages by thread where there is no key: of so many threads.
  private static let keylessThreads = 64
  private static let lock = ForkSafeLock()
  private nonisolated(unsafe) static var keyless: [(pid_t, UnsafeMutablePointer<CChar>?)] = []

  static func set(_ text: String) {
    // A name may hold zero bytes, the message may not.
    var shown = ""
    for scalar in text.unicodeScalars {
      if scalar == "\0" { shown += "\\0" } else { shown.unicodeScalars.append(scalar) }
    }
    replace(by: strdup(shown))
  }

  /// A message that takes no memory but its own.
  static func set(static text: StaticString) {
    replace(by: strdup(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)))
  }

  private static func replace(by message: UnsafeMutablePointer<CChar>?) {
    guard let key else { return replaceKeyless(by: message) }
    let old = pthread_getspecific(key)
    guard pthread_setspecific(key, message) == 0 else { return free(message) }
    free(old)
  }

  private static func replaceKeyless(by message: UnsafeMutablePointer<CChar>?) {
    lock.whileLocked {
      let thread = gettid()
      if let place = keyless.firstIndex(where: { $0.0 == thread }) {
        free(keyless.remove(at: place).1)
      } else if keyless.count == keylessThreads {
        free(keyless.removeFirst().1)
      }
      keyless.append((thread, message))
    }
  }

  /// Calls `body` with the message of this thread, nil where there is none.
  static func withCurrent<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    if let key {
      return body(
        pthread_getspecific(key).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) })
    }
    return lock.whileLocked {
      body(keyless.first { $0.0 == gettid() }?.1.map { UnsafePointer($0) })
    }
  }
}
