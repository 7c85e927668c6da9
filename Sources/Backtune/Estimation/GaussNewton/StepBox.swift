/// Weights, their bounds and the gradient g of the cost, one value a column: where steps have to end.
///
/// A slot at a bound that the step would cross is held there, and the others are solved anew: the active set of the
/// quadratic model, a few changes at most.
struct StepBox {
  let weights: [Double]
  let lower: [Double]
  let upper: [Double]
  let gradient: [Double]

  /// Solutions at most for one damping.
  private static let maxPasses = 4

  /// Whether column k cannot move down the gradient; where there is none it may go either way.
  func isHeld(_ k: Int) -> Bool {
    if gradient[k] > 0 { return weights[k] <= lower[k] }
    return gradient[k] < 0 && weights[k] >= upper[k]
  }

  /// A step cut off at the bounds.
  func bounded(_ step: Double, _ k: Int) -> Double {
    min(max(weights[k] + step, lower[k]), upper[k]) - weights[k]
  }

  /// The step inside the bounds.
  ///
  /// - Parameter solve: called with the free columns, and with the step of the others (0 at present place), which moves
  ///   the right-hand side; returns the step of the free ones.
  /// - Returns: nil where that does.
  func solve(_ solve: ([Int], [Double]) throws -> [Double]?) rethrows -> [Double]? {
    var step = [Double](repeating: 0, count: weights.count)
    var free = weights.indices.filter { !isHeld($0) }
    for pass in 1...Self.maxPasses where !free.isEmpty {
      guard let solution = try solve(free, step) else { return nil }
      var (candidate, inside) = (step, [Int]())
      for (k, value) in zip(free, solution) {
        candidate[k] = bounded(value, k)
        if candidate[k] == weights[k] + value - weights[k] {
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
}
