import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum exp(k (x - b)): a soft upper bound of the activity, a lower one where k < 0. Options: `strength`, `bound` b (1),
/// `steepness` k (10), `groups` (names; by default those read at a lag of 1 or more).
package struct ActivityBound: Regularisation, ActivityRule {
  package static let name = "activity-bound"
  private let strength: Double
  private let bound: Double
  private let steepness: Double
  package let groups: [String]?

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    bound = try options.number("bound", in: -1e100...1e100) ?? 1
    steepness = try options.number("steepness", in: -1e100...1e100) ?? 10
    groups = try options.names("groups")
  }

  package func makeTerm(_ network: Network) throws -> RegularisationTerm {
    let driven = try network.activityGroups(groups, for: "regularisation \(Self.name)")
    return .activity(PointwiseActivity(driven: driven, rule: self))
  }

  func value(_ x: Double) -> Double { strength * exp(steepness * (x - bound)) }

  func slope(_ x: Double) -> Double { steepness * value(x) }

  func curvature(_ x: Double) -> Double { steepness * steepness * value(x) }
}
