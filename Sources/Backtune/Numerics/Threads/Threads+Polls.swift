import Synchronization

extension Threads {
  /// `forEach` with bodies that poll: on the caller's thread what they are given is `poll`, on others it throws once
  /// that has thrown.
  /// - Throws: what `poll` threw, or the bodies, as that does.
  package static func forEach(
    _ count: Int, threads: Int = Threads.count, polls poll: Poll,
    _ body: @escaping (_ index: Int, _ worker: Int, _ poll: Poll) throws -> Void
  ) throws {
    let interruption = Interruption()
    let own = Poll {
      do { try poll() } catch {
        interruption.isSet.store(true, ordering: .relaxed)
        throw error
      }
    }
    let others = Poll {
      if interruption.isSet.load(ordering: .relaxed) {
        throw BacktuneError(.interrupted, "stopped by the caller")
      }
    }
    try forEach(count, threads: threads, poll: { try own() }) { index, worker in
      try body(index, worker, worker == 0 ? own : others)
    }
  }

  private final class Interruption: Sendable {
    let isSet = Atomic(false)
  }
}
