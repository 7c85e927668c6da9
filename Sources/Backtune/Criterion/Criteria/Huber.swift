/// The criterion 'a', absolute value with a rounded tip: e^2 / (2 nu) if |e| < nu, else |e| - nu/2; nu = 1.345 s.
package struct Huber: Criterion {
  package static var names: [String] { ["huber", "a"] }
  package static var scale: CriterionScale { .following { 1.345 * $0 } }
  package static var degree: Int { 1 }
  private let nu: Double

  package init(nu: Double) { self.nu = nu }

  package func value(_ x: Double, _ o: Double) -> Double {
    let e = abs(x - o)
    return e < nu ? e * e / (2 * nu) : e - nu / 2
  }

  package func slope(_ x: Double, _ o: Double) -> Double {
    let e = x - o
    return abs(e) < nu ? e / nu : e < 0 ? -1 : 1
  }

  package func weight(_ x: Double, _ o: Double) -> Double { 1 / max(abs(x - o), nu) }
}
