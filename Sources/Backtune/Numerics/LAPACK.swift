import CThread

/// Calls of LAPACK, which cannot poll: what they call of BLAS does it for them.
enum LAPACK {
  /// Calls `body`, which calls LAPACK, on this thread; where it takes long, `poll` is called every few milliseconds.
  ///
  /// LAPACK cannot be left. Where `poll` throws, products of matrices are no longer made, and rounding is said to be so
  /// coarse that everything has converged: what is left to do is of a lower order.
  ///
  /// - Parameter work: multiplications, about.
  static func run(work: Int, poll: Poll, _ body: () -> Void) throws {
    if work < longWork { return body() }
    let watch = Watch(poll)
    setCurrent(Unmanaged.passUnretained(watch).toOpaque())
    body()
    setCurrent(nil)
    if let error = watch.error { throw error }
    try poll()
  }

  /// Whether a product of so many multiplications, or what takes as long, is still wanted. Asked by every one that is not
  /// small, before it begins.
  @inline(never)
  static func wants(_ work: Int) -> Bool {
    guard let place = backtune_watch().pointee else { return true }
    let watch = Unmanaged<Watch>.fromOpaque(place).takeUnretainedValue()
    if watch.error != nil { return false }
    watch.work += work
    if watch.work < pollWork { return true }
    watch.work = 0
    // What is polled may call LAPACK too, or never come back.
    setCurrent(nil)
    watch.ask()
    setCurrent(place)
    return watch.error == nil
  }

  /// Never inlined, as `wants`: another file would have a variable of its own.
  @inline(never)
  private static func setCurrent(_ watch: UnsafeMutableRawPointer?) {
    backtune_watch().pointee = watch
  }

  /// Some milliseconds.
  private static let longWork = 20_000_000
  /// A millisecond at most.
  private static let pollWork = 1_000_000
}

/// What is to be asked while a call of LAPACK is under way.
private final class Watch {
  private let poll: Poll
  /// Multiplications since `poll` was called.
  var work = 0
  private(set) var error: (any Error)?

  init(_ poll: Poll) { self.poll = poll }

  func ask() {
    do { try poll() } catch { self.error = error }
  }
}
