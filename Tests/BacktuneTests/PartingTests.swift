import Backtune
import Foundation
import Testing

@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Free runs of networks whose trajectories part, and predictions from some of the times.
@Suite struct PartingTests {
  /// o = w m + v m^2, m the measured output of lag 1.
  private func parabola(_ w: Double, _ v: Double) throws -> Network {
    var network = try Network(inputs: 0)
    let out = try network.addLearnware("out", size: 1)
    let square = try network.addFirmware("square", size: 1)
    let measured = try network.addMeasured("out.m1", of: Source(out, lag: 1))
    try network.addTerm(to: square, factors: [(.square, Source(measured, lag: 0))])
    try network.connect(Source(measured, lag: 0), to: out, role: "W")
    try network.connect(Source(square, lag: 0), to: out, role: "V")
    try network.observe([Observed(group: out, count: 1)])
    try network.setAdjustableWeights([w, v])
    return network
  }

  /// The logistic map, whose trajectories part by a factor of two a step.
  private func logistic(_ steps: Int) -> [[Double]] {
    var x = 0.3
    return (0..<steps).map { _ in
      defer { x = 4 * x * (1 - x) }
      return [x]
    }
  }

  private func estimator(_ network: Network, _ desired: [[Double]]) throws -> Estimator {
    let sequences = try Sequences(
      network, inputs: desired.map { _ in [] }, desired: desired)
    let estimator = try Estimator(network, sequences)
    estimator.options.maxIterations = 0
    return estimator
  }

  @Test(arguments: [1e-3, 1e-6, 1e-9]) func horizonGrowsWithPrecision(error: Double) throws {
    let estimator = try estimator(parabola(4 * (1 - error), -4 * (1 - error)), logistic(600))
    try estimator.run()
    let parting = try #require(estimator.parting)
    // Errors double: about log2 (half a deviation / error of a step) steps.
    let expected = -log2(error) - 1
    #expect(abs(Double(parting.horizon) - expected) < 4, "\(parting)")
    // The mean of squares of x is 3/8, its variance 1/8.
    #expect(abs(parting.oneStepNMSE / (error * error) - 3) < 0.5, "\(parting)")
    #expect(estimator.notes.map(\.kind) == [.parting])
    #expect(try estimator.parting(at: estimator.network) == parting)
    estimator.options.observation.horizons = [1]
    #expect(try estimator.parting(at: estimator.network) == nil)
    try estimator.run()
    #expect(estimator.parting == nil && estimator.notes.isEmpty)
  }

  /// x = 0.99 x + pushes that the network knows nothing of: the free run is bad, and forgets all starts.
  @Test func whatIsForgottenDoesNotPart() throws {
    var (x, stream) = (0.0, RandomStream(seed: 1, name: "parting"))
    let desired: [[Double]] = (0..<600).map { _ in
      x = 0.99 * x + 0.1 * stream.normal()
      return [x]
    }
    let estimator = try estimator(parabola(0.99, 0), desired)
    try estimator.run()
    #expect(estimator.trace[0].nmse > 0.5)
    #expect(estimator.parting == nil && estimator.notes.isEmpty)
  }

  @Test func predictionsFromSomeTimesAreThoseFromAll() throws {
    let network = try parabola(3.9, -3.9)
    let (lengths, steps) = ([40, 0, 3, 57], 5)
    let known = logistic(100).map { $0[0] }
    let empty = UnsafeBufferPointer<Double>(start: nil, count: 0)
    try known.withUnsafeBufferPointer { known in
      let all = try network.predict(
        lengths: lengths, inputs: empty, measured: known, horizon: Double(steps)
      ).outputs
      for every in [2, 3, 16, 50] {
        let some = try network.predict(
          lengths: lengths, inputs: empty, measured: known, horizon: Double(steps), every: every
        ).outputs
        var first = 0
        for length in lengths {
          for t in 0..<length {
            let isTold = t < steps || (t - (steps - 1)) % every == 0
            #expect(some[first + t] == (isTold ? all[first + t] : 0), "\(every) \(t)")
          }
          first += length
        }
      }
    }
  }
}
