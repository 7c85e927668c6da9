import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// J^T of what a step leaves, by rows that were kept against an adjoint.
@Suite struct KeptRowsTests {
  /// Random networks: bounded, shared, fixed weights, learnt initial states, missing values, several sequences.
  @Test(arguments: DerivativeTests.seeds, NormalEquationsTests.Way.allCases)
  func adjoint(seed: UInt64, way: NormalEquationsTests.Way) throws {
    let item = try RandomCase(seed: seed)
    let problem = try Problem(
      item.network, item.sequences, options: GaussNewtonTests.options(seed))
    let (base, moved) = (try problem.makeStates(), try problem.makeStates())
    let slots = problem.slots.values
    let step = Build.normal(slots.count, seed: seed)
    let other = slots.indices.map {
      problem.slots.isFixed[$0] ? slots[$0] : slots[$0] + 1e-3 * step[$0]
    }
    guard try problem.evaluate(other, into: moved).isFinite else { return }
    #expect(try problem.evaluate(slots, into: base).isFinite)
    let equations = try NormalEquations(problem)
    let sequences = problem.sequences.lengths.count
    guard let kept = equations.rows.kept else {
      #expect(equations.order * sequences > 256 || sequences > 4 || !problem.globalTerms.isEmpty)
      return
    }
    equations.rows.prepare(base)
    try way.run(equations.rows, base, slots, into: equations)
    let slopes = try problem.runner.makeDriven(for: "test")
    problem.takeSlopes(of: moved.driven, near: base.driven, into: slopes)
    let own = try kept.pullBack(slopes)
    problem.load(slots)
    let gradient = try problem.pullBack(slopes, base)
    expectClose(own, problem.adjustable.map { gradient[$0] }, within: 1e-10, "J^T r")
    // Those of another linearisation are forgotten.
    kept.clear()
    #expect(try kept.pullBack(slopes) == problem.adjustable.map { _ in 0 })
  }

  /// Where many sequences run side by side, or there are many weights, the adjoint costs less.
  @Test func fewAlone() throws {
    func problem(_ lengths: [Int], size: Int) throws -> Problem {
      let network = try Build.network("lnl", size: size, inputs: 1, options: "{}", seed: 1)
      let steps = lengths.reduce(0, +)
      return try Problem(
        network,
        try Build.sequences(
          network, lengths: lengths, inputs: Build.normal(steps, seed: 1),
          desired: Build.normal(steps * network.outputCount, seed: 2)))
    }
    #expect(try NormalEquations(problem([50], size: 4)).rows.kept != nil)
    #expect(
      try NormalEquations(problem([Int](repeating: 50, count: 5), size: 2)).rows.kept == nil)
    #expect(try NormalEquations(problem([50], size: 20)).rows.kept == nil)
    // Rows of more than 64 MiB.
    #expect(try NormalEquations(problem([200_000], size: 4)).rows.kept == nil)
  }
}
