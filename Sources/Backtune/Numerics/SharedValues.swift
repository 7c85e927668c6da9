/// Zeros that several threads write, each its own, and that outlive whoever asked for them: a call that is left by a
/// callback, too.
package final class SharedValues {
  package let pointer: UnsafeMutablePointer<Double>
  package let count: Int

  /// - Throws: `.memory` where so many values do not fit the budget.
  package init(dimensions: [Int], for purpose: String) throws {
    try MemoryBudget.bytes(doubles: dimensions, for: purpose)
    count = dimensions.reduce(1, *)
    pointer = Self.zeros(count)
  }

  /// So few that they fit.
  package init(few count: Int) {
    self.count = count
    pointer = Self.zeros(count)
  }

  private static func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
    let pointer = UnsafeMutablePointer<Double>.allocate(capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
    return pointer
  }

  deinit { pointer.deallocate() }

  package var array: [Double] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

extension [Double] {
  /// Zeros.
  /// - Throws: `.memory` where they do not fit the budget.
  package static func zeros(_ dimensions: [Int], for purpose: String) throws -> [Double] {
    try MemoryBudget.bytes(doubles: dimensions, for: purpose)
    return [Double](repeating: 0, count: dimensions.reduce(1, *))
  }
}
