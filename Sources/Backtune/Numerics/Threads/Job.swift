import Synchronization

/// Items that several threads work at: one call of `Threads.forEach`.
final class Job: @unchecked Sendable {
  /// What is to be done with items that nobody has begun.
  enum State: Int {
    /// Whoever is there takes the next one.
    case open = 0
    /// Workers leave them to the caller.
    case paused = 1
    /// Nobody takes any.
    case stopped = 2
  }

  let count: Int
  /// Workers that may join, at most.
  let seats: Int
  private let body: (Int, Int) throws -> Void

  private let next = Atomic<Int>(0)
  private let stateNumber = Atomic<Int>(State.open.rawValue)

  let caller = pthread_self()
  private let callerNumber = gettid()
  private let place = stackPlace()
  /// A call on another thread would round otherwise, or flush small values, where the host has set that.
  private let arithmetic = UnsafeMutablePointer<fenv_t>.allocate(capacity: 1)

  // Changed under the lock of the pool only:
  /// Workers that have taken a seat, and those that have not left.
  var taken = 0
  var inside = 0
  /// That of the pool when the job began.
  var generation = 0
  /// The error of the lowest item that threw.
  private(set) var failure: (index: Int, error: any Error)?

  init(_ count: Int, seats: Int, _ body: @escaping (Int, Int) throws -> Void) {
    (self.count, self.seats, self.body) = (count, seats, body)
    fegetenv(arithmetic)
  }

  deinit { arithmetic.deallocate() }

  var state: State {
    get { State(rawValue: stateNumber.load(ordering: .relaxed)) ?? .stopped }
    set { stateNumber.store(newValue.rawValue, ordering: .relaxed) }
  }

  var isExhausted: Bool { next.load(ordering: .relaxed) >= count }

  /// Whether its caller will never come back, as the caller of another job sees it: the same thread, which now stands above
  /// that call (stacks grow down), or the thread has ended.
  func isLeft(seenFrom other: Job) -> Bool {
    if pthread_equal(caller, other.caller) != 0 { return other.place >= place }
    return tgkill(getpid(), callerNumber, 0) != 0 && errno == ESRCH
  }

  /// Works at items until there are none, or the job is no longer open: on a worker.
  func work(as worker: Int) {
    fesetenv(arithmetic)
    let body = body
    while state == .open {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      do { try body(index, worker) } catch { Pool.lock.whileLocked { note(error, of: index) } }
    }
  }

  /// Works at items until there are none, or the job is stopped: on the caller's thread.
  func work(poll: () throws -> Void) throws {
    let body = body
    while state != .stopped {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      do { try body(index, 0) } catch { Pool.lock.whileLocked { note(error, of: index) } }
      try poll()
    }
  }

  /// Items are given out in order: those below the lowest that throws are done in any case, so that it is the same one
  /// whatever the number of threads.
  private func note(_ error: any Error, of index: Int) {
    if index < failure?.index ?? .max { failure = (index, error) }
    state = .stopped
  }
}

/// A place on the stack, of the function that calls this.
@inline(never)
package func stackPlace() -> UInt {
  var here = 0
  return withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
}
