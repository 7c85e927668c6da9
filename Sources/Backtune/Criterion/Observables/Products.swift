/// x_k(t) x_k'(t).
package struct ProductObservable: Observable {
  package static var kind: String { "product" }
  package static var required: [String] { ["k", "k'"] }
  package let terms: ObservableTerms

  package init(_ parameters: ObservableParameters) throws {
    terms = ObservableTerms(try parameters.channel("k"), try parameters.channel("k'"))
  }

  package var parameters: [Double] { [Double(terms.first), Double(terms.second)] }

  package func value(_ a: Double, _ b: Double) -> Double { a * b }
  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) { (b, a) }
  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    (0, 1, 0)
  }
}

/// x_k(t) x_k(t - tau).
package struct AutocorrelationObservable: Observable {
  package static var kind: String { "autocorrelation" }
  package static var required: [String] { ["k", "tau"] }
  package let terms: ObservableTerms

  package init(_ parameters: ObservableParameters) throws {
    terms = ObservableTerms(
      try parameters.channel("k"), delay: try parameters.steps("tau"))
  }

  package var parameters: [Double] { [Double(terms.first), Double(terms.delay)] }

  package func value(_ a: Double, _ b: Double) -> Double { a * b }
  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) { (b, a) }
  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    (0, 1, 0)
  }
}

/// (x_k(t) - m)(x_k(t - tau) - m)/s^2.
package struct NormalisedAutocorrelationObservable: Observable {
  package static var kind: String { "normalised_autocorrelation" }
  package static var required: [String] { ["k", "tau"] }
  package static var measured: [String] { ["m", "s"] }
  package let terms: ObservableTerms
  private var standard: Standard?
  /// m and 1/s^2, NaN until they are known.
  private var (m, scale) = (Double.nan, Double.nan)

  package init(_ parameters: ObservableParameters) throws {
    terms = ObservableTerms(
      try parameters.channel("k"), delay: try parameters.steps("tau"))
    adopt(try parameters.standard())
  }

  package var parameters: [Double] {
    [Double(terms.first), Double(terms.delay)] + (standard.map { [$0.m, $0.s] } ?? [])
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
    (m, scale) = (known.m, 1 / (known.s * known.s))
  }

  package func value(_ a: Double, _ b: Double) -> Double { (a - m) * (b - m) * scale }

  package func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double) {
    ((b - m) * scale, (a - m) * scale)
  }

  package func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double) {
    (0, scale, 0)
  }
}
