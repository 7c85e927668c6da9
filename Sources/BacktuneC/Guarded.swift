import Backtune
import BacktuneNumerics

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
    // What a callback of the call stops is no error, what the thread's stops is.
    case .interrupted: -6
    case .processes: -10
    case .loader: -11
    }
  }
}

/// The body of every export: an error becomes its status, and its text that of the thread.
///
/// - Parameter takesMemory: false for what gives it back, or reads a number: to ask for the limit is a call of the system.
func guarded(takesMemory: Bool = true, _ body: () throws -> Void) -> Int32 {
  ForkGate.enter()
  let arithmetic = Arithmetic()
  arithmetic.note()
  defer {
    arithmetic.restore()
    ForkGate.leave()
  }
  guard !takesMemory || AddressSpace.isEnough else {
    LastError.set(static: "the limit on the address space leaves less than 48 MiB")
    return -8
  }
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
