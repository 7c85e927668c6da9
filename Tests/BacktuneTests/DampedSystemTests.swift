import Backtune
import Testing

@testable import BacktuneEstimation
@testable import BacktuneNumerics

/// Damped steps inside bounds.
@Suite struct DampedSystemTests {
  private struct Sample {
    let order: Int
    let stride: Int
    let gram: Buffer
    let curvature: [Double]
    let gradient: [Double]

    init(order: Int, seed: UInt64) throws {
      self.order = order
      stride = order + 3
      gram = try Buffer(dimensions: [order, stride], for: "test")
      var stream = RandomStream(seed: seed, name: "test system")
      let rows = (0..<order + 2).map { _ in (0..<order).map { _ in stream.normal() } }
      for i in 0..<order {
        for j in 0...i {
          gram.pointer[i * stride + j] = rows.reduce(0) { $0 + $1[i] * $1[j] }
        }
      }
      curvature = (0..<order).map { _ in stream.uniform() }
      gradient = (0..<order).map { _ in stream.normal() }
    }

    /// (A + D + mu I) d + g
    func slope(_ step: [Double], damping: Double) -> [Double] {
      (0..<order).map { i in
        (0..<order).reduce(gradient[i] + (damping + curvature[i]) * step[i]) {
          $0 + gram.pointer[max(i, $1) * stride + min(i, $1)] * step[$1]
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 7, 30, 65]) func unbounded(order: Int) throws {
    let sample = try Sample(order: order, seed: UInt64(order))
    let system = try DampedSystem(order: order)
    let infinite = [Double](repeating: .infinity, count: order)
    let box = StepBox(
      weights: infinite.map { _ in 0 }, lower: infinite.map { -$0 }, upper: infinite,
      gradient: sample.gradient)
    for damping in [0.0, 1e-3, 10] {
      let step = try #require(
        try system.step(
          gram: sample.gram.pointer, stride: sample.stride, curvature: sample.curvature, box: box,
          damping: damping, poll: .none))
      for slope in sample.slope(step, damping: damping) { #expect(abs(slope) <= 1e-10) }
      // The same factors, another right-hand side.
      let correction = try #require(system.correction(sample.gradient))
      expectClose(correction, step, within: 1e-14, "order \(order)")
    }
  }

  /// Inside the bounds, with no slope left where the step is free.
  @Test(arguments: Array(UInt64(0)..<40)) func bounded(seed: UInt64) throws {
    let order = 12
    let sample = try Sample(order: order, seed: seed)
    let system = try DampedSystem(order: order)
    var stream = RandomStream(seed: seed, name: "test box")
    let weights = (0..<order).map { _ in stream.normal() }
    // Some stand at a bound already.
    let lower = weights.map { stream.uniform() < 0.2 ? $0 : $0 - stream.uniform() }
    let upper = weights.map { stream.uniform() < 0.2 ? $0 + 1e-3 : $0 + stream.uniform() }
    let box = StepBox(
      weights: weights, lower: lower, upper: upper, gradient: sample.gradient)
    let step = try #require(
      try system.step(
        gram: sample.gram.pointer, stride: sample.stride, curvature: sample.curvature, box: box,
        damping: 0.1, poll: .none))
    let slope = sample.slope(step, damping: 0.1)
    var free = 0
    for k in 0..<order {
      let (down, up) = (lower[k] - weights[k], upper[k] - weights[k])
      #expect(step[k] >= down - 1e-15 && step[k] <= up + 1e-15)
      if step[k] > down + 1e-12 && step[k] < up - 1e-12 && step[k] != 0 {
        #expect(abs(slope[k]) <= 1e-10, "seed \(seed), \(k)")
        free += 1
      }
      if box.isHeld(k) { #expect(step[k] == 0) }
    }
    #expect(free > 0)
  }

  @Test func notDefinite() throws {
    let sample = try Sample(order: 5, seed: 1)
    let system = try DampedSystem(order: 5)
    let box = StepBox(
      weights: [0, 0, 0, 0, 0], lower: [-1, -1, -1, -1, -1], upper: [1, 1, 1, 1, 1],
      gradient: sample.gradient)
    for value in [Double.nan, .infinity, -1e6] {
      sample.gram.pointer[2 * sample.stride + 2] = value
      let step = try system.step(
        gram: sample.gram.pointer, stride: sample.stride, curvature: nil, box: box, damping: 1e-3,
        poll: .none)
      #expect(step == nil)
      #expect(system.correction(sample.gradient) == nil)
    }
  }
}
