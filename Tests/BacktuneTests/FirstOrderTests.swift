import Backtune
import Testing

@testable import BacktuneEstimation

/// Section 2.6 by hand.
@Suite struct FirstOrderTests {
  /// The direction, which there must be.
  private func direction(_ firstOrder: inout FirstOrder, _ k: Int, _ weights: [Double]) throws
    -> [Double]
  {
    let direction = firstOrder.direction(k, weights: weights)
    return try #require(direction)
  }

  @Test func momentaAverageTheGradient() throws {
    var firstOrder = FirstOrder(count: 2)
    firstOrder.update([8, 0])
    firstOrder.update([0, 4])
    for (k, momentum) in FirstOrder.momenta.enumerated() {
      let share = 1 / Double(momentum)
      let expected = [(1 - share) * share * 8, share * 4]
      // The direction is -u g: proportional to the average.
      let step = try direction(&firstOrder, k, [0, 0])
      let ratio = expected[0] * step[1] - expected[1] * step[0]
      #expect(abs(ratio) < 1e-15 && step[1] < 0, "k = \(momentum): \(step)")
    }
  }

  @Test func firstStepHasATenthOfTheWeights() throws {
    var firstOrder = FirstOrder(count: 2)
    firstOrder.update([3, 4])
    let far = try direction(&firstOrder, 0, [6, 8])
    #expect(abs(far[0] + 0.6) < 1e-15 && abs(far[1] + 0.8) < 1e-15)
    var near = FirstOrder(count: 2)
    near.update([3, 4])
    let small = try direction(&near, 0, [0, 0.01])
    #expect(abs(small[0] + 0.006) < 1e-15)
  }

  @Test func stepsFollowTheLineSearch() throws {
    var firstOrder = FirstOrder(count: 1)
    firstOrder.update([1])
    let first = try direction(&firstOrder, 0, [1])[0]
    firstOrder.report(0, alpha: 0.75)
    #expect(firstOrder.direction(0, weights: [1]) == [1.5 * first])
    firstOrder.report(0, alpha: 0)
    #expect(firstOrder.direction(0, weights: [1]) == [0.75 * first])
    for _ in 0..<1100 { firstOrder.report(0, alpha: 0) }
    // Underflown once: found anew.
    let again = try direction(&firstOrder, 0, [1])[0]
    #expect(again == first)
  }

  @Test func shorterStepsBeforeGivingUp() throws {
    var firstOrder = FirstOrder(count: 1)
    firstOrder.update([1])
    let first = try direction(&firstOrder, 0, [1])[0]
    firstOrder.shorten()
    #expect(firstOrder.direction(0, weights: [1]) == [first / 100])
  }

  /// A huge weight that does nothing makes the first steps of the momenta far too long, and the second order overshoots.
  @Test func steepValleysAreNoStall() throws {
    var network = try Network(inputs: 1)
    let v = try network.addLearnware("v", size: 1)
    let x = try network.addFirmware("x", size: 1)
    try network.connect(Source(Network.input, lag: 0), to: v, role: "B")
    try network.addTerm(
      to: x, coefficient: 1e6,
      factors: [(.square, Source(v, lag: 0)), (.zeta(a: -1, b: 1), Source(v, lag: 0))])
    try network.setWeights("v.B", [1])
    let idle = try network.addLearnware("idle", size: 1)
    try network.addBias(to: idle)
    try network.setWeights("idle.a", [1e6])
    try network.observe([Observed(group: x, count: 1)])
    let inputs = Build.normal(20, seed: 1)
    let sequences = try Build.sequences(
      network, lengths: [20], inputs: inputs, desired: inputs.map { _ in 0 })
    let estimator = try Estimator(network, sequences)
    estimator.options.reestimatesStates = false
    try estimator.run()
    let trace = estimator.trace
    #expect(trace[trace.count - 1].cost < 1e-6 * trace[0].cost, "\(trace.map(\.cost))")
  }

  @Test func whatIsNotFiniteIsLeftOut() throws {
    var firstOrder = FirstOrder(count: 2)
    #expect(firstOrder.direction(0, weights: [1, 1]) == nil)
    firstOrder.update([.nan, 1])
    firstOrder.update([.infinity, 1])
    #expect(firstOrder.direction(0, weights: [1, 1]) == nil)
    firstOrder.update([1e300, 1e300])
    let step = try direction(&firstOrder, 0, [1, 1])
    #expect(step.allSatisfy { $0.isFinite && $0 < 0 })
  }
}
