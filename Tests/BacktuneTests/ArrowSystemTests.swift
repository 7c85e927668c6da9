import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Damped steps where most of what is learnt are starts of sequences: those of the whole matrix.
@Suite struct ArrowSystemTests {
  /// One that says nothing of its start, one that ends before it could, and others.
  private static let lengths = [0, 1, 40] + (0..<25).map { 5 + $0 % 7 }

  private func problem(lengths: [Int] = lengths, seed: UInt64) throws -> Problem {
    let options = #"{"activation": "tanh", "leak": "adjust"}"#
    let network = try Build.network("lnl", size: 2, inputs: 1, options: options, seed: seed)
    let steps = lengths.reduce(0, +)
    var observation = ObservationOptions()
    observation.learnsEachStart = true
    return try Problem(
      network,
      try Build.sequences(
        network, lengths: lengths, inputs: Build.normal(steps, seed: 1),
        desired: Build.normal(steps * network.outputCount, seed: 2)), options: observation)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func wholeMatrix(seed: UInt64) throws {
    let problem = try problem(seed: seed)
    let (order, slots) = (problem.adjustable.count, problem.slots.values)
    let states = try problem.makeStates()
    #expect(try problem.evaluate(slots, into: states).isFinite)
    let equations = try NormalEquations(problem)
    try equations.update(states, slots: slots, poll: .none)
    let gradient = equations.gradient
    let gram = UnsafePointer(equations.gram.pointer)
    var stream = RandomStream(seed: seed, name: "test system")
    let curvature = (0..<order).map { _ in stream.uniform() }
    // Weights of the network alone have bounds, and some steps end there.
    let limits = (0..<order).map { $0 < problem.network.adjustableCount ? 0.05 : .infinity }
    let box = StepBox(
      weights: limits.map { _ in 0 }, lower: limits.map { -$0 }, upper: limits, gradient: gradient)
    let (arrow, whole) = (
      try ArrowSystem(problem, equations.rows.own), try DampedSystem(order: order)
    )
    var held = 0
    for damping in [1e-6, 1e-2, 10] {
      for unit in [1.0, 0.25] {
        let step = try #require(
          try arrow.step(
            gram: gram, stride: equations.stride, curvature: curvature, box: box,
            damping: damping, unit: unit, poll: .none))
        let expected = try #require(
          try whole.step(
            gram: gram, stride: equations.stride, curvature: curvature, box: box,
            damping: damping, unit: unit, poll: .none))
        expectClose(step, expected, within: 1e-9, "step of \(damping)")
        held += zip(step, limits).count { abs($0) == $1 }
        let correction = try #require(arrow.correction(gradient))
        expectClose(
          correction, try #require(whole.correction(gradient)), within: 1e-9,
          "correction of \(damping)")
      }
    }
    #expect(held > 0)
    let own = problem.network.adjustableCount
    // A block that is not positive definite: no step.
    let stride = equations.stride
    equations.gram.pointer[(own + 3) * stride + own + 3] = -1e9
    #expect(
      try arrow.step(
        gram: gram, stride: stride, curvature: nil, box: box, damping: 1e-6, unit: 1, poll: .none)
        == nil)
  }

  /// A fit by it goes down.
  @Test func descends() throws {
    let problem = try problem(seed: 4)
    #expect(LinearForm.cheaper(problem) == .dense)
    let costs = try GaussNewtonTests.run(GaussNewton(problem), iterations: 20)
    #expect(zip(costs, costs.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(costs[costs.count - 1] < 0.9 * costs[0])
  }
}
