/// What is computed part by part and joined in the order of the parts: who computes a part, and when, changes no bit.
package struct Reduction: Sendable {
  /// Number of parts.
  package let count: Int

  package init(count: Int) { self.count = count }

  /// Calls `body(part, poll)` for every part.
  package func forEach(
    poll: Poll, _ body: (Int, Poll) throws -> Void
  ) throws {
    for part in 0..<count { try body(part, poll) }
  }

  /// The same of what is not polled.
  package func forEach(_ body: (Int) -> Void) { for part in 0..<count { body(part) } }

  /// The sum over all parts.
  package func sum(_ body: (Int) -> Double) -> Double {
    var parts = [Double](repeating: 0, count: count)
    parts.withUnsafeMutableBufferPointer { parts in
      guard let base = parts.baseAddress else { return }
      forEach { base[$0] = body($0) }
    }
    return parts.reduce(0, +)
  }

  /// The largest over all parts, 0 of none.
  package func max(_ body: (Int) -> Double) -> Double {
    (0..<count).reduce(0) { Swift.max($0, body($1)) }
  }

  /// Sums of `size` values, each part adding to zeros; the caller knows that they fit.
  package func sums(
    _ size: Int, _ body: (Int, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    var parts = [Double](repeating: 0, count: size * count)
    parts.withUnsafeMutableBufferPointer { parts in
      guard let base = parts.baseAddress else { return }
      forEach { body($0, base + $0 * size) }
      addParts(base, size)
    }
    return Array(parts[..<size])
  }

  private func addParts(_ base: UnsafeMutablePointer<Double>, _ size: Int) {
    for part in 1..<Swift.max(count, 1) {
      Vectors.add(1, base + part * size, to: base, count: size)
    }
  }

  /// Sums of `size` values, each part adding to zeros.
  package func sums(
    _ size: Int, poll: Poll,
    _ body: (Int, UnsafeMutablePointer<Double>, Poll) throws -> Void
  ) throws -> [Double] {
    try MemoryBudget.bytes(doubles: [size, count], for: "sums over sequences")
    var parts = [Double](repeating: 0, count: size * count)
    try parts.withUnsafeMutableBufferPointer { parts in
      guard let base = parts.baseAddress else { return }
      try forEach(poll: poll) { try body($0, base + $0 * size, $1) }
      addParts(base, size)
    }
    return Array(parts[..<size])
  }

  /// The median of values of 0 or more, NaN left out, the mean of the middle two where their number is even; 0 of none.
  /// Found by bisection of the bits: parts answer by counts, which are added.
  package func median(_ values: (Int) -> [Double]) -> Double {
    var parts = [[Double]](repeating: [], count: count)
    for part in 0..<count { parts[part] = values(part).filter { !$0.isNaN } }
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
      if parts.reduce(0, { $0 + $1.count { $0 <= bound } }) > k { high = middle } else { low = middle + 1 }
    }
    return Double(bitPattern: low)
  }
}
