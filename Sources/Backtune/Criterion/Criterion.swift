import BacktuneNetwork
import BacktuneNumerics

/// What is asked of one observed value x whose desired value is o. Section 2.3 of the design; appendix C of RR-9100.
///
/// The reweighted criteria are given by the function F that their quadratic w (x - o)^2 / 2 majorises: costs of
/// different iterations are then comparable.
///
/// Adding a criterion: one file with its type, and its line in `Criteria.all`.
package protocol Criterion: CriterionKind {
  /// Where its scale nu comes from.
  static var scale: CriterionScale { get }
  /// d of rho(c x, c o) = c^d rho(x, o) with a nu that goes by its errors, and so of slopes and weights by inner values.
  static var degree: Int { get }
  init(nu: Double)
  /// rho(x, o), to be multiplied by the gain.
  func value(_ x: Double, _ o: Double) -> Double
  /// Its derivative by x.
  func slope(_ x: Double, _ o: Double) -> Double
  /// The same of vectors, one by one where a criterion has nothing faster.
  func value(_ x: Vector, _ o: Vector) -> Vector
  func slope(_ x: Vector, _ o: Vector) -> Vector
  /// The weight w of the quadratic that majorises it at x: w times the distance to what is desired is the slope.
  func weight(_ x: Double, _ o: Double) -> Double
}

/// The scale nu of a criterion, unless the user gives it.
package enum CriterionScale: Sendable {
  case none
  case constant(Double)
  /// Of the robust scale s of the errors, at the start of every iteration.
  case following(@Sendable (_ s: Double) -> Double)
}

/// A way to compare outputs with what is desired of them: makes its term of the cost.
package protocol CriterionKind: Sendable {
  /// Its names, the first one being the one reported.
  static var names: [String] { get }
  /// Whether it compares values in whatever units they have, so that outputs may be scaled.
  static var comparesValues: Bool { get }
  /// The groups on which it depends, first nodes of each.
  static func driven(_ network: Network) throws -> [Observed]
  static func makeTerm(_ context: TermContext) throws -> any DataTerm
}

extension CriterionKind {
  package static func driven(_ network: Network) throws -> [Observed] { network.outputs }
  package static var comparesValues: Bool { false }
}

extension Criterion {
  package static var comparesValues: Bool { true }

  package func value(_ x: Vector, _ o: Vector) -> Vector {
    var values = Vector.zero
    for k in 0..<Vector.width { values[k] = value(x[k], o[k]) }
    return values
  }

  package func slope(_ x: Vector, _ o: Vector) -> Vector {
    var slopes = Vector.zero
    for k in 0..<Vector.width { slopes[k] = slope(x[k], o[k]) }
    return slopes
  }

  package static func makeTerm(_ context: TermContext) throws -> any DataTerm {
    PointwiseTerm<Self>(try context.requireTargets(), nu: context.nu)
  }
}

package enum Criteria {
  package static var all: [any CriterionKind.Type] {
    [
      LeastSquares.self, ReweightedL1.self, ReweightedL0.self, Huber.self, Biweight.self,
      Boolean.self, Bernoulli.self, Poisson.self, CrossEntropy.self, ObservableCriterion.self,
    ]
  }

  /// - Throws: `.argument` with the names there are.
  package static func named(_ name: String) throws -> any CriterionKind.Type {
    guard let type = all.first(where: { $0.names.contains(name) }) else {
      let known = all.map { $0.names.joined(separator: " or ") }.joined(separator: ", ")
      throw BacktuneError.argument("criterion '\(name)': unknown, expected one of \(known)")
    }
    return type
  }
}
