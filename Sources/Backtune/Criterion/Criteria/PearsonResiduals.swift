/// (x - o)^2 / (2 x) of probabilities x: least squares with the weights 1/x at which they are taken.
///
/// What cross-entropy is to second order, by the outputs instead of the softmax group's sources: with the desired
/// probabilities of a group adding up to 1 it has the same slope by the weights of the network, and sum dx dx^T / x is
/// Fisher's information. It is no criterion to be chosen by name.
package struct PearsonResiduals: Criterion {
  package static var names: [String] { ["pearson"] }
  package static var scale: CriterionScale { .none }
  package static var degree: Int { 1 }

  package init(nu: Double) {}

  package func value(_ x: Double, _ o: Double) -> Double { (x - o) * (x - o) / 2 * weight(x, o) }
  package func slope(_ x: Double, _ o: Double) -> Double { (x - o) * weight(x, o) }
  /// Also finite where x is 0 to rounding, as its derivatives are then.
  package func weight(_ x: Double, _ o: Double) -> Double { 1 / max(x, 1e-150) }
}
