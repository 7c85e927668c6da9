/// Values, zero at first, that several threads write, each its own, and that outlive whoever asked for them: a call that is
/// left by a callback, too.
package final class SharedValues {
  package let pointer: UnsafeMutablePointer<Double>
  package let count: Int
  /// That of the values; nil where they are few.
  private let buffer: Buffer?

  /// - Parameter isZeroed: false where every one of them will be written.
  /// - Throws: `.memory` where so many values do not fit the budget; what `poll` throws.
  package init(
    dimensions: [Int], for purpose: String, isZeroed: Bool = true, poll: Poll = .none
  ) throws {
    let buffer = try Buffer(
      dimensions: dimensions, for: purpose, isZeroed: isZeroed, poll: poll)
    (pointer, count, self.buffer) = (buffer.pointer, buffer.count, buffer)
  }

  /// So few that they fit.
  package init(few count: Int) {
    (self.count, buffer) = (count, nil)
    pointer = .allocate(capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { if buffer == nil { pointer.deallocate() } }

  /// A copy.
  /// - Throws: `.memory` where there is no room for it; what `poll` throws.
  package func array(for purpose: String, poll: Poll = .none) throws -> [Double] {
    try MemoryBudget.bytes(doubles: [count], for: purpose)
    // An empty array is one for all threads, whose count would be written.
    if count == 0 { return [] }
    return try Array(unsafeUninitializedCapacity: count) { target, initialized in
      try poll.forEachPart(of: count) { part in
        target.baseAddress?.advanced(by: part.lowerBound).initialize(
          from: pointer + part.lowerBound, count: part.count)
        initialized = part.upperBound
      }
    }
  }
}

extension [Double] {
  /// Zeros.
  /// - Throws: `.memory` where they do not fit the budget.
  package static func zeros(_ dimensions: [Int], for purpose: String) throws -> [Double] {
    try MemoryBudget.bytes(doubles: dimensions, for: purpose)
    return [Double](repeating: 0, count: dimensions.reduce(1, *))
  }
}
