import BacktuneNumerics
import CThread

/// The floating-point arithmetic of the calling thread, as the host has set it: rounding, small values taken for zero, traps.
/// The engine has its own, in which results are the same whatever that is; what was found is there again afterwards, flags
/// of what happened included, and while a callback runs.
struct Arithmetic {
  private let found: UInt64

  /// To be ended by `restore`.
  @inline(__always)
  init() {
    found = backtune_arithmetic()
    if isOther { backtune_set_arithmetic(BACKTUNE_USUAL_ARITHMETIC) }
  }

  @inline(__always)
  func restore() {
    if backtune_arithmetic() != found { backtune_set_arithmetic(found) }
  }

  /// The same, flags of what happened aside: in half the time.
  @inline(__always)
  func restoreMode() {
    if isOther { backtune_set_arithmetic(found) }
  }

  @inline(__always)
  private var isOther: Bool { found & ~BACKTUNE_ARITHMETIC_FLAGS != BACKTUNE_USUAL_ARITHMETIC }

  /// Notes it for callbacks.
  func note() { Self.setHost(found) }

  /// Calls a function of the host's, in the arithmetic that was noted last. Forks do not wait for what it does.
  static func ofHost<Result>(_ body: () -> Result) -> Result {
    backtune_set_arithmetic(host())
    ForkGate.leave()
    let result = body()
    ForkGate.enter()
    backtune_set_arithmetic(BACKTUNE_USUAL_ARITHMETIC)
    return result
  }

  // Never inlined: another file would have a variable of its own.

  @inline(never)
  private static func host() -> UInt64 { backtune_host_arithmetic().pointee }

  @inline(never)
  private static func setHost(_ arithmetic: UInt64) {
    backtune_host_arithmetic().pointee = arithmetic
  }
}
