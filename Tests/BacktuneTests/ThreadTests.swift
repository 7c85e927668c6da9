import Backtune
import Synchronization
import Testing

@testable import BacktuneNumerics

/// The pool: who does what, what is thrown, and when it polls. Serialised: a second caller would find the pool in use.
@Suite(.serialized) struct ThreadTests {
  private struct Failure: Error, Equatable { let index: Int }

  /// Counters that bodies on any thread add to.
  private final class Counters: @unchecked Sendable {
    private let values: UnsafeMutablePointer<Atomic<Int>>

    init(_ count: Int) {
      values = .allocate(capacity: count)
      for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }
    deinit { values.deallocate() }

    func add(at index: Int) { values[index].wrappingAdd(1, ordering: .sequentiallyConsistent) }
    subscript(index: Int) -> Int { values[index].load(ordering: .sequentiallyConsistent) }
  }

  /// Lets a helper get to its work.
  private static func sleep(milliseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
    nanosleep(&time, nil)
  }

  /// Waits until so many have come here, ten seconds at most.
  private static func meet(_ arrived: Counters, _ count: Int) {
    arrived.add(at: 0)
    let start = milliseconds()
    while arrived[0] < count && milliseconds() < start + 10_000 { sched_yield() }
  }

  private static func milliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  @Test(arguments: [1, 2, 5], [0, 1, 2, 7, 1000])
  func everyIndexOnce(threads: Int, count: Int) throws {
    let (done, users) = (Counters(max(count, 1)), Counters(threads))
    let overlaps = Counters(1)
    try Threads.forEach(count, threads: threads, poll: {}) { index, worker in
      users.add(at: worker)
      if users[worker] % 2 != 1 { overlaps.add(at: 0) }
      done.add(at: index)
      users.add(at: worker)
    }
    for index in 0..<count { #expect(done[index] == 1) }
    // No two bodies at once with the same worker number.
    #expect(overlaps[0] == 0)
    #expect((0..<threads).reduce(0) { $0 + users[$1] } == 2 * count)
  }

  @Test func helpersHelp() throws {
    // Two items meet only if two threads have them; where another test has the pool, one has both.
    var together = false
    for _ in 0..<10 where !together {
      let (arrived, met) = (Counters(1), Counters(1))
      try Threads.forEach(2, threads: 2, poll: {}) { _, _ in
        Self.meet(arrived, 2)
        if arrived[0] == 2 { met.add(at: 0) }
      }
      together = met[0] == 2
    }
    #expect(together)
  }

  @Test(arguments: [1, 2, 5])
  func errorOfTheLowestIndex(threads: Int) {
    for _ in 0..<50 {
      let begun = Counters(1000)
      #expect(throws: Failure(index: 13)) {
        try Threads.forEach(1000, threads: threads, poll: {}) { index, _ in
          begun.add(at: index)
          // The lowest one is the last to say so.
          if index == 13 { Self.sleep(milliseconds: 1) }
          if index >= 13 { throw Failure(index: index) }
        }
      }
      for index in 0...13 { #expect(begun[index] == 1) }
      #expect((0..<1000).reduce(0) { $0 + begun[$1] } <= 13 + threads)
    }
  }

  @Test(arguments: [1, 2, 5])
  func pollStops(threads: Int) {
    let done = Counters(1)
    var polls = 0
    #expect(throws: Failure(index: -1)) {
      try Threads.forEach(
        1000, threads: threads,
        poll: {
          polls += 1
          if polls == 3 { throw Failure(index: -1) }
        }
      ) { _, _ in
        Self.sleep(milliseconds: 1)
        done.add(at: 0)
      }
    }
    // Not called again, and those under way have ended.
    #expect(polls == 3)
    let count = done[0]
    #expect(count >= 1 && count <= 20 * threads)
    Self.sleep(milliseconds: 5)
    #expect(done[0] == count)
  }

  @Test func pollsWhileOthersWork() throws {
    let caller = pthread_self()
    var (last, longest, polls, strangers) = (0.0, 0.0, 0, 0)
    let poll = {
      let now = Self.milliseconds()
      (longest, last, polls) = (max(longest, now - last), now, polls + 1)
      if pthread_equal(caller, pthread_self()) == 0 { strangers += 1 }
    }
    // The longest time of some tries: another process may have the processor meanwhile, another test the pool, and then the
    // caller does all by itself.
    func longestOfBestTry(_ work: () throws -> Void) rethrows -> Double {
      var best = Double.infinity
      for _ in 0..<20 where best > 50 {
        (last, longest, polls) = (Self.milliseconds(), 0, 0)
        try work()
        if polls >= 6 { best = min(best, longest) }
      }
      return best
    }
    let shared = try longestOfBestTry {
      let arrived = Counters(1)
      try Threads.forEach(2, threads: 2, poll: poll) { _, worker in
        Self.meet(arrived, 2)
        if worker == 0 { last = Self.milliseconds() } else { Self.sleep(milliseconds: 300) }
      }
    }
    #expect(shared < 50)
    #expect(strangers == 0)
  }

