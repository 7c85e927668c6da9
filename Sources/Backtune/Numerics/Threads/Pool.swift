/// The threads that help the one that calls, and the job that they help with: one at a time in the process. They are made
/// when first needed, sleep between jobs, and end with the library.
enum Pool {
  static let lock = ForkSafeLock()

  private struct State {
    var threads: [pthread_t] = []
    var job: Job?
    /// Workers that may still join the job.
    var seats = 0
    /// Workers inside a job, this one or one before.
    var active = 0
    /// Whether the library is being unloaded, or the process ends.
    var isClosed = false
    /// Whether this fork interrupted the job of its own thread.
    var isForking = false
    /// Forks that this process comes from: a worker of an earlier one is none of this pool's.
    var generation = 0
  }

  private nonisolated(unsafe) static let state: UnsafeMutablePointer<State> = {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(to: State())
    // After those of the lock, so that this one's preparation comes before the locks are taken.
    _ = lock
    pthread_atfork({ Pool.prepareFork() }, { Pool.resumeAfterFork() }, { Pool.resetAfterFork() })
    // Called when this library is unloaded, too: no thread may be left in its code.
    atexit { Pool.close() }
    return state
  }()

  /// Signalled when there are seats, and when nobody is inside a job.
  private static let wake = Condition()
  private static let done = Condition()

  /// How often the caller polls while it waits.
  private static let pollMilliseconds = 10
  /// How long the caller looks for the last items to end before it sleeps. To be woken takes longer on a virtual machine than
  /// half of a small job: 30 steps of 32 sequences (129 us on one thread) took 223 us on two, and take 151.
  private static let awake = Duration.microseconds(100)
  /// The engine's own recursion is small, as LAPACK's is.
  private static let stackSize = 1 << 20

  // MARK: The caller

  /// Runs a job with helpers.
  /// - Returns: false where the pool is in use, or there are no helpers: nothing has been done then.
  static func run(_ job: Job, poll: () throws -> Void) throws -> Bool {
    guard begin(job) else { return false }
    defer { end(job) }
    var interruption: (any Error)?
    do {
      try job.work(poll: poll)
      try join(job, poll: poll)
    } catch {
      interruption = error
      lock.whileLocked { job.state = .stopped }
      try join(job, poll: {})
    }
    if let error = interruption ?? job.failure?.error { throw error }
    return true
  }

  private static func begin(_ job: Job) -> Bool {
    let state = state
    return lock.whileLocked {
      guard !state.pointee.isClosed, isFree(for: job) else { return false }
      makeThreads(job.seats)
      guard !state.pointee.threads.isEmpty else { return false }
      job.generation = state.pointee.generation
      state.pointee.job = job
      state.pointee.seats = job.seats
      call(job.seats)
      return true
    }
  }

  /// Whether there is no job, or one that its caller left without returning.
  private static func isFree(for job: Job) -> Bool {
    guard let old = state.pointee.job else { return true }
    guard old.isLeft(seenFrom: job) else { return false }
    if old.state == .open { old.state = .paused }
    return true
  }

  private static func call(_ seats: Int) {
    if seats >= state.pointee.threads.count { return wake.broadcast() }
    for _ in 0..<seats { wake.signal() }
  }

  /// Waits until the items are done, or those under way where the job is stopped.
  private static func join(_ job: Job, poll: () throws -> Void) throws {
    let began = Time.now
    pthread_mutex_lock(lock.mutex)
    defer { pthread_mutex_unlock(lock.mutex) }
    while true {
      let isOver = job.state == .stopped || job.isExhausted
      // Nobody comes after the last one has left.
      if isOver && state.pointee.job === job { state.pointee.seats = 0 }
      if isOver && job.inside == 0 { return }
      guard job.generation == state.pointee.generation || job.inside == 0 else {
        throw BacktuneError.state("a call that was suspended when the process was forked")
      }
      if isOver && Time.now - began < awake {
        pthread_mutex_unlock(lock.mutex)
        sched_yield()
        pthread_mutex_lock(lock.mutex)
        continue
      }
      guard done.wait(lock, milliseconds: pollMilliseconds) else { continue }
      pthread_mutex_unlock(lock.mutex)
      defer { pthread_mutex_lock(lock.mutex) }
      try poll()
    }
  }

