import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A cost of an activity x at one time.
protocol ActivityRule: Sendable {
  func value(_ x: Double) -> Double
  func slope(_ x: Double) -> Double
  /// Second derivative of a quadratic that stands for it near x.
  func curvature(_ x: Double) -> Double
}

/// The sum of such a cost over all nodes of some groups and all times.
struct PointwiseActivity<Rule: ActivityRule>: ActivityTerm {
  let driven: [Observed]
  let batch: Batch
  let rule: Rule

  func value(_ states: Trajectory) -> Double {
    let x = states.origin
    var sum = 0.0
    states.layout.forEachValue(of: driven, batch) { sum += rule.value(x[$0]) }
    return sum
  }

  func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
    let (x, target) = (states.origin, slopes.origin)
    states.layout.forEachValue(of: driven, batch) { target[$0] += rule.slope(x[$0]) }
  }

  func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {
    let (x, target) = (states.origin, curvatures.origin)
    states.layout.forEachValue(of: driven, batch) { target[$0] += rule.curvature(x[$0]) }
  }
}
