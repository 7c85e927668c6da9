import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The part of the un-normalised cost that compares what a network does with what is desired of it.
///
/// A term may follow the errors: its nu is set by the states that it began with, and may shrink between iterations.
package protocol DataTerm: AnyObject {
  /// What the cost is divided by where it is reported.
  var divisor: Double { get }
  /// The present scale nu, if there is one.
  var nu: Double? { get }
  /// Whether nu follows the errors, so that costs of different runs are not comparable.
  var followsErrors: Bool { get }
  func value(_ states: Driven) -> Double
  /// The same, and sum kappa e^2 of values that are desired, 0 without: in one pass where both go over these.
  func score(_ states: Driven, _ targets: Targets?) -> (data: Double, squares: Double)
  /// Adds its derivative by the driven values.
  func addSlopes(_ states: Driven, into slopes: Driven)
  /// Adds the second derivatives by the driven values, one by one, of the quadratic that majorises it: where a slope is
  /// not 0 they are above 0.
  func addCurvatures(_ states: Driven, into curvatures: Driven)
  /// Typical second derivative by a driven value: what scales the normal matrices of section 2.5, whose kappa is 1. Nil
  /// where there is none: the step is then the one that would bring the cost to zero if it were linear.
  func curvature(_ states: Driven) -> Double?
  /// A power of two that second derivatives are to be divided by before a root is drawn: outputs times any power of two
  /// give second derivatives over it times a power of four, whose roots are exact.
  func rootUnit(_ states: Driven) -> Double
  /// What re-estimation of these states is to impose on them; nil for nothing.
  func imposition(on states: Driven, poll: Poll) throws -> Imposition?
  /// Takes nu from the states that estimation starts with.
  func begin(with states: Driven)
  /// Takes nu and the start from the same term of an earlier problem.
  func inherit(from other: any DataTerm)
  /// Lets nu follow the errors of `best`, if that is acceptable.
  /// - Returns: what start and best cost then; nil where nu stays.
  func adapt(to best: Driven, accepts: (Rescored) -> Bool) -> Rescored?
  /// Forgets the nu of `begin`.
  func reset()
}

/// What the states at the start, and the best, cost under another nu.
package typealias Rescored = (start: Double, best: Double)

/// Writes desired values into driven ones.
package typealias Imposition = (Driven) -> Void

/// Terms without a nu that follows the errors.
extension DataTerm {
  package var nu: Double? { nil }
  package var followsErrors: Bool { false }
  package func score(_ states: Driven, _ targets: Targets?) -> (data: Double, squares: Double) {
    (value(states), targets?.squares(states) ?? 0)
  }
  package func rootUnit(_ states: Driven) -> Double { 1 }
  package func begin(with states: Driven) {}
  package func inherit(from other: any DataTerm) {}
  package func adapt(to best: Driven, accepts: (Rescored) -> Bool) -> Rescored? { nil }
  package func reset() {}
}

/// What a term is made from.
package struct TermContext {
  package let network: Network
  package let runner: ShardRunner
  /// What is desired of the outputs, if anything.
  package let targets: Targets?
  /// Given by the user.
  package let nu: Double?
  package let washout: Int
  package let isStatic: Bool
  package let observables: ObservableGoals

  func requireTargets() throws -> Targets {
    guard let targets else {
      throw BacktuneError.state(
        "desired: no desired outputs were given, and the criterion needs them")
    }
    return targets
  }
}
