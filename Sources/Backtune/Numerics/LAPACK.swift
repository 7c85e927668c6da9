import CThread

/// Calls of LAPACK, which cannot poll: the BLAS that they call does it for them.
enum LAPACK {
  /// Calls `body`, which calls LAPACK, on this thread; where it takes long, `poll` is called about every millisecond.
  ///
  /// LAPACK cannot be left. Where `poll` throws, its products are no longer made and `giveUp` is called, which is to fill
  /// all that it works on with zeros: what is left for it to do is of a lower order, and comes to an end.
  ///
  /// - Parameter work: multiplications, about.
  static func run(work: Int, poll: Poll, giveUp: @escaping () -> Void, _ body: () -> Void) throws {
    if work < longWork { return body() }
    let watch = Watch(poll, giveUp)
    setCurrent(Unmanaged.passUnretained(watch).toOpaque())
    body()
    setCurrent(nil)
    if let error = watch.error { throw error }
    try poll()
  }

  /// Whether a product of so many multiplications is still wanted. Asked by every one that is not small, before it begins.
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
  private let giveUp: () -> Void
  /// Multiplications since `poll` was called.
  var work = 0
  private(set) var error: (any Error)?

  init(_ poll: Poll, _ giveUp: @escaping () -> Void) { (self.poll, self.giveUp) = (poll, giveUp) }

  func ask() {
    do { try poll() } catch {
      self.error = error
      giveUp()
    }
  }
}
