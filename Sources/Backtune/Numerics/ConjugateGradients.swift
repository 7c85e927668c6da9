/// Conjugate gradients for A x = b, A and M symmetric and positive definite, cut short where the residual has fallen far
/// enough in the norm of M^-1.
package struct ConjugateGradients {
  /// Of the residual to that of b.
  private let tolerance: Double
  private let maxProducts: Int

  package init(tolerance: Double, maxProducts: Int) {
    (self.tolerance, self.maxProducts) = (tolerance, maxProducts)
  }

  package struct Solution {
    package var x: [Double]
    /// Whether the tolerance was met.
    package var isSolved = false
  }

  /// - Parameters:
  ///   - start: a first approximation x and A x, nil for 0.
  ///   - inverse: M^-1 r.
  /// - Returns: nil where a value is not finite.
  package func solve(
    _ b: [Double], from start: (x: [Double], image: [Double])? = nil,
    inverse: ([Double]) -> [Double] = { $0 }, product: ([Double]) throws -> [Double]
  ) rethrows -> Solution? {
    var solution = Solution(x: start?.x ?? b.map { _ in 0 })
    let goal = tolerance * tolerance * dot(b, inverse(b))
    var r = b
    if let start { add(-1, start.image, &r) }
    var z = inverse(r)
    var p = z
    var square = dot(r, z)
    guard square.isFinite, goal.isFinite else { return nil }
    for _ in 0..<maxProducts where square > goal {
      let image = try product(p)
      let curvature = dot(p, image)
      guard curvature.isFinite else { return nil }
      // What rounding has left of a positive definite matrix.
      if curvature <= 0 { return solution }
      add(square / curvature, p, &solution.x)
      add(-square / curvature, image, &r)
      z = inverse(r)
      let next = dot(r, z)
      guard next.isFinite else { return nil }
      let share = next / square
      for k in p.indices { p[k] = z[k] + share * p[k] }
      square = next
    }
    solution.isSolved = square <= goal
    return solution
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for k in a.indices { sum += a[k] * b[k] }
    return sum
  }

  /// y += c x
  private func add(_ c: Double, _ x: [Double], _ y: inout [Double]) {
    for k in y.indices { y[k] += c * x[k] }
  }
}
