import BacktuneNumerics

/// The states y nearest to x (half the sum of squares) whose observables have the desired means:
/// y = x + sum_k mu_k dO_k/dy, O_k(y) = desired_k. Section 2.8 of the design. A local minimum; the global one for
/// observables of degree 2 with A = I - sum_k mu_k H_k positive.
///
/// Newton on both equations, damped. With C the rows dO_k/dy, r and c what is left of the equations:
///
///     A z_k = C_k, A z_0 = r    (conjugate gradients)
///     (C Z) dmu = C z_0 - c     (pseudo-inverse: observables may be redundant)
///     dy = Z dmu - z_0
package struct Projection: Sendable {
  /// y, sum T x K row-major, one sequence after the other.
  package let values: [Double]
  /// mu_k.
  package let multipliers: [Double]
  package let halfSquareChange: Double

  private static let iterationLimit = 100
  /// Shortest damped step.
  private static let leastStep = 1e-6

  /// - Returns: nil where no such states were found: means that cannot be had or contradict each other, a curvature that
  ///   is not positive, values that are not finite, no convergence.
  /// - Throws: `.memory`, `.argument` and `.state` as `ObservableSet.check`.
  package init?(
    of series: Series, _ set: ObservableSet, poll: Poll = .none
  ) throws {
    try set.check(lengths: series.places.lengths)
    let system = try LagrangeSystem(series, set)
    guard try Self.solve(system, poll: poll) else { return nil }
    values = Array(UnsafeBufferPointer(start: system.y.pointer, count: system.size))
    multipliers = system.mu
    halfSquareChange = system.halfSquareChange
  }

  /// Whether a solution was found: the point of the system.
  private static func solve(_ system: LagrangeSystem, poll: Poll) throws -> Bool {
    guard system.evaluate().isFinite else { return false }
    var alpha = 1.0
    for _ in 0..<iterationLimit {
      guard try system.findStep(poll: poll) else {
        // The curvature where the last step led to is not positive: half of that step, while there is one.
        alpha /= 2
        guard system.hasStep, alpha >= leastStep else { return false }
        system.move(alpha)
        guard system.evaluate().isFinite else { return false }
        continue
      }
      if system.isStepNegligible {
        system.move(1)
        return system.evaluate().isFinite && system.isSolved
      }
      guard let found = search(system) else {
        // Rounding may hide the decrease of what is solved.
        system.move(0)
        return system.evaluate().isFinite && system.isSolved
      }
      alpha = found
    }
    return false
  }

  /// Moves by the longest of the steps 1, 1/2, 1/4 ... that decreases what is left of the equations.
  private static func search(_ system: LagrangeSystem) -> Double? {
    let first = system.evaluate()
    var alpha = 1.0
    while alpha >= leastStep {
      system.move(alpha)
      // Of the residual's square a Newton step takes off 2 alpha of it.
      if system.evaluate() <= (1 - 1e-4 * alpha) * first { return alpha }
      alpha /= 2
    }
    return nil
  }
}
