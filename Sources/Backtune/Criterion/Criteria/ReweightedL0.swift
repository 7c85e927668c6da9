import BacktuneNumerics

/// The criterion '0', (e^2 / 2) / (nu + e^^2): it majorises 1/2 log(1 + e^2/nu), and nu = s^2.
package struct ReweightedL0: Criterion {
  package static var names: [String] { ["l0", "0"] }
  package static var scale: CriterionScale { .following { $0 * $0 } }
  package static var degree: Int { 0 }
  private let nu: Double

  package init(nu: Double) { self.nu = nu }

  package func value(_ x: Double, _ o: Double) -> Double { log1p((x - o) * (x - o) / nu) / 2 }

  package func slope(_ x: Double, _ o: Double) -> Double {
    let e = x - o
    // Where the square overflows the slope is 1/e.
    let square = e * e
    return square.isFinite ? e / (nu + square) : 1 / e
  }

  package func weight(_ x: Double, _ o: Double) -> Double { 1 / (nu + (x - o) * (x - o)) }
}
