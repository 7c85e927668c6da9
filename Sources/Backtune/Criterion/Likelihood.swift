import BacktuneNumerics

/// A criterion that is minus the logarithm of a probability: the noise is in it, and not measured on the errors.
package protocol Likelihood: CriterionKind {
  /// Whether a value may be desired.
  static func allows(_ o: Double) -> Bool
  /// Which values may be, in words.
  static var domain: String { get }
}

extension Likelihood {
  /// - Throws: `.state` without desired values, `.argument` for one that may not be.
  static func requireTargets(_ context: TermContext) throws -> Targets {
    let targets = try context.requireTargets()
    if let value = try targets.sequences.firstDesired(where: { !allows($0) }) {
      throw BacktuneError.argument(
        "desired: the value \(value) came, the criterion \(names[0]) expects \(domain)")
    }
    return targets
  }
}

/// Pointwise ones: outputs have no units, w is what Fisher's information takes, so that the slope is w (x - o).
extension Likelihood where Self: Criterion {
  package static var scale: CriterionScale { .none }
  package static var degree: Int { 0 }
  package static var comparesValues: Bool { false }

  package static func makeTerm(_ context: TermContext) throws -> any DataTerm {
    PointwiseTerm<Self>(try requireTargets(context), nu: context.nu)
  }
}

/// -log p, which is continued by its tangent below a floor, and that floor.
struct Surprise {
  let floor: Double

  func value(_ p: Double) -> Double {
    p >= floor ? -log(p) : 1 - log(floor) - p / floor
  }

  /// 1/p: minus its slope.
  func inverse(_ p: Double) -> Double { 1 / max(p, floor) }

  /// What p below 0 costs besides.
  func barrier(_ p: Double) -> Double { max(-p, 0) / floor }

  /// Its slope by p.
  func barrierSlope(_ p: Double) -> Double { p < 0 ? -1 / floor : 0 }
}
