import BacktuneSimulation

/// A term of the cost with a few residuals r_k, each of which depends on states at all times: its derivative is
/// sum_k w_k r_k dr_k/dx, and sum_k w_k dr_k/dx dr_k/dx^T stands for its second derivative.
package protocol GlobalTerm {
  var residualCount: Int { get }
  /// w_k and r_k at these states.
  func residuals(_ states: Driven) -> [(weight: Double, residual: Double)]
  /// Adds c dr_k/dx.
  func addDerivative(
    of k: Int, times c: Double, _ states: Driven, into slopes: Driven)
}
