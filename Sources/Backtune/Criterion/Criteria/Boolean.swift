/// The criterion 'h': x above or below 1/2 as o is, by a margin nu (0.1). rho = q(nu - sg(o - 1/2) (x - 1/2)) / 2,
/// q(v) = v^2 for v > 0 and 0 otherwise; at o = 1/2 a constant.
package struct Boolean: Criterion {
  package static var names: [String] { ["boolean", "h"] }
  package static var scale: CriterionScale { .constant(0.1) }
  package static var degree: Int { 2 }
  /// 1/2 is in the units of the outputs.
  package static var comparesValues: Bool { false }
  private let nu: Double

  package init(nu: Double) { self.nu = nu }

  package func value(_ x: Double, _ o: Double) -> Double {
    let lack = max(lack(x, o), 0)
    return lack * lack / 2
  }

  package func slope(_ x: Double, _ o: Double) -> Double { -side(o) * max(lack(x, o), 0) }

  package func weight(_ x: Double, _ o: Double) -> Double {
    side(o) != 0 && lack(x, o) > 0 ? 1 : 0
  }

  private func lack(_ x: Double, _ o: Double) -> Double { nu - side(o) * (x - 0.5) }

  private func side(_ o: Double) -> Double { o > 0.5 ? 1 : o < 0.5 ? -1 : 0 }
}
