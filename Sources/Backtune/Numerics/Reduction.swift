import Synchronization

/// What is computed part by part, on as many threads as there are, and joined in the order of the parts: who computes a
/// part, and when, changes no bit. Sums, maxima and medians go over all processes, where there are several.
package struct Reduction: Sendable {
  /// Number of parts.
  package let count: Int
  /// Multiplications of all parts, about: small work stays on the caller's thread.
  private let work: Int
  /// Those that have parts of the same kind.
  private let processes: Processes?
  /// What brings parts into memory, where they are not all there.
  private let loading: (any PartLoading)?

  package init(
    count: Int, work: Int, processes: Processes? = nil, loading: (any PartLoading)? = nil
  ) {
    (self.count, self.work, self.processes, self.loading) = (count, work, processes, loading)
  }

  private var threads: Int { count > 1 && Threads.worthwhile(work: work) ? Threads.count : 1 }

  /// Threads that take part at most.
  package var workers: Int { Swift.max(1, Swift.min(threads, count)) }

  /// Calls `body(part, poll)` for every part. What it captures has to outlive a callback that is never returned from.
  /// - Throws: what `body` threw of the first part, or `poll`.
  package func forEach(poll: Poll, _ body: @escaping (Int, Poll) throws -> Void) throws {
    try forEach(poll: poll, threads: threads) { part, _, poll in try body(part, poll) }
  }

  /// Calls `body(part, scratch, poll)` for every part, on as many threads as there are scratches, each its own.
  package func forEach<Scratch>(
    poll: Poll, scratch: [Scratch], _ body: @escaping (Int, Scratch, Poll) throws -> Void
  ) throws {
    try forEach(poll: poll, threads: Swift.min(threads, scratch.count)) { part, worker, poll in
      try body(part, scratch[worker], poll)
    }
  }

  private func forEach(
    poll: Poll, threads: Int, _ body: @escaping (Int, Int, Poll) throws -> Void
  ) throws {
    guard let loading else { return try run(0..<count, poll: poll, threads: threads, body) }
    try loading.check()
    for first in stride(from: 0, to: count, by: loading.room) {
      let parts = first..<Swift.min(first + loading.room, count)
      try loading.bring(parts, poll: poll)
      try run(parts, poll: poll, threads: Swift.min(threads, parts.count)) { part, worker, poll in
        loading.begin(part, poll: poll)
        defer { loading.end(part) }
        try body(part, worker, poll)
      }
      try loading.check()
    }
  }

  private func run(
    _ parts: Range<Int>, poll: Poll, threads: Int,
    _ body: @escaping (Int, Int, Poll) throws -> Void
  ) throws {
    if threads == 1 {
      for part in parts { try body(part, 0, poll) }
      return
    }
    let interruption = Interruption()
    // Once it wants no more it is not asked again.
    let own = Poll {
      if let error = interruption.error { throw error }
      do { try poll() } catch {
        interruption.error = error
        interruption.isSet.store(true, ordering: .relaxed)
        throw error
      }
    }
    let others = Poll {
      if interruption.isSet.load(ordering: .relaxed) {
        throw BacktuneError(.interrupted, "stopped by the caller")
      }
    }
    let item = { (number: Int, worker: Int) in
      try body(parts.lowerBound + number, worker, worker == 0 ? own : others)
    }
    try Threads.forEach(parts.count, threads: threads, poll: { try own() }, item)
  }

  private final class Interruption: @unchecked Sendable {
    let isSet = Atomic(false)
    /// Read and written by the caller's thread alone.
    var error: (any Error)?
  }

  /// The same of what is not polled.
  package func each(_ body: @escaping (Int) -> Void) {
    let threads = threads
    if let loading {
      do {
        try forEach(poll: loading.poll, threads: threads) { part, _, _ in body(part) }
      } catch {
        loading.fail(error)
      }
      return
    }
    if threads == 1 {
      for part in 0..<count { body(part) }
    } else {
      Threads.forEach(count, threads: threads) { part, _ in body(part) }
    }
  }

  /// The sum over all parts.
  package func sum(_ body: @escaping (Int) -> Double) -> Double {
    let values = SharedValues(few: count)
    each { values.pointer[$0] = body($0) }
    return processes.sum((0..<count).reduce(0) { $0 + values.pointer[$1] })
  }

  /// The largest over all parts, 0 of none.
  package func max(_ body: @escaping (Int) -> Double) -> Double {
    let values = SharedValues(few: count)
    each { values.pointer[$0] = body($0) }
    return processes.max((0..<count).reduce(0) { Swift.max($0, values.pointer[$1]) })
  }

  /// Sums of `size` values, each part adding to zeros; the caller knows that they fit.
  package func sums(
    _ size: Int, _ body: @escaping (Int, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    let values = SharedValues(few: size * count)
    each { body($0, values.pointer + $0 * size) }
    return total(values, size)
  }

  /// The same of what is polled.
  /// - Throws: `.memory`, and what `body` or `poll` threw.
  package func sums(
    _ size: Int, poll: Poll,
    _ body: @escaping (Int, UnsafeMutablePointer<Double>, Poll) throws -> Void
  ) throws -> [Double] {
    let values = try SharedValues(dimensions: [count, size], for: "sums over sequences")
    try forEach(poll: poll) { try body($0, values.pointer + $0 * size, $1) }
    return total(values, size)
  }

  private func total(_ values: SharedValues, _ size: Int) -> [Double] {
    for part in 1..<Swift.max(count, 1) {
      Vectors.add(1, values.pointer + part * size, to: values.pointer, count: size)
    }
    processes.sum(values.pointer, count: size)
    return Array(UnsafeBufferPointer(start: values.pointer, count: size))
  }

  /// The median of values of 0 or more, NaN left out, the mean of the middle two where their number is even; 0 of none.
  package func median(_ values: @escaping (Int) -> [Double]) -> Double {
    if loading != nil { return medianInPasses(values) }
    let own = (0..<count).flatMap { values($0).filter { !$0.isNaN } }
    let total = processes.sum(own.count)
    if total == 0 { return 0 }
    let upper = Self.ranked(total / 2, of: own, processes)
    return total.isMultiple(of: 2)
      ? Self.ranked(total / 2 - 1, of: own, processes) / 2 + upper / 2 : upper
  }

  /// The value that has k smaller ones before it, of values of 0 or more in all processes. Their bits are found eight at a
  /// time, from the highest on, by counts alone, which are added.
  package static func ranked(
    _ k: Int, of values: [Double], _ processes: Processes? = nil
  ) -> Double {
    // Bits of numbers of 0 or more are in their order; 0 comes without its sign.
    var (left, found, before) = (values.map { ($0 + 0).bitPattern }, UInt64(0), k)
    for shift in stride(from: 56, through: 0, by: -8) {
      var counts = [Double](repeating: 0, count: 256)
      for bits in left { counts[Int(bits >> UInt64(shift) & 0xFF)] += 1 }
      counts = processes.sum(counts)
      var digit = 0
      while digit < 255, before >= processes.number(counts[digit]) {
        before -= processes.number(counts[digit])
        digit += 1
      }
      found |= UInt64(digit) << UInt64(shift)
      left = left.filter { $0 >> UInt64(shift) & 0xFF == UInt64(digit) }
    }
    return Double(bitPattern: found)
  }

  // MARK: medians of parts that are not all in memory

  /// The same by counts, in some passes over the parts.
  private func medianInPasses(_ values: @escaping (Int) -> [Double]) -> Double {
    let known = { (part: Int) in values(part).filter { !$0.isNaN } }
    let total = processes.number(sums(1) { $1[0] = Double(known($0).count) }[0])
    if total == 0 { return 0 }
    let upper = rankedInPasses(total / 2, known)
    return total.isMultiple(of: 2)
      ? rankedInPasses(total / 2 - 1, known) / 2 + upper / 2 : upper
  }

  /// So few values are held in memory.
  private static let few = 1 << 20

  /// As `ranked`, until the values that are left are few.
  private func rankedInPasses(_ k: Int, _ values: @escaping (Int) -> [Double]) -> Double {
    var (found, before) = (UInt64(0), k)
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      let prefix = found
      let isLeft = { (bits: UInt64) in shift == 56 || (bits ^ prefix) >> (shift + 8) == 0 }
      let counts = sums(256) { part, counts in
        for value in values(part) {
          let bits = (value + 0).bitPattern
          if isLeft(bits) { counts[Int(bits >> shift & 0xFF)] += 1 }
        }
      }
      var digit = 0
      while digit < 255, before >= processes.number(counts[digit]) {
        before -= processes.number(counts[digit])
        digit += 1
      }
      found |= UInt64(digit) << shift
      if shift > 0, processes.number(counts[digit]) <= Self.few {
        let (chosen, left) = (found, Values())
        each { part in
          left.append(values(part).filter { (($0 + 0).bitPattern ^ chosen) >> shift == 0 })
        }
        return Self.ranked(before, of: left.all, processes)
      }
    }
    return Double(bitPattern: found)
  }

  /// Values that threads add to.
  private final class Values: @unchecked Sendable {
    private(set) var all: [Double] = []
    private let lock = ForkSafeLock()

    func append(_ values: [Double]) { lock.whileLocked { all += values } }
  }
}