  @Test(arguments: [2, 5])
  func nestedCalls(threads: Int) throws {
    let done = Counters(64)
    var polled = 0
    try Threads.forEach(
      8, threads: threads,
      poll: {
        polled += 1
        try Threads.forEach(3, threads: threads, poll: {}) { _, worker in #expect(worker == 0) }
      }
    ) { outer, _ in
      Self.sleep(milliseconds: 1)
      try Threads.forEach(8, threads: threads, poll: {}) { inner, worker in
        #expect(worker == 0)
        done.add(at: outer * 8 + inner)
      }
    }
    for index in 0..<64 { #expect(done[index] == 1) }
    #expect(polled >= 1)
  }

  @Test func callersAtOnce() throws {
    final class Caller {
      var (sum, failures) = (0, 0)
    }
    let callers = (0..<4).map { _ in Caller() }
    let hosts = callers.map { caller in
      var thread = pthread_t(bitPattern: 0)
      let argument = Unmanaged.passUnretained(caller).toOpaque()
      let error = pthread_create(
        &thread, nil,
        {
          let caller = Unmanaged<Caller>.fromOpaque($0!).takeUnretainedValue()
          for round in 0..<300 {
            let done = Counters(20)
            Threads.forEach(20, threads: 3) { index, _ in done.add(at: index) }
            caller.sum += (0..<20).reduce(0) { $0 + done[$1] }
            let isFailing = round % 2 == 0
            do {
              try Threads.forEach(20, threads: 3, poll: {}) { index, _ in
                if isFailing && index >= 7 { throw Failure(index: index) }
              }
            } catch { if error as? Failure == Failure(index: 7) { caller.failures += 1 } }
          }
          return nil
        }, argument)
      #expect(error == 0)
      return thread
    }
    for host in hosts { pthread_join(host, nil) }
    for caller in callers {
      #expect(caller.sum == 300 * 20)
      #expect(caller.failures == 150)
    }
  }

  @Test func roundingOfTheCaller() throws {
    let (upward, nearest): (Int32, Int32) = (FE_UPWARD, FE_TONEAREST)
    // A helper computes as its caller does, whatever the host has set since the helper was made.
    let results = UnsafeMutablePointer<Double>.allocate(capacity: 2)
    defer { results.deallocate() }
    Threads.forEach(2, threads: 2) { _, _ in Self.sleep(milliseconds: 1) }
    for (mode, expected) in [(upward, 1 + 0x1p-52), (nearest, 1.0)] {
      // Where another test has the pool, one thread does both items.
      for _ in 0..<10 {
        fesetround(mode)
        defer { fesetround(nearest) }
        let arrived = Counters(1)
        Threads.forEach(2, threads: 2) { index, _ in
          Self.meet(arrived, 2)
          results[index] = arrived[0] == 2 ? Double(arrived[0] / 2) + 0x1p-60 : .nan
        }
        if !results[0].isNaN { break }
      }
      #expect(results[0] == expected)
      #expect(results[1] == expected)
    }
  }

  // MARK: Forks

  /// The status of a child that does `body` and ends; -1 where it does not end within a minute.
  private static func child(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    for _ in 0..<6000 {
      if waitpid(pid, &status, WNOHANG) == pid { return status }
      sleep(milliseconds: 10)
    }
    kill(pid, SIGKILL)
    waitpid(pid, &status, 0)
    return -1
  }

  /// Whether every item is done once, in this process.
  private static func works(threads: Int) -> Bool {
    let done = Counters(100)
    Threads.forEach(100, threads: threads) { index, _ in done.add(at: index) }
    return (0..<100).allSatisfy { done[$0] == 1 }
  }

  @Test func forkWhileIdle() {
    #expect(Self.works(threads: 3))
    let pid = forked()
    if pid == 0 { _exit(Self.works(threads: 3) && Self.works(threads: 3) ? 0 : 1) }
    #expect(Self.child(pid) == 0)
    #expect(Self.works(threads: 3))
  }

  @Test func forkInAPoll() throws {
    let done = Counters(50)
    var pid: pid_t = -1
    let isChild = Counters(1)
    try Threads.forEach(
      50, threads: 3,
      poll: {
        if pid != -1 { return }
        pid = forked()
        if pid == 0 { isChild.add(at: 0) }
      }
    ) { index, _ in
      Self.sleep(milliseconds: 2)
      done.add(at: index)
    }
    let isWhole = (0..<50).allSatisfy { done[$0] == 1 }
    if isChild[0] == 1 { _exit(isWhole && Self.works(threads: 3) ? 0 : 1) }
    #expect(isWhole)
    #expect(Self.child(pid) == 0)
  }

  @Test func forkBesideAJob() throws {
    let mayEnd = Counters(2)
    var thread = pthread_t(bitPattern: 0)
    let error = pthread_create(
      &thread, nil,
      {
        let mayEnd = Unmanaged<Counters>.fromOpaque($0!).takeUnretainedValue()
        Threads.forEach(400, threads: 3) { _, _ in
          mayEnd.add(at: 1)
          if mayEnd[0] == 0 { Self.sleep(milliseconds: 1) }
        }
        return nil
      }, Unmanaged.passUnretained(mayEnd).toOpaque())
    #expect(error == 0)
    while mayEnd[1] == 0 { sched_yield() }
    for _ in 0..<20 {
      let pid = forked()
      if pid == 0 { _exit(Self.works(threads: 3) ? 0 : 1) }
      #expect(Self.child(pid) == 0)
    }
    mayEnd.add(at: 0)
    pthread_join(thread, nil)
    #expect(mayEnd[1] == 400)
    #expect(Self.works(threads: 3))
  }

  // MARK: The number

  @Test func numbers() throws {
    #expect(Threads.number(in: "4") == 4)
    #expect(Threads.number(in: " 4 ,2") == 4)
    #expect(Threads.number(in: "1024") == 1024)
    for nonsense in ["", "0", "-3", "four", "4x", "1025", "99999999999999999999", ",4", "2.5"] {
      #expect(Threads.number(in: nonsense) == nil)
    }
    let before = Threads.count
    defer { try? Threads.set(0) }
    try Threads.set(7)
    #expect(Threads.count == 7)
    for wrong in [-1, 1025, .min, .max] {
      let error = #expect(throws: BacktuneError.self) { try Threads.set(wrong) }
      #expect(error?.description.contains("\(wrong)") == true)
    }
    #expect(Threads.count == 7)
    #expect(Threads.worthwhile(work: 1 << 30) && !Threads.worthwhile(work: 1000))
    try Threads.set(1)
    #expect(!Threads.worthwhile(work: 1 << 30))
    try Threads.set(0)
    #expect(Threads.count == before)
  }

  @Test func quotas() throws {
    var template = Array("/tmp/backtune-quota-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let root = String(cString: template)
    defer { system("rm -r '\(root)'") }
    func put(_ text: String, _ path: String) {
      let folder = path.split(separator: "/").dropLast().joined(separator: "/")
      system("mkdir -p '\(root)/\(folder)' && printf '%b' '\(text)' > '\(root)/\(path)'")
    }
    func quota(_ groups: String) -> Int? { Processors.quota(groups: groups, root: root) }
    #expect(quota("0::/a/b\n") == nil)
    put("max 100000\\n", "cpu.max")
    #expect(quota("0::/a/b\n") == nil)
    put("250000 100000\\n", "a/cpu.max")
    #expect(quota("0::/a/b\n") == 3)
    put("100000 100000\\n", "a/b/cpu.max")
    #expect(quota("0::/a/b\n") == 1)
    #expect(quota("0::/a\n") == 3)
    #expect(quota("0::/\n") == nil)
    // Version 1: its own files, under the name of the controller or of all that are mounted together.
    put("-1\\n", "cpu/cpu.cfs_quota_us")
    put("100000\\n", "cpu/cpu.cfs_period_us")
    #expect(quota("5:memory:/c\n4:cpu,cpuacct:/c\n") == nil)
    put("20000\\n", "cpu,cpuacct/c/cpu.cfs_quota_us")
    put("100000\\n", "cpu,cpuacct/c/cpu.cfs_period_us")
    #expect(quota("5:memory:/c\n4:cpu,cpuacct:/c\n") == 1)
    #expect(quota("nonsense\n::\n") == nil)
    #expect(Processors.available >= 1)
  }
}

/// Swift's module of the C library leaves fork out.
@_silgen_name("fork") private func forked() -> pid_t
