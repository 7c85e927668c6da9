/// A lock for a few instructions at a time, made once and never freed: static ones alone. Every fork takes all of
/// them, in the order of their making, so that a child never finds one taken by a thread that it does not have.
package struct ForkSafeLock: @unchecked Sendable {
  let mutex: UnsafeMutablePointer<pthread_mutex_t>

  private nonisolated(unsafe) static var all: [UnsafeMutablePointer<pthread_mutex_t>] = []
  private nonisolated(unsafe) static let registry: UnsafeMutablePointer<pthread_mutex_t> = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_atfork(
      {
        ForkGate.close()
        pthread_mutex_lock(ForkSafeLock.registry)
        for mutex in ForkSafeLock.all { pthread_mutex_lock(mutex) }
      }, { ForkSafeLock.unlockAll() }, { ForkSafeLock.unlockAll() })
    return mutex
  }()

  private static func unlockAll() {
    for mutex in all.reversed() { pthread_mutex_unlock(mutex) }
    pthread_mutex_unlock(registry)
  }

  package init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_mutex_lock(Self.registry)
    Self.all.append(mutex)
    pthread_mutex_unlock(Self.registry)
  }

  package func whileLocked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}
