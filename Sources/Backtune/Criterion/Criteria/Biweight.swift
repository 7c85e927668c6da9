/// The criterion 'b', with u = e/nu: u^6 - 3 u^4 + 3 u^2 if |u| < 1, else 1 (footnote 20); nu = 4.685 s.
package struct Biweight: Criterion {
  package static var names: [String] { ["biweight", "b"] }
  package static var scale: CriterionScale { .following { 4.685 * $0 } }
  package static var degree: Int { 0 }
  private let nu: Double

  package init(nu: Double) { self.nu = nu }

  package func value(_ x: Double, _ o: Double) -> Double {
    let square = square(x, o)
    return square < 1 ? square * (square * (square - 3) + 3) : 1
  }

  package func slope(_ x: Double, _ o: Double) -> Double { weight(x, o) * (x - o) }

  package func weight(_ x: Double, _ o: Double) -> Double {
    let rest = 1 - min(square(x, o), 1)
    return 6 * rest * rest / (nu * nu)
  }

  private func square(_ x: Double, _ o: Double) -> Double { (x - o) / nu * ((x - o) / nu) }
}
