import Synchronization

/// What is computed part by part, on as many threads as there are, and joined in the order of the parts: who computes a
/// part, and when, changes no bit.
package struct Reduction: Sendable {
  /// Number of parts.
  package let count: Int
  /// Multiplications of all parts, about: small work stays on the caller's thread.
  private let work: Int

  package init(count: Int, work: Int) { (self.count, self.work) = (count, work) }

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
    if threads == 1 {
      for part in 0..<count { try body(part, 0, poll) }
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
    let item = { (part: Int, worker: Int) in
      try body(part, worker, worker == 0 ? own : others)
    }
    try Threads.forEach(count, threads: threads, poll: { try own() }, item)
  }

  private final class Interruption: @unchecked Sendable {
    let isSet = Atomic(false)
    /// Read and written by the caller's thread alone.
    var error: (any Error)?
  }

  /// The same of what is not polled.
  package func each(_ body: @escaping (Int) -> Void) {
    let threads = threads
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
    return (0..<count).reduce(0) { $0 + values.pointer[$1] }
  }

  /// The largest over all parts, 0 of none.
  package func max(_ body: @escaping (Int) -> Double) -> Double {
    let values = SharedValues(few: count)
    each { values.pointer[$0] = body($0) }
    return (0..<count).reduce(0) { Swift.max($0, values.pointer[$1]) }
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
    return Array(UnsafeBufferPointer(start: values.pointer, count: size))
  }

  /// The median of values of 0 or more, NaN left out, the mean of the middle two where their number is even; 0 of none.
  /// Found by bisection of the bits: parts answer by counts, which are added.
  package func median(_ values: (Int) -> [Double]) -> Double {
    let parts = (0..<count).map { values($0).filter { !$0.isNaN } }
    let total = parts.reduce(0) { $0 + $1.count }
    if total == 0 { return 0 }
    let upper = kth(total / 2, parts)
    return total.isMultiple(of: 2) ? kth(total / 2 - 1, parts) / 2 + upper / 2 : upper
  }

  /// The value that has k smaller ones before it.
  private func kth(_ k: Int, _ parts: [[Double]]) -> Double {
    var (low, high) = (UInt64(0), Double.infinity.bitPattern)
    while low < high {
      let middle = low + (high - low) / 2
      let bound = Double(bitPattern: middle)
      let below = parts.reduce(0) { sum, part in sum + part.count { $0 <= bound } }
      if below > k { high = middle } else { low = middle + 1 }
    }
    return Double(bitPattern: low)
  }
}
