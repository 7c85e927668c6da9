import BacktuneNumerics

/// One weight vector as the loops of a program read it: matrices in panels, also transposed.
///
/// Programs of one network share it where all of them run one lane, or all of them several.
package final class PackedWeights {
  let values: UnsafePointer<Double>
  private let buffer: Buffer

  /// - Throws: `.memory` past the budget.
  package init(_ program: Program) throws {
    buffer = try Buffer(count: program.weightCount, for: "packed weights")
    values = UnsafePointer(buffer.pointer)
  }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double], _ program: Program) {
    let target = buffer.pointer
    slots.withUnsafeBufferPointer { slots in
      guard let base = slots.baseAddress else { return }
      for operation in program.operations { operation.pack(base, into: target) }
    }
  }
}

/// Scratch of one thread that runs a program.
package final class Workspace {
  let values: UnsafeMutablePointer<Double>
  private let buffer: Buffer
  private let sumCount: Int
  private var sums: Buffer?

  /// - Throws: `.memory` past the budget.
  package init(_ program: Program) throws {
    buffer = try Buffer(count: program.scratchCount, for: "work space of a program")
    values = buffer.pointer
    sumCount = program.sumCount
  }

  /// The sums of a gradient, zero.
  /// - Throws: `.memory` past the budget.
  func zeroSums() throws -> UnsafeMutablePointer<Double> {
    if let sums {
      sums.zero()
      return sums.pointer
    }
    let sums = try Buffer(count: sumCount, for: "sums of a gradient")
    self.sums = sums
    return sums.pointer
  }
}
