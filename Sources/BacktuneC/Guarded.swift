import Backtune
import Glibc

/// What can be wrong with a call besides the engine's errors.
enum CallError: Error {
  case null(String)
  case handle(String)
  case busy(String)

  var text: String {
    switch self {
    case .null(let name): "\(name) is NULL"
    case .handle(let name): "\(name) is not a living handle: it was freed, or is of another kind"
    case .busy(let name): "\(name) is in use by another thread, or by the run of this callback"
    }
  }

  var status: Int32 {
    switch self {
    case .null: -2
    case .handle: -4
    case .busy: -5
    }
  }
}

extension BacktuneError {
  fileprivate var status: Int32 {
    switch kind {
    case .argument: -1
    case .size: -3
    case .state: -6
    case .network: -7
    case .memory: -8
    case .file: -9
    // Never leaves the estimator: what a monitor stops is no error.
    case .interrupted: -6
    }
  }
}

/// The body of every export: an error becomes its status, and its text that of the thread.
func guarded(_ body: () throws -> Void) -> Int32 {
  do {
    try body()
    return 0
  } catch let error as CallError {
    LastError.set(error.text)
    return error.status
  } catch let error as BacktuneError {
    LastError.set(error.description)
    return error.status
  } catch {
    LastError.set("\(error)")
    return -1
  }
}

/// The message of the last failed call, one a thread.
enum LastError {
  /// Holds a C string of malloc, freed with the thread.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    // The function of the C library itself, no closure around it: a thread may end after this library was unloaded.
    typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
    let free = dlsym(nil, "free").map { unsafeBitCast($0, to: Free.self) }
    pthread_key_create(&key, free)
    return key
  }()

  static func set(_ text: String) {
    let old = pthread_getspecific(key)
    // A name may hold zero bytes, the message may not.
    pthread_setspecific(key, strdup(text.replacing("\0", with: "\\0")))
    Glibc.free(old)
  }

  static var current: UnsafePointer<CChar>? {
    pthread_getspecific(key).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
  }
}
