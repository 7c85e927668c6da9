import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Many sequences of a few steps.
@Suite struct ShortSequenceTests {
  /// However few the steps, rows come from impulse responses, and are those of tangents.
  @Test(arguments: 1...9, [1, 4]) func impulsesWhateverTheLength(steps: Int, lags: Int) throws {
    let network = try Build.network(
      "lnl", size: 6,
      options: """
        {"leak": "adjust", "sources": [{"source": "self", "lag": 1}, {"source": "input", "lag": 0},
        {"source": "input", "lag": \(lags)}], "initial": "learn"}
        """, seed: 1)
    var observed = network
    try observed.observe([Observed(group: network.groups.count - 1, count: 1)])
    let count = 50
    let sequences = try Build.sequences(
      observed, lengths: (0..<count).map { 1 + ($0 + steps - 1) % steps },
      inputs: Build.normal((0..<count).reduce(0) { $0 + 1 + ($1 + steps - 1) % steps }, seed: 2),
      desired: Build.normal((0..<count).reduce(0) { $0 + 1 + ($1 + steps - 1) % steps }, seed: 3))
    let problem = try Problem(observed, sequences)
    let slots = problem.slots.values
    let states = try problem.makeStates()
    #expect(try problem.evaluate(slots, into: states).isFinite)
    let equations = try NormalEquations(problem)
    try equations.update(states, slots: slots, poll: .none)
    #expect(equations.rows.memory > 0)
    let expected = try NormalEquationsTests.gram(problem, slots, .tangents)
    let n = equations.order + 1
    for i in 0..<n {
      for j in 0...i {
        let scale = (expected[i * (n + 1)] * expected[j * (n + 1)]).squareRoot()
        let found = equations.gram.pointer[i * equations.stride + j]
        #expect(abs(found - expected[i * n + j]) <= 1e-12 * scale, "[\(i), \(j)]")
      }
    }
  }
}
