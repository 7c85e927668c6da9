import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum x^2 / (eps + |x^|), which majorises 2 s (|x| - eps log(1 + |x|/eps)): few nodes active at a time. Options:
/// `strength`, `eps` (0.01), `groups` (names; by default those read at a lag of 1 or more).
package struct SparseActivity: Regularisation {
  package static let name = "sparse-activity"
  private let strength: Double
  private let eps: Double
  private let groups: [String]?

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    eps = try options.number("eps", in: 1e-100...1e100) ?? 0.01
    groups = try options.names("groups")
  }

  package func makeTerm(
    _ network: Network, _ batch: Batch, _ layout: Layout
  ) throws -> RegularisationTerm {
    .activity(
      Term(
        driven: try network.activityGroups(groups, for: "regularisation \(Self.name)"),
        strength: strength, eps: eps, batch: batch))
  }

  private struct Term: ActivityTerm {
    let driven: [Observed]
    let strength: Double
    let eps: Double
    let batch: Batch

    func value(_ states: Trajectory) -> Double {
      let x = states.origin
      var sum = 0.0
      states.layout.forEachValue(of: driven, batch) { sum += smoothedMagnitude(x[$0], eps) }
      return 2 * strength * sum
    }

    func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
      let (x, target) = (states.origin, slopes.origin)
      states.layout.forEachValue(of: driven, batch) {
        target[$0] += 2 * strength * x[$0] / (eps + abs(x[$0]))
      }
    }

    func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {
      let (x, target) = (states.origin, curvatures.origin)
      states.layout.forEachValue(of: driven, batch) {
        target[$0] += 2 * strength / (eps + abs(x[$0]))
      }
    }
  }
}
