/// -o log x - (1 - o) log(1 - x) of probabilities x in [0, 1]: whether there was a spike, o = 1 or 0, or how probable one
/// is. The weight is 1/(x (1 - x)).
///
/// Finite everywhere: within 2^-54 of 0 and 1, which is what rounding leaves of squashing functions, logarithms go on as
/// their tangents. Outside [0, 1] a value costs besides, so steeply that no fit stays there.
package struct Bernoulli: Criterion, Likelihood {
  package static var names: [String] { ["bernoulli"] }
  package static var domain: String { "0 (no spike) to 1 (a spike)" }
  private static let surprise = Surprise(floor: 0x1p-54)

  package init(nu: Double) {}

  package static func allows(_ o: Double) -> Bool { o >= 0 && o <= 1 }

  package func value(_ x: Double, _ o: Double) -> Double {
    let surprise = Self.surprise
    return o * surprise.value(x) + (1 - o) * surprise.value(1 - x)
      + surprise.barrier(x) + surprise.barrier(1 - x)
  }

  package func slope(_ x: Double, _ o: Double) -> Double {
    let surprise = Self.surprise
    return (1 - o) * surprise.inverse(1 - x) - o * surprise.inverse(x)
      + surprise.barrierSlope(x) - surprise.barrierSlope(1 - x)
  }

  package func weight(_ x: Double, _ o: Double) -> Double {
    Self.surprise.inverse(x) * Self.surprise.inverse(1 - x)
  }
}
