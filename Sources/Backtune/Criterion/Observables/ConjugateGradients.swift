import BacktuneNumerics

/// Solves A z = b for a symmetric positive definite A given by its products.
final class ConjugateGradients {
  private let size: Int
  private let residual: Buffer
  private let direction: Buffer
  private let image: Buffer

  private static let iterationLimit = 300
  /// Length of the residual, relative to b.
  private static let tolerance = 1e-12

  init(size: Int) throws {
    self.size = size
    residual = try Buffer(count: size, for: "conjugate gradients")
    direction = try Buffer(count: size, for: "conjugate gradients")
    image = try Buffer(count: size, for: "conjugate gradients")
  }

  /// - Returns: false where a direction of no positive curvature is met, without convergence, and where a value is not
  ///   finite.
  func solve(
    _ b: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>,
    poll: () throws -> Void,
    applying product: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) rethrows -> Bool {
    let (r, p, q) = (residual.pointer, direction.pointer, image.pointer)
    z.update(repeating: 0, count: size)
    r.update(from: b, count: size)
    p.update(from: b, count: size)
    var square = dotProduct(r, r, size)
    let goal = Self.tolerance * Self.tolerance * square
    guard square.isFinite else { return false }
    for _ in 0..<Self.iterationLimit where square > goal {
      try poll()
      product(p, q)
      let curvature = dotProduct(p, q, size)
      guard curvature > 0 else { return false }
      let length = square / curvature
      for i in 0..<size {
        z[i] += length * p[i]
        r[i] -= length * q[i]
      }
      let next = dotProduct(r, r, size)
      let share = next / square
      for i in 0..<size { p[i] = r[i] + share * p[i] }
      square = next
    }
    return square <= goal
  }
}

/// sum_i a_i b_i.
func dotProduct(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
  var sum = 0.0
  for i in 0..<count { sum += a[i] * b[i] }
  return sum
}
