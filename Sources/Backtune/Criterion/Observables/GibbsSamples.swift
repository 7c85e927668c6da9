import BacktuneNumerics

/// omega_k(t) of a base series: `count` rows of `order` values.
package final class GibbsSamples {
  package let count: Int
  package let order: Int
  package let values: Buffer

  init(_ values: Buffer, count: Int, order: Int) {
    self.values = values
    self.count = count
    self.order = order
  }
}

/// Samples about the desired means in units of their spread: u_k = (omega_k - O_k)/scale_k, mu_k = lambda_k scale_k. J is
/// log mean exp(mu u), without cancellation, and observables of any size have their part in the pseudo-inverse.
final class ScaledSamples {
  let scale: [Double]
  private let count: Int
  private let order: Int
  private let u: Buffer
  /// Exponents, then probabilities, of the last evaluation.
  private let weights: Buffer
  /// K values, then K x K.
  private let moments: Buffer

  /// J, and the mean of u: the gradient.
  struct Point {
    let value: Double
    let mean: [Double]
  }

  init(_ samples: GibbsSamples, desired: [Double]) throws {
    (count, order) = (samples.count, samples.order)
    u = try Buffer(dimensions: [count, order], for: "scaled samples of observables")
    weights = try Buffer(count: count, for: "weights of samples")
    moments = try Buffer(dimensions: [order, order + 1], for: "covariance of observables")
    let (from, to, count, order) = (samples.values.pointer, u.pointer, count, order)
    scale = desired.indices.map { k in
      let scale = Self.spread(from + k, count, stride: order)
      for t in 0..<count {
        to[t * order + k] = (from[t * order + k] - desired[k]) / scale
      }
      return scale
    }
  }

  /// Largest distance from the mean; for a constant the size of the constant.
  private static func spread(
    _ values: UnsafePointer<Double>, _ count: Int, stride: Int
  ) -> Double {
    var (mean, spread) = (0.0, 0.0)
    for t in 0..<count { mean += values[t * stride] / Double(count) }
    for t in 0..<count { spread = max(spread, abs(values[t * stride] - mean)) }
    guard spread.isFinite, mean.isFinite else { return 1 }
    if spread > 1e-12 * abs(mean) { return spread }
    return mean == 0 ? 1 : abs(mean)
  }

  /// J and its gradient, by log-sum-exp.
  func evaluate(_ mu: [Double]) -> Point {
    let (u, weights, mean, count, order) = (
      u.pointer, weights.pointer, moments.pointer, count, order
    )
    let largest = mu.withUnsafeBufferPointer { mu in
      var largest = -Double.infinity
      for t in 0..<count {
        var exponent = 0.0
        for k in 0..<order { exponent += mu[k] * u[t * order + k] }
        weights[t] = exponent
        largest = max(largest, exponent)
      }
      return largest
    }
    var total = 0.0
    for t in 0..<count {
      weights[t] = VectorMath.exp(weights[t] - largest)
      total += weights[t]
    }
    mean.update(repeating: 0, count: order)
    for t in 0..<count {
      weights[t] /= total
      for k in 0..<order { mean[k] += weights[t] * u[t * order + k] }
    }
    return Point(
      value: largest + VectorMath.log(total / Double(count)),
      mean: Array(UnsafeBufferPointer(start: mean, count: order)))
  }

  /// The covariance of u, K x K, under the weights of the last evaluation, which gave that mean.
  func covariance(_ mean: [Double]) -> [Double] {
    let (u, weights, count, order) = (u.pointer, weights.pointer, count, order)
    let (centred, sums) = (moments.pointer, moments.pointer + order)
    sums.update(repeating: 0, count: order * order)
    mean.withUnsafeBufferPointer { mean in
      for t in 0..<count {
        for k in 0..<order { centred[k] = u[t * order + k] - mean[k] }
        for k in 0..<order {
          let weighted = weights[t] * centred[k]
          for l in k..<order { sums[k * order + l] += weighted * centred[l] }
        }
      }
    }
    for k in 0..<order {
      for l in 0..<k { sums[k * order + l] = sums[l * order + k] }
    }
    return Array(UnsafeBufferPointer(start: sums, count: order * order))
  }
}
