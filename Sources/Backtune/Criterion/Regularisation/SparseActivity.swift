import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum x^2 / (eps + |x^|), which majorises 2 s (|x| - eps log(1 + |x|/eps)): few nodes active at a time. Options:
/// `strength`, `eps` (0.01), `groups` (names; by default those read at a lag of 1 or more).
package struct SparseActivity: Regularisation, ActivityRule {
  package static let name = "sparse-activity"
  private let strength: Double
  private let eps: Double
  package let groups: [String]?

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    eps = try options.number("eps", in: 1e-100...1e100) ?? 0.01
    groups = try options.names("groups")
  }

  package func makeTerm(_ network: Network) throws -> RegularisationTerm {
    let driven = try network.activityGroups(groups, for: "regularisation \(Self.name)")
    return .activity(PointwiseActivity(driven: driven, rule: self))
  }

  func value(_ x: Double) -> Double { 2 * strength * smoothedMagnitude(x, eps) }

  func slope(_ x: Double) -> Double { 2 * strength * x / (eps + abs(x)) }

  func curvature(_ x: Double) -> Double { 2 * strength / (eps + abs(x)) }
}
