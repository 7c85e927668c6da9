import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation
import Glibc

/// s sum exp(k (x - b)): a soft upper bound of the activity, a lower one where k < 0. Options: `strength`, `bound` b (1),
/// `steepness` k (10), `groups` (names; by default those read at a lag of 1 or more).
package struct ActivityBound: Regularisation {
  package static let name = "activity-bound"
  private let strength: Double
  private let bound: Double
  private let steepness: Double
  private let groups: [String]?

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    bound = try options.number("bound", in: -1e100...1e100) ?? 1
    steepness = try options.number("steepness", in: -1e100...1e100) ?? 10
    groups = try options.names("groups")
  }

  package func makeTerm(
    _ network: Network, _ batch: Batch, _ layout: Layout
  ) throws -> RegularisationTerm {
    .activity(
      Term(
        driven: try network.activityGroups(groups, for: "regularisation \(Self.name)"),
        strength: strength, bound: bound, steepness: steepness, batch: batch))
  }

  private struct Term: ActivityTerm {
    let driven: [Observed]
    let strength: Double
    let bound: Double
    let steepness: Double
    let batch: Batch

    func value(_ states: Trajectory) -> Double {
      let x = states.origin
      var sum = 0.0
      states.layout.forEachValue(of: driven, batch) { sum += exp(steepness * (x[$0] - bound)) }
      return strength * sum
    }

    func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
      let (x, target) = (states.origin, slopes.origin)
      states.layout.forEachValue(of: driven, batch) {
        target[$0] += strength * steepness * exp(steepness * (x[$0] - bound))
      }
    }

    func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {
      let (x, target) = (states.origin, curvatures.origin)
      states.layout.forEachValue(of: driven, batch) {
        target[$0] += strength * steepness * steepness * exp(steepness * (x[$0] - bound))
      }
    }
  }
}