  private static func end(_ job: Job) {
    lock.whileLocked {
      guard state.pointee.job === job else { return }
      state.pointee.job = nil
    }
  }

  // MARK: Workers

  /// Makes threads that are missing; goes on with fewer where the system refuses.
  private static func makeThreads(_ count: Int) {
    guard state.pointee.threads.count < count else { return }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stackSize)
    // Signals go to the threads of the host, but for those of a fault, which are of the thread itself.
    var (mask, old) = (sigset_t(), sigset_t())
    sigfillset(&mask)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP] { sigdelset(&mask, fault) }
    pthread_sigmask(SIG_SETMASK, &mask, &old)
    defer {
      pthread_sigmask(SIG_SETMASK, &old, nil)
      pthread_attr_destroy(&attributes)
    }
    while state.pointee.threads.count < count {
      var thread = pthread_t(bitPattern: 0)
      let generation = UnsafeMutableRawPointer(bitPattern: state.pointee.generation)
      let error = pthread_create(&thread, &attributes, { Pool.work($0) }, generation)
      guard error == 0 else { return }
      state.pointee.threads.append(thread)
    }
  }

  private static func work(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let (state, generation) = (state, Int(bitPattern: argument))
    pthread_mutex_lock(lock.mutex)
    while generation == state.pointee.generation && !state.pointee.isClosed {
      guard state.pointee.seats > 0, let held = state.pointee.job.map(Unmanaged.passUnretained)
      else {
        wake.wait(lock)
        continue
      }
      // Kept by its caller, who waits until nobody is inside: what it captured is never given back here.
      held._withUnsafeGuaranteedRef { job in
        state.pointee.seats -= 1
        state.pointee.active += 1
        job.taken += 1
        job.inside += 1
        let worker = job.taken
        pthread_mutex_unlock(lock.mutex)
        job.work(as: worker)
        pthread_mutex_lock(lock.mutex)
        guard generation == state.pointee.generation else { return }
        state.pointee.active -= 1
        job.inside -= 1
        if job.inside == 0 || state.pointee.active == 0 { done.broadcast() }
      }
    }
    pthread_mutex_unlock(lock.mutex)
    return nil
  }

  // MARK: Forks and the end

  /// The helpers finish the items that they have begun. After a fork from within a job's poll the child, which has no
  /// helpers, can do the rest; the job of another thread, which waits at the gate, holds nothing then, where items are short.
  private static func prepareFork() {
    ForkGate.close()
    pthread_mutex_lock(lock.mutex)
    if let job = state.pointee.job {
      let isOwn = isOwn(job)
      state.pointee.isForking = isOwn
      state.pointee.seats = 0
      if job.state == .open { job.state = .paused }
      var waits = 0
      while state.pointee.active > 0, isOwn || waits < 20 {
        if done.wait(lock, milliseconds: pollMilliseconds) { waits += 1 }
      }
    }
    pthread_mutex_unlock(lock.mutex)
  }

  private static func resumeAfterFork() {
    lock.whileLocked {
      state.pointee.isForking = false
      guard let job = state.pointee.job, job.state == .paused else { return }
      job.state = .open
      // Those that are still inside go on.
      guard state.pointee.active == 0 else { return }
      job.taken = 0
      state.pointee.seats = job.seats
      call(job.seats)
    }
  }

  private static func resetAfterFork() {
    wake.reset()
    done.reset()
    state.pointee.threads.removeAll()
    state.pointee.generation += 1
    state.pointee.active = 0
    state.pointee.seats = 0
    if !state.pointee.isForking { state.pointee.job = nil }
    state.pointee.isForking = false
    Threads.forget()
  }

  private static func isOwn(_ job: Job) -> Bool { pthread_equal(job.caller, pthread_self()) != 0 }

  /// Waits for the end of threads that sleep. Where a job is under way it is the process that ends, with all threads.
  private static func close() {
    guard pthread_mutex_trylock(lock.mutex) == 0 else { return }
    guard state.pointee.job == nil, state.pointee.active == 0 else {
      pthread_mutex_unlock(lock.mutex)
      return
    }
    state.pointee.isClosed = true
    let threads = state.pointee.threads
    state.pointee.threads = []
    wake.broadcast()
    pthread_mutex_unlock(lock.mutex)
    for thread in threads { pthread_join(thread, nil) }
  }
}
