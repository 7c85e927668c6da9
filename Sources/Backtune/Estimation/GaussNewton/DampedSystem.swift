import BacktuneNumerics

/// (J^T J + D + mu I) d = -g inside bounds, for one damping mu after another.
final class DampedSystem {
  private let order: Int
  private let work: Buffer
  private let vector: Buffer
  /// The last factors, and the columns that they are of.
  private var factors: Cholesky?
  private var free: [Int] = []
  private var unit = 1.0

  init(order: Int) throws {
    self.order = order
    let padded = MatrixKernels.padded(order)
    work = try Buffer(dimensions: [padded, RowProducts.stride(padded)], for: "damped system")
    vector = try Buffer(count: padded, for: "damped system")
  }

  /// The step of a damping, inside the bounds; nil where the matrix is not positive definite.
  ///
  /// - Parameters:
  ///   - gram: J^T J, lower triangle row-major, the next row `stride` further.
  ///   - curvature: D, if any.
  ///   - unit: of the cost, a power of two: roots are drawn in it.
  func step(
    gram: UnsafePointer<Double>, stride: Int, curvature: [Double]?, box: StepBox, damping: Double,
    unit: Double = 1, poll: () throws -> Void
  ) throws -> [Double]? {
    (free, factors, self.unit) = ([], nil, unit)
    return try box.solve { free, held in
      self.free = free
      guard try factorise(gram, stride, curvature, damping, poll) else { return nil }
      let fixed = (0..<order).filter { held[$0] != 0 }
      return solve(
        free.map { k in
          fixed.reduce(-box.gradient[k]) {
            $0 - gram[max($1, k) * stride + min($1, k)] * held[$1]
          }
        })
    }
  }

  /// -(J^T J + D + mu I)^-1 g of the last step's matrix, 0 for what was held; nil where there is no such step.
  func correction(_ gradient: [Double]) -> [Double]? {
    guard let solution = solve(free.map { -gradient[$0] }) else { return nil }
    var result = [Double](repeating: 0, count: order)
    for (k, value) in zip(free, solution) { result[k] = value }
    return result
  }

  private func solve(_ right: [Double]) -> [Double]? {
    guard let factors else { return nil }
    vector.zero()
    for (i, value) in right.enumerated() { vector.pointer[i] = value / unit }
    factors.solve(vector.pointer)
    let solution = right.indices.map { vector.pointer[$0] }
    return solution.allSatisfy(\.isFinite) ? solution : nil
  }

  /// Factorises the rows and columns of the free slots, filled up by ones on the diagonal.
  private func factorise(
    _ gram: UnsafePointer<Double>, _ stride: Int, _ curvature: [Double]?, _ damping: Double,
    _ poll: () throws -> Void
  ) throws -> Bool {
    let (count, a) = (MatrixKernels.padded(free.count), work.pointer)
    let own = RowProducts.stride(count)
    for (i, row) in free.enumerated() {
      let (target, source) = (a + i * own, gram + row * stride)
      if free.count == order {
        target.update(from: source, count: i + 1)
      } else {
        for j in 0...i { target[j] = source[free[j]] }
      }
      target[i] += damping + (curvature?[row] ?? 0)
      if unit != 1 { for j in 0...i { target[j] /= unit } }
    }
    for i in free.count..<count {
      (a + i * own).update(repeating: 0, count: count)
      a[i * own + i] = 1
    }
    factors = try Cholesky(factorising: a, order: count, stride: own, poll: poll)
    return factors != nil
  }
}
