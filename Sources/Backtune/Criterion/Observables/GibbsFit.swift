import BacktuneNumerics

/// The Gibbs distribution p(t) = exp(sum_k lambda_k omega_k(t)) / (N Z) over the base samples whose means are the desired
/// ones: lambda minimises J = log Z - sum_k lambda_k O_k, Z = mean_t exp(sum_k lambda_k omega_k(t)). Footnote 32 of
/// RR-9100, with the covariance as second derivative (section 2.9 of the design).
package struct GibbsFit: Sendable {
  package let lambda: [Double]
  package let desired: [Double]
  package let objective: Double
  package let logZ: Double
  /// Mean of omega_k under p, minus the desired one.
  package let gradient: [Double]
  /// Covariance of omega under p, K x K.
  package let hessian: [Double]
  package let iterations: Int
  /// Whether the desired means are met at a minimum. They are not where they lie outside the convex hull of the samples
  /// or on its border, or contradict each other.
  package let isConverged: Bool

  private static let iterationLimit = 100
  private static let trialLimit = 40
  /// Largest gradient, relative to the spread of each observable.
  private static let tolerance = 1e-9
  /// Largest Newton step left, relative to lambda: on the border of the hull the gradient vanishes, the step does not.
  private static let stepTolerance = 1e-3

  /// - Throws: `.size` for another number of desired means than of observables, `.memory`.
  package init(
    _ samples: GibbsSamples, desired: [Double], poll: Poll = .none
  ) throws {
    guard desired.count == samples.order else {
      throw BacktuneError.size(
        "desired means: \(desired.count) values came, expected one for each of the \(samples.order) observables"
      )
    }
    let base = try ScaledSamples(samples, desired: desired)
    let order = desired.count
    var mu = [Double](repeating: 0, count: order)
    var (point, step) = (base.evaluate(mu), mu)
    var iteration = 0
    while iteration < Self.iterationLimit {
      step = try Self.newtonStep(base.covariance(point.mean), point.mean)
      // Quadratic convergence: after a step this small there is nothing left to gain.
      let isLast = Self.largest(step) <= 1e-9 * (1 + Self.largest(mu))
      let trials = isLast ? 1 : Self.trialLimit
      let found = try Self.search(
        base, from: mu, point, along: step, trials: trials, poll: poll)
      guard let next = found else { break }
      (mu, point) = next
      iteration += 1
      if isLast { break }
    }
    // Again, since the last trial may have been refused.
    point = base.evaluate(mu)
    let covariance = base.covariance(point.mean)
    step = try Self.newtonStep(covariance, point.mean)
    isConverged =
      point.value.isFinite && Self.largest(point.mean) <= Self.tolerance
      && Self.largest(step) <= Self.stepTolerance * (1 + Self.largest(mu))
    let scale = base.scale
    let lambda = (0..<order).map { mu[$0] / scale[$0] }
    self.lambda = lambda
    self.desired = desired
    objective = point.value
    logZ = (0..<order).reduce(point.value) { $0 + lambda[$1] * desired[$1] }
    gradient = (0..<order).map { point.mean[$0] * scale[$0] }
    hessian = (0..<order * order).map {
      covariance[$0] * scale[$0 / order] * scale[$0 % order]
    }
    iterations = iteration
  }

  /// -H^+ g; zero where H is not finite.
  private static func newtonStep(_ hessian: [Double], _ gradient: [Double]) throws -> [Double] {
    var step = [Double](repeating: 0, count: gradient.count)
    guard hessian.allSatisfy(\.isFinite), gradient.allSatisfy(\.isFinite) else { return step }
    try SymmetricSystem(copying: hessian, order: gradient.count).solve(
      gradient.map { -$0 }, into: &step)
    return step
  }

  /// The longest of the steps 1, 1/2, 1/4 ... that decreases J enough, or, where rounding hides the decrease, the
  /// gradient; nil if none does.
  private static func search(
    _ base: ScaledSamples, from mu: [Double], _ point: ScaledSamples.Point, along step: [Double],
    trials: Int, poll: Poll
  ) throws -> ([Double], ScaledSamples.Point)? {
    let slope = zip(point.mean, step).reduce(0) { $0 + $1.0 * $1.1 }
    guard slope < 0, slope.isFinite else { return nil }
    let rounding = 1e-14 * (1 + abs(point.value))
    var alpha = 1.0
    for _ in 0..<trials {
      try poll()
      let trial = zip(mu, step).map { $0 + alpha * $1 }
      let next = base.evaluate(trial)
      let decreases = next.value <= point.value + 1e-4 * alpha * slope
      let approaches =
        next.value <= point.value + rounding && largest(next.mean) < largest(point.mean)
      if decreases || approaches, zip(trial, base.scale).allSatisfy({ ($0 / $1).isFinite }) {
        return (trial, next)
      }
      alpha /= 2
    }
    return nil
  }

  private static func largest(_ values: [Double]) -> Double {
    values.reduce(0) { $1.isNaN ? .infinity : max($0, abs($1)) }
  }

  /// KL divergence to another fit over the same samples, with the desired means of this one:
  /// sum_k (lambda_k - lambda'_k) O_k + log Z' - log Z.
  package func divergence(to other: GibbsFit) -> Double {
    zip(lambda, other.lambda).enumerated().reduce(other.logZ - logZ) {
      $0 + ($1.element.0 - $1.element.1) * desired[$1.offset]
    }
  }
}
