/// Work side by side on threads of the engine's own.
///
/// Which thread does which item, and when, differs from run to run: results that do not depend on it come from items
/// that write to places of their own, joined in the order of items afterwards.
package enum Threads {
  /// Calls `body(index, worker)` once for every index below `count`, on up to `threads` threads, the caller's among them.
  ///
  /// Indices are given out in their order, each to whoever is free. `worker` is below `min(threads, count)`, and no two
  /// calls that run at once have the same: it says whose scratch to use. Called from inside a body, from `poll`, or while
  /// another thread of the host uses the pool, everything is done by the caller, as worker 0.
  ///
  /// - Parameters:
  ///   - poll: called on the caller's thread only, between its items and while it waits for others, every 10 ms then.
  ///   - body: what it captures has to outlive a callback that is never returned from; no stack of the caller's.
  /// - Throws: what `poll` threw; else, of the bodies that threw, the error of the lowest index. No items are begun from
  ///   then on, and those under way are waited for.
  package static func forEach(
    _ count: Int, threads: Int = Threads.count, poll: () throws -> Void,
    _ body: @escaping (_ index: Int, _ worker: Int) throws -> Void
  ) throws {
    let helpers = min(threads, count) - 1
    if helpers > 0 {
      let job = Job(count, seats: helpers, body)
      if try Pool.run(job, poll: poll) { return }
    }
    for index in 0..<max(count, 0) {
      try body(index, 0)
      try poll()
    }
  }

  /// The same without polls: for work of less than some milliseconds.
  package static func forEach(
    _ count: Int, threads: Int = Threads.count,
    _ body: @escaping (_ index: Int, _ worker: Int) -> Void
  ) {
    // Nothing in it throws.
    try? forEach(count, threads: threads, poll: {}, body)
  }

  /// Whether so many multiplications, or what takes as long, are worth waking other threads for.
  package static func worthwhile(work: Int) -> Bool { work >= worthwhileWork && count > 1 }

  /// About 50 us of work: a sleeping thread takes up its first item after some 20 to 50 us.
  private static let worthwhileWork = 200_000
}
