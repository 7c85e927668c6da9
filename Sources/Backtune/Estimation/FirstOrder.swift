import BacktuneNumerics

/// First-order fall-back, section 2.6 of the design: six momenta of the gradient, each with its own step,
///
///     g_k <- (1 - 1/k) g_k + 1/k gradient,   W^ - alpha u_k g_k,   u_k <- 2 alpha_k u_k
struct FirstOrder {
  static let momenta = [1, 2, 4, 8, 16, 32]

  private var averages: [[Double]]
  private var steps: [Double?]

  init(count: Int) {
    averages = Self.momenta.map { _ in [Double](repeating: 0, count: count) }
    steps = Self.momenta.map { _ in nil }
  }

  /// Takes the gradient of an iteration; one that is not finite is left out.
  mutating func update(_ gradient: [Double]) {
    guard gradient.allSatisfy(\.isFinite) else { return }
    for (k, momentum) in Self.momenta.enumerated() {
      let share = 1 / Double(momentum)
      for d in gradient.indices {
        averages[k][d] += share * (gradient[d] - averages[k][d])
      }
    }
  }

  /// -u_k g_k for momentum number k; nil where the momentum vanishes.
  mutating func direction(_ k: Int, weights: [Double]) -> [Double]? {
    let size = Self.norm(averages[k])
    guard size > 0, size.isFinite else { return nil }
    let step = steps[k] ?? 0.1 * max(Self.norm(weights), 0.1) / size
    steps[k] = step
    return averages[k].map { -step * $0 }
  }

  /// Takes the alpha that a search along direction k found best, 0 for none.
  mutating func report(_ k: Int, alpha: Double) {
    guard let step = steps[k] else { return }
    let next = alpha > 0 ? 2 * alpha * step : step / 2
    // Underflown: the first value is found anew.
    steps[k] = next >= .leastNormalMagnitude && next.isFinite ? next : nil
  }

  /// Makes every step a hundred times shorter: a line search alone looks only so near the origin.
  mutating func shorten() {
    for k in steps.indices { steps[k] = steps[k].map { $0 / 100 } }
  }

  /// Euclidean norm, scaled against overflow.
  private static func norm(_ values: [Double]) -> Double {
    let scale = values.reduce(0) { max($0, abs($1)) }
    guard scale > 0, scale.isFinite else { return scale }
    return scale * values.reduce(0) { $0 + ($1 / scale) * ($1 / scale) }.squareRoot()
  }
}
