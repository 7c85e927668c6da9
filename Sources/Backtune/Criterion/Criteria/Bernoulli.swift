/// -o log x - (1 - o) log(1 - x) of probabilities x in [0, 1]: whether there was a spike, o = 1 or 0, or how probable one
/// is. The weight is 1/(x (1 - x)).
///
/// Finite everywhere: logarithms go on as their tangents where x is 1e-100, or where 1 - x is what rounding leaves of it.
/// Outside [0, 1] a value costs besides, so steeply that no fit stays there.
package struct Bernoulli: Criterion, Likelihood {
  package static var names: [String] { ["bernoulli"] }
  package static var domain: String { "0 (no spike) to 1 (a spike)" }
  private static let spike = Surprise.least
  private static let silence = Surprise(floor: 0x1p-54)

  package init(nu: Double) {}

  package static func allows(_ o: Double) -> Bool { o >= 0 && o <= 1 }

  package func value(_ x: Double, _ o: Double) -> Double {
    var sum = Self.spike.barrier(x) + Self.silence.barrier(1 - x)
    // Not 0 times the logarithm of 0.
    if o > 0 { sum += o * Self.spike.value(x) }
    if o < 1 { sum += (1 - o) * Self.silence.value(1 - x) }
    return sum
  }

  package func slope(_ x: Double, _ o: Double) -> Double {
    (1 - o) * Self.silence.inverse(1 - x) - o * Self.spike.inverse(x)
      + Self.spike.barrierSlope(x) - Self.silence.barrierSlope(1 - x)
  }

  package func weight(_ x: Double, _ o: Double) -> Double {
    Self.spike.inverse(x) * Self.silence.inverse(1 - x)
  }
}
