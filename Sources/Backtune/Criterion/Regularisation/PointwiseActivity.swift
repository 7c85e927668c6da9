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
final class PointwiseActivity<Rule: ActivityRule>: ActivityTerm, LocalTerm {
  let driven: [Observed]
  private let rule: Rule
  private var runner: ShardRunner?

  init(driven: [Observed], rule: Rule) { (self.driven, self.rule) = (driven, rule) }

  func begin(_ runner: ShardRunner) { self.runner = runner }

  func value(_ states: Driven) -> Double {
    runner?.reduction.sum { [self] part in
      var sum = 0.0
      forEachValue(states.parts[part], part) { sum += rule.value($0[$1]) }
      return sum
    } ?? 0
  }

  func addSlopes(_ states: Driven, into slopes: Driven) {
    runner?.add(self.slopes(at: states), at: states, into: slopes)
  }

  func addCurvatures(_ states: Driven, into curvatures: Driven) {
    runner?.add(self.curvatures(at: states), at: states, into: curvatures)
  }

  func slopes(at states: Driven) -> ShardDerivative {
    { [self] part, values, slopes in
      let target = slopes.origin
      forEachValue(values, part) { target[$1] += rule.slope($0[$1]) }
    }
  }

  func curvatures(at states: Driven) -> ShardDerivative {
    { [self] part, values, curvatures in
      let target = curvatures.origin
      forEachValue(values, part) { target[$1] += rule.curvature($0[$1]) }
    }
  }

  @inline(__always)
  private func forEachValue(
    _ values: Trajectory, _ part: Int, _ body: (UnsafeMutablePointer<Double>, Int) -> Void
  ) {
    guard let runner else { return }
    let x = values.origin
    runner.layout(part).forEachValue(of: driven, runner.shards.all[part].batch) { body(x, $0) }
  }
}
