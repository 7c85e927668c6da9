import BacktuneNumerics

/// The criterion '1', (e^2 / 2) / (nu + |e^|): it majorises |e| - nu log(1 + |e|/nu), and nu = 1e-3 s.
package struct ReweightedL1: Criterion {
  package static var names: [String] { ["l1", "1"] }
  package static var scale: CriterionScale { .following { 1e-3 * $0 } }
  package static var degree: Int { 1 }
  private let nu: Double

  package init(nu: Double) { self.nu = nu }

  package func value(_ x: Double, _ o: Double) -> Double { smoothedMagnitude(x - o, nu) }

  package func slope(_ x: Double, _ o: Double) -> Double { (x - o) / (nu + abs(x - o)) }

  package func weight(_ x: Double, _ o: Double) -> Double { 1 / (nu + abs(x - o)) }
}
