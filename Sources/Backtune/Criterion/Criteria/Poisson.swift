import BacktuneNumerics

/// x - o log x of rates x > 0, o what was counted, 0 or more; plus o log o - o, which makes it 0 where x = o. The weight is
/// 1/x.
///
/// Finite everywhere: the logarithm goes on as its tangent below 1e-100. Below 0 a value costs besides, so steeply that
/// no fit stays there.
package struct Poisson: Criterion, Likelihood {
  package static var names: [String] { ["poisson"] }
  package static var domain: String { "a count of 0 or more" }
  /// Squares of its slopes, summed, are far from an overflow.
  private static let rate = Surprise(floor: 1e-100)

  package init(nu: Double) {}

  package static func allows(_ o: Double) -> Bool { o >= 0 }

  package func value(_ x: Double, _ o: Double) -> Double {
    let own = x - o + Self.rate.barrier(x)
    return o > 0 ? own + o * (log(o) + Self.rate.value(x)) : own
  }

  package func slope(_ x: Double, _ o: Double) -> Double {
    1 - o * Self.rate.inverse(x) + Self.rate.barrierSlope(x)
  }

  package func weight(_ x: Double, _ o: Double) -> Double { Self.rate.inverse(x) }
}
