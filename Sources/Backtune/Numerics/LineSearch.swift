/// Where a line search ended: its best trial.
package struct LineMinimum: Sendable {
  package let argument: Double
  /// The function there; infinity when no trial had a finite value.
  package let value: Double
  /// How many times the function was called.
  package let evaluations: Int
}

/// A minimum of `f` between `lower` and `upper` without derivatives: Brent's `fmin` (1973, chapter
/// 5), that is golden section and parabolic interpolation, after Dekker.
///
/// `f` may be infinite or NaN (which counts as infinite) anywhere: a simulation that diverges.
/// Until a first finite value is found, the trials spread over the whole interval; afterwards an
/// infinite value is merely a bad one, and no parabola is laid through it.
///
/// The bounds themselves are not tried. Their values, where known, are trials like any other: they
/// help from the first step, and the result may be a bound.
///
/// - Parameters:
///   - relativePrecision: How well the argument is wanted, as a part of the interval.
///   - maxEvaluations: The search ends after so many calls at the latest. With 0, and no known
///     values, the result is `lower` with an infinite value.
/// - Returns: The best trial.
package func brentMinimum(
  from lower: Double, to upper: Double, relativePrecision: Double, maxEvaluations: Int,
  lowerValue: Double? = nil, upperValue: Double? = nil, _ f: (Double) throws -> Double
) rethrows -> LineMinimum {
  var search = BrentSearch(lower: lower, upper: upper, relativePrecision: relativePrecision)
  if let lowerValue { search.add(lower, lowerValue) }
  if let upperValue { search.add(upper, upperValue) }

  var evaluations = 0
  while evaluations < maxEvaluations, let next = search.nextArgument() {
    search.add(next, try f(next))
    evaluations += 1
  }
  return LineMinimum(
    argument: search.best.argument, value: search.best.value, evaluations: evaluations)
}

/// The state of Brent's method between two trials.
private struct BrentSearch {
  typealias Trial = (argument: Double, value: Double)

  /// (3 - sqrt 5)/2
  private static let golden = 0.3819660112501051

  private let lower: Double
  private let upper: Double
  private let precision: Double
  /// The minimum is sought between these.
  private var a: Double
  private var b: Double
  /// The best trials, ascending values: x, w, v in Brent's notation. Infinite before they exist.
  private(set) var best: Trial
  private var second: Trial
  private var third: Trial
  /// The last step, and the one before it.
  private var step = 0.0
  private var previousStep = 0.0
  private var spread = 0.0

  init(lower: Double, upper: Double, relativePrecision: Double) {
    self.lower = lower
    self.upper = upper
    precision = relativePrecision * (upper - lower)
    a = lower
    b = upper
    best = (lower, .infinity)
    second = best
    third = best
  }

  mutating func add(_ argument: Double, _ newValue: Double) {
    let trial = (argument: argument, value: newValue.isFinite ? newValue : .infinity)
    // Without a finite value nothing tells on which side the minimum is.
    guard best.value.isFinite || trial.value.isFinite else { return }
    if best.value.isInfinite {
      best = trial
      return
    }
    if trial.value <= best.value {
      narrow(around: trial.argument, from: best.argument)
      (best, second, third) = (trial, best, second)
    } else {
      narrow(around: best.argument, from: trial.argument)
      if trial.value <= second.value {
        (second, third) = (trial, second)
      } else if trial.value <= third.value {
        third = trial
      }
    }
  }

  /// A worse trial bounds the interval on its side.
  private mutating func narrow(around better: Double, from worse: Double) {
    if worse < better { a = worse } else { b = worse }
  }

  /// The next trial, nil when the minimum is known well enough.
  mutating func nextArgument() -> Double? {
    guard best.value.isFinite else {
      // Multiples of the golden ratio modulo 1 fill the interval evenly at any number of them.
      spread += Self.golden
      if spread >= 1 { spread -= 1 }
      return lower + spread * (upper - lower)
    }
    let x = best.argument
    let middle = 0.5 * (a + b)
    // Brent's tolerance: below the root of the precision of doubles no minimum can be told.
    let tolerance = 0x1p-26 * abs(x) + precision / 3
    guard abs(x - middle) > 2 * tolerance - 0.5 * (b - a) else { return nil }

    if let parabolic = parabolicStep(tolerance) {
      (previousStep, step) = (step, parabolic)
      if x + step - a < 2 * tolerance || b - (x + step) < 2 * tolerance {
        step = x < middle ? tolerance : -tolerance
      }
    } else {
      previousStep = x < middle ? b - x : a - x
      step = Self.golden * previousStep
    }
    // Closer trials would tell nothing new.
    if abs(step) < tolerance { step = step < 0 ? -tolerance : tolerance }
    return x + step
  }

  /// The step to the vertex of the parabola through the three best trials, nil unless it lies
  /// within the interval and the steps shrink. Written so that NaN, from an overflow, is refused
  /// too.
  private func parabolicStep(_ tolerance: Double) -> Double? {
    guard abs(previousStep) > tolerance, second.value.isFinite, third.value.isFinite else {
      return nil
    }
    let x = best.argument
    let r = (x - second.argument) * (best.value - third.value)
    let s = (x - third.argument) * (best.value - second.value)
    let denominator = 2 * (s - r)
    let vertex = ((x - third.argument) * s - (x - second.argument) * r) / -denominator
    guard abs(vertex) < 0.5 * abs(previousStep), vertex > a - x, vertex < b - x else { return nil }
    return vertex
  }
}
