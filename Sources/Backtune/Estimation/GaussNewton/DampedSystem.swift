import BacktuneNumerics

/// (J^T J + D + mu I) d = -g inside bounds, for one damping mu after another.
///
/// A slot at a bound that the step would cross is held there, and the others are solved anew: the active set of the
/// quadratic model, a few changes at most.
final class DampedSystem {
  /// Weights, their bounds and the gradient g of the cost, one value a column.
  struct Box {
    let weights: [Double]
    let lower: [Double]
    let upper: [Double]
    let gradient: [Double]

    /// Whether column k cannot move down the gradient.
    func isHeld(_ k: Int) -> Bool {
      gradient[k] > 0 ? weights[k] <= lower[k] : weights[k] >= upper[k]
    }

    /// A step cut off at the bounds.
    func bounded(_ step: Double, _ k: Int) -> Double {
      min(max(weights[k] + step, lower[k]), upper[k]) - weights[k]
    }
  }

  private let order: Int
  private let work: Buffer
  private let vector: Buffer
  /// The last factors, and the columns that they are of.
  private var factors: Cholesky?
  private var free: [Int] = []

  /// Solutions at most for one damping.
  private static let maxPasses = 4

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
  func step(
    gram: UnsafePointer<Double>, stride: Int, curvature: [Double]?, box: Box, damping: Double,
    poll: () throws -> Void
  ) throws -> [Double]? {
    var step = [Double](repeating: 0, count: order)
    free = (0..<order).filter { !box.isHeld($0) }
    factors = nil
    for pass in 1...Self.maxPasses where !free.isEmpty {
      guard try factorise(gram, stride, curvature, damping, poll) else { return nil }
      let held = (0..<order).filter { step[$0] != 0 }
      // What is held elsewhere than at its present place moves the right-hand side.
      let right = free.map { k in
        held.reduce(-box.gradient[k]) {
          $0 - gram[max($1, k) * stride + min($1, k)] * step[$1]
        }
      }
      guard let solution = solve(right) else { return nil }
      var (candidate, inside) = (step, [Int]())
      for (k, value) in zip(free, solution) {
        candidate[k] = box.bounded(value, k)
        if candidate[k] == box.weights[k] + value - box.weights[k] {
          inside.append(k)
        } else {
          step[k] = candidate[k]
        }
      }
      if inside.count == free.count || pass == Self.maxPasses { return candidate }
      free = inside
    }
    return step
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
    for (i, value) in right.enumerated() { vector.pointer[i] = value }
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
    }
    for i in free.count..<count {
      (a + i * own).update(repeating: 0, count: count)
      a[i * own + i] = 1
    }
    factors = try Cholesky(factorising: a, order: count, stride: own, poll: poll)
    return factors != nil
  }
}
