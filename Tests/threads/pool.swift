// The pool behind a few C functions: what only a C program can do to it (Tests/threads/run.sh).
import Synchronization

/// The sum of 0, 1, ... count - 1, each taken after so many microseconds; -1 where the callback, if any, stopped it.
@_cdecl("pool_sum")
public func poolSum(
  _ count: Int, _ threads: Int, _ microseconds: Int, _ callback: (@convention(c) () -> Int32)?
) -> Int {
  let values = UnsafeMutablePointer<Int>.allocate(capacity: max(count, 1))
  // Not where the callback is left: a worker may still write.
  defer { values.deallocate() }
  struct Stopped: Error {}
  do {
    let poll = { if let callback, callback() != 0 { throw Stopped() } }
    try Threads.forEach(count, threads: threads, poll: poll) { index, _ in
      if microseconds > 0 { usleep(UInt32(microseconds)) }
      values[index] = index
    }
  } catch { return -1 }
  return (0..<max(count, 0)).reduce(0) { $0 + values[$1] }
}

private let begun = Atomic<Int>(0)

/// How many threads took part in so many items that wait for each other, five seconds at most.
@_cdecl("pool_helpers")
public func poolHelpers(_ threads: Int) -> Int {
  let seen = UnsafeMutablePointer<Int>.allocate(capacity: threads)
  seen.initialize(repeating: 0, count: threads)
  defer { seen.deallocate() }
  begun.store(0, ordering: .sequentiallyConsistent)
  Threads.forEach(threads, threads: threads) { _, worker in
    begun.add(1, ordering: .sequentiallyConsistent)
    for _ in 0..<5000 where begun.load(ordering: .sequentiallyConsistent) < threads {
      usleep(1000)
    }
    seen[worker] = 1
  }
  return (0..<threads).reduce(0) { $0 + seen[$1] }
}

/// Items that throw from `first` on: the index whose error came out, -1 without one.
@_cdecl("pool_failure")
public func poolFailure(_ count: Int, _ threads: Int, _ first: Int) -> Int {
  struct Failure: Error { let index: Int }
  do {
    let poll = {}
    try Threads.forEach(count, threads: threads, poll: poll) { index, _ in
      if index >= first { throw Failure(index: index) }
    }
    return -1
  } catch { return (error as? Failure)?.index ?? -2 }
}
