/// What threads wait for beside a lock, made once and never freed.
struct Condition: @unchecked Sendable {
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() { reset() }

  /// Forgets who waits: after a fork, those are threads that the child does not have.
  func reset() {
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  func signal() { pthread_cond_signal(condition) }
  func broadcast() { pthread_cond_broadcast(condition) }

  /// Waits, with the lock taken, until something was signalled, or for no reason.
  func wait(_ lock: ForkSafeLock) { pthread_cond_wait(condition, lock.mutex) }

  /// Waits so many milliseconds at most.
  /// - Returns: whether the time is over.
  func wait(_ lock: ForkSafeLock, milliseconds: Int) -> Bool {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    time.tv_nsec += milliseconds * 1_000_000
    time.tv_sec += time.tv_nsec / 1_000_000_000
    time.tv_nsec %= 1_000_000_000
    return pthread_cond_timedwait(condition, lock.mutex, &time) == ETIMEDOUT
  }
}
