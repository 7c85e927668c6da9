import BacktuneNumerics

/// rho = (x - o)^2 / 2, the criterion '2'.
package struct LeastSquares: Criterion {
  package static var names: [String] { ["least-squares", "2"] }
  package static var scale: CriterionScale { .none }
  package static var degree: Int { 2 }

  package init(nu: Double) {}

  package func value(_ x: Double, _ o: Double) -> Double { (x - o) * (x - o) / 2 }

  package func slope(_ x: Double, _ o: Double) -> Double { x - o }

  package func value(_ x: Vector, _ o: Vector) -> Vector { (x - o) * (x - o) / 2 }

  package func slope(_ x: Vector, _ o: Vector) -> Vector { x - o }

  package func weight(_ x: Double, _ o: Double) -> Double { 1 }
}
