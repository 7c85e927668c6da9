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
final class PointwiseActivity<Rule: ActivityRule>: ActivityTerm {
  let driven: [Observed]
  private let rule: Rule
  private var runner: ShardRunner?

  init(driven: [Observed], rule: Rule) { (self.driven, self.rule) = (driven, rule) }

  func begin(_ runner: ShardRunner) { self.runner = runner }

  func value(_ states: Driven) -> Double {
    runner?.reduction.sum { [self] part in
      var sum = 0.0
      forEachValue(states, part) { sum += rule.value($0[$1]) }
      return sum
    } ?? 0
  }

  func addSlopes(_ states: Driven, into slopes: Driven) {
    runner?.reduction.each { [self] part in
      let target = slopes.parts[part].origin
      forEachValue(states, part) { target[$1] += rule.slope($0[$1]) }
    }
  }

  func addCurvatures(_ states: Driven, into curvatures: Driven) {
    runner?.reduction.each { [self] part in
      let target = curvatures.parts[part].origin
      forEachValue(states, part) { target[$1] += rule.curvature($0[$1]) }
    }
  }

  @inline(__always)
  private func forEachValue(
    _ states: Driven, _ part: Int, _ body: (UnsafeMutablePointer<Double>, Int) -> Void
  ) {
    guard let runner else { return }
    let x = states.parts[part].origin
    runner.layout(part).forEachValue(of: driven, runner.shards.all[part].batch) { body(x, $0) }
  }
}
