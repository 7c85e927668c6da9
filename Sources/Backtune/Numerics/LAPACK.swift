/// Calls of LAPACK, which cannot poll themselves.
enum LAPACK {
  /// Calls `body`, on another thread while the caller polls where it takes long. What it captures has to outlive a callback
  /// that is never returned from.
  ///
  /// - Parameter work: multiplications, about.
  static func run(work: Int, poll: Poll, _ body: @escaping () -> Void) throws {
    if work < longWork {
      body()
    } else {
      try Threads.aside(poll: { try poll() }, body)
    }
  }

  /// Some milliseconds.
  private static let longWork = 20_000_000
}
