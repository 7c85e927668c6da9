/// x_k(t).
package struct MeanObservable: Observable {
  package static var kind: String { "mean" }
  package static var required: [String] { ["k"] }
  package let terms: ObservableTerms

  package init(_ parameters: ObservableParameters) throws {
    terms = ObservableTerms(try parameters.channel("k"))
  }

  package var parameters: [Double] { [Double(terms.first)] }

  package func value(_ a: Double, _ b: Double) -> Double { a }
  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) { (1, 0) }
  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    (0, 0, 0)
  }
}

/// x_k at one time t, over the sequences longer than t.
package struct MeanAtObservable: Observable {
  package static var kind: String { "mean_at" }
  package static var required: [String] { ["k", "t"] }
  package private(set) var terms: ObservableTerms
  private let time: Int

  package func following(washout: Int) -> Self {
    var copy = self
    copy.terms.time = time - washout
    return copy
  }

  package init(_ parameters: ObservableParameters) throws {
    time = try parameters.steps("t")
    terms = ObservableTerms(try parameters.channel("k"), time: time)
  }

  package var parameters: [Double] { [Double(terms.first), Double(time)] }

  package func value(_ a: Double, _ b: Double) -> Double { a }
  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) { (1, 0) }
  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    (0, 0, 0)
  }
}

/// ((x_k(t) - m)/s)^power.
package struct StandardisedMomentObservable: Observable {
  package static var kind: String { "standardised_moment" }
  package static var required: [String] { ["k", "power"] }
  package static var measured: [String] { ["m", "s"] }
  package let terms: ObservableTerms
  private let power: Int
  private var standard: Standard?
  private var (m, scale) = (Double.nan, Double.nan)

  package init(_ parameters: ObservableParameters) throws {
    terms = ObservableTerms(try parameters.channel("k"))
    power = try parameters.integer("power", in: 1...20)
    adopt(try parameters.standard())
  }

  package var parameters: [Double] {
    [Double(terms.first), Double(power)] + (standard.map { [$0.m, $0.s] } ?? [])
  }

  package func frozen(on reference: Series) throws -> Self {
    guard standard == nil else { return self }
    var copy = self
    copy.adopt(try Standard(of: terms.first, reference, for: Self.kind))
    return copy
  }

  private mutating func adopt(_ known: Standard?) {
    guard let known else { return }
    standard = known
    (m, scale) = (known.m, 1 / known.s)
  }

  package func value(_ a: Double, _ b: Double) -> Double { raise((a - m) * scale, power) }

  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) {
    (Double(power) * raise((a - m) * scale, power - 1) * scale, 0)
  }

  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    guard power > 1 else { return (0, 0, 0) }
    let factor = Double(power * (power - 1)) * scale * scale
    return (factor * raise((a - m) * scale, power - 2), 0, 0)
  }

  @inline(__always)
  private func raise(_ u: Double, _ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= u }
    return result
  }
}
