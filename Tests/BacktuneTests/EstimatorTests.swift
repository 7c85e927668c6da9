import Backtune
import Foundation
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork

@Suite struct EstimatorTests {
  /// Footnote 6 of the report: with every value imposed, a linear network is an exact linear problem.
  @Test(arguments: [UInt64(0), 1, 2]) func teacherForcedLinearNetworkInOneStep(seed: UInt64) throws
  {
    let (learner, sequences, root) = try Build.reverseEngineering(
      "linear", size: 4, steps: 60, observed: 4, seed: seed)
    let estimator = try Estimator(learner, sequences)
    estimator.options.method = .backwardTuning
    try estimator.step()
    let trace = estimator.trace
    #expect(trace[1].cost <= 1e-24 * trace[0].cost, "cost \(trace[1].cost)")
    #expect(trace[1].order == .second && trace[1].variant == 3)
    for (a, b) in zip(estimator.network.adjustableWeights, root.adjustableWeights) {
      #expect(abs(a - b) < 1e-9)
    }
  }

  @Test(arguments: ["linear", "lnl"]) func costNeverGrowsAndRunsReproduce(kind: String) throws {
    let (learner, sequences, _) = try Build.reverseEngineering(
      kind, size: 4, steps: 40, options: kind == "lnl" ? "{\"leak\": \"adjust\"}" : "")
    let runs = try (0..<2).map { _ in
      let estimator = try Estimator(learner, sequences)
      estimator.options.maxIterations = 30
      #expect(try estimator.run() != .diverged)
      return (estimator.trace.map(\.cost), estimator.network.adjustableWeights)
    }
    #expect(runs[0].0 == runs[1].0)
    #expect(runs[0].1 == runs[1].1)
    let costs = runs[0].0
    #expect(costs.count > 5 && costs[costs.count - 1] < 0.1 * costs[0])
    #expect(zip(costs, costs.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func costAndNMSEAreThoseOfTheWeightsReturned() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let estimator = try Estimator(learner, sequences)
    estimator.options.maxIterations = 5
    try estimator.run()
    let again = try Estimator(estimator.network, sequences).cost()
    let last = estimator.trace[estimator.trace.count - 1]
    // An estimation moves weights without units: one in ten such networks differs by roundings of what it returns.
    expectClose([again.cost, again.nmse], [last.cost, last.nmse], within: 1e-12, "cost and NMSE")
  }

  @Test func boundsHoldAtEveryIteration() throws {
    let (learner, sequences, _) = try Build.reverseEngineering(
      "lnl", size: 4, steps: 40, options: "{\"leak\": \"adjust\"}", seed: 3)
    var bounded = learner
    try bounded.setBounds("lnl.x2.W", lower: [-0.2], upper: [0.2])
    try bounded.setFixed("lnl.x2.B", [true])
    let before = try bounded.weights("lnl.x2.B")
    let estimator = try Estimator(bounded, sequences)
    for _ in 0..<15 {
      if try estimator.step() != .none { break }
      #expect(try estimator.network.weights("lnl.x2.W").allSatisfy { abs($0) <= 0.2 })
      #expect(try estimator.network.weights("lnl.x1.g").allSatisfy { $0 >= 0 && $0 <= 0.999 })
      #expect(try estimator.network.weights("lnl.x2.B") == before)
    }
    #expect(estimator.trace.count > 3)
  }

  /// One linear unit of self-weight 1.5 overflows within 5,000 steps.
  @Test func divergingStartIsRescued() throws {
    var network = try Build.network("linear", size: 1)
    try network.setWeights("linear.x.W1", [1.5])
    let inputs = Build.normal(5000, seed: 1)
    let sequences = try Build.sequences(
      network, lengths: [5000], inputs: inputs, desired: inputs.map { 1e6 + $0 })
    let estimator = try Estimator(network, sequences)
    #expect(try estimator.cost().cost == .infinity)
    estimator.options.maxIterations = 20
    try estimator.run()
    #expect(estimator.trace[0].order == .rescue)
    #expect(estimator.trace[estimator.trace.count - 1].cost < estimator.trace[0].cost)
    #expect(estimator.network.adjustableWeights.allSatisfy { $0.isFinite })
  }

  @Test func hopelessDivergenceIsSaid() throws {
    var network = try Build.network("linear", size: 1)
    try network.setWeights("linear.x.W1", [1.5])
    try network.setWeights("linear.x.a", [0.5])
    try network.setFixed("linear.x.W1", [true])
    try network.setBounds("linear.x.a", lower: [0.1], upper: [1])
    let sequences = try Build.sequences(
      network, lengths: [5000], inputs: Array(repeating: 0, count: 5000),
      desired: Array(repeating: 1, count: 5000))
    let estimator = try Estimator(network, sequences)
    #expect(try estimator.run() == .diverged)
    #expect(estimator.network.slots == network.slots)
    #expect(try estimator.step() == .diverged)
  }

  @Test func constantOutputsHaveNoNMSE() throws {
    let network = try Build.network("lnl", size: 2)
    let sequences = try Build.sequences(
      network, lengths: [20], inputs: Array(repeating: 0, count: 20),
      desired: Array(repeating: 0.7, count: 40))
    let estimator = try Estimator(network, sequences)
    try estimator.run()
    let last = estimator.trace[estimator.trace.count - 1]
    #expect(last.nmse.isNaN)
    #expect(last.cost < 1e-2 * estimator.trace[0].cost)
  }

  @Test func nothingToAdjust() throws {
    var network = try Build.network("linear", size: 1)
    for array in network.arrays { try network.setFixed(array.name, [true]) }
    let sequences = try Build.sequences(
      network, lengths: [3], inputs: [1, 2, 3], desired: [1, 2, 3])
    let estimator = try Estimator(network, sequences)
    #expect(try estimator.run() == .nothing)
    #expect(try estimator.step() == .nothing)
    #expect(estimator.trace.count == 1)
  }

  @Test func monitorStopsBetweenIterations() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let estimator = try Estimator(learner, sequences)
    var iterations = 0
    let reason = try estimator.run { event in
      if event == .iteration { iterations += 1 }
      return iterations == 3
    }
    #expect(reason == .callback)
    #expect(estimator.trace.count == 4)
    // It goes on where it stood.
    let before = estimator.trace[3].cost
    try estimator.step()
    #expect(estimator.trace.count == 5 && estimator.trace[4].cost <= before)
  }

  @Test func monitorStopsInsideAnIteration() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 8, steps: 20_000)
    let estimator = try Estimator(learner, sequences)
    var polls = 0
    let reason = try estimator.run { event in
      if event == .poll { polls += 1 }
      return polls == 8
    }
    #expect(reason == .callback)
    #expect(polls == 8)
    #expect(try estimator.cost().cost <= estimator.trace[0].firstCost)
    #expect(try Estimator(estimator.network, sequences).cost().cost == estimator.cost().cost)
  }

  @Test func adoptsNewWeightsButNoNewStructure() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let estimator = try Estimator(learner, sequences)
    try estimator.step()
    var other = estimator.network
    try estimator.adopt(other)
    #expect(estimator.trace.count == 2)
    other.randomize(seed: 9)
    try estimator.adopt(other)
    #expect(estimator.trace.isEmpty)
    #expect(try estimator.cost().cost == Estimator(other, sequences).cost().cost)
    try other.addUnit("linear", size: 1)
    #expect(throws: BacktuneError.self) { try estimator.adopt(other) }
  }

  /// Two decays from different starts: no weight of the network can tell them apart, an initial state each can.
  @Test func initialStatesOfSequencesAreFound() throws {
    var network = try Network(inputs: 0)
    try network.addUnit("linear", size: 1)
    network.randomize(seed: 1)
    let starts = [2.0, -3.0]
    let desired = starts.flatMap { start in (1...20).map { start * pow(0.8, Double($0)) } }
    let sequences = try Build.sequences(
      network, lengths: [20, 20], inputs: [], desired: desired)
    let without = try Estimator(network, sequences)
    try without.run()
    let shared = without.trace[without.trace.count - 1].nmse
    let estimator = try Estimator(network, sequences)
    try estimator.step()
    estimator.options.observation.learnsEachStart = true
    // What was found stays until the next step.
    #expect(estimator.trace.count == 2)
    try estimator.adopt(network)
    try estimator.run()
    let own = estimator.trace[estimator.trace.count - 1].nmse
    #expect(shared > 0.5 && own < 1e-6, "NMSE \(shared) with zero states, \(own) with their own")
    let found = try estimator.initialStates()
    #expect(zip(found, starts).allSatisfy { abs($0 - $1) < 1e-2 }, "\(found)")
    let result = try estimator.network.simulate(lengths: [20, 20], inputs: [], initial: found)
    #expect(zip(result.outputs, desired).allSatisfy { abs($0 - $1) < 1e-2 })
  }

  @Test(arguments: ["linear", "lnl", "lstm", "gru"]) func sharedInitialStateIsLearnt(kind: String)
    throws
  {
    let options = "{\"initial\": \"learn\"}"
    var root = try Build.network(kind, size: 2, options: options, seed: 7)
    for array in root.arrays where array.name.hasSuffix("x0") {
      try root.setWeights(array.name, [0.7, -0.5])
    }
    let inputs = Build.normal(30, seed: 2)
    let desired = try Build.simulate(root, lengths: [30], inputs: inputs).outputs
    // Only the initial state is to be found.
    var learner = root
    for array in root.arrays {
      try learner.setFixed(array.name, [!array.name.hasSuffix("x0")])
      if array.name.hasSuffix("x0") { try learner.setWeights(array.name, [0, 0]) }
    }
    let estimator = try Estimator(
      learner, Build.sequences(learner, lengths: [30], inputs: inputs, desired: desired))
    try estimator.run()
    let trace = estimator.trace
    #expect(trace[0].cost > 1e-8)
    #expect(trace[trace.count - 1].cost < 1e-2 * trace[0].cost, "\(trace[trace.count - 1].cost)")
    let again = try Network(json: try estimator.network.json())
    #expect(again.slots == estimator.network.slots)
    #expect(
      try Estimator(again, Build.sequences(again, lengths: [30], inputs: inputs, desired: desired))
        .cost().cost == trace[trace.count - 1].cost)
  }

  /// mean o = (1 a + 3 b)/4 with these gains.
  @Test func nmseCountsTheGains() throws {
    var network = try Network(inputs: 1)
    try network.addUnit("linear", size: 1)
    let sequences = try Build.sequences(
      network, lengths: [3], inputs: [0, 0, 0], desired: [2, 6, .nan], gains: [1, 3, 1])
    // All weights are 0: the output is 0, e = -2 and -6, and the mean of o is 5.
    let (cost, nmse) = try Estimator(network, sequences).cost()
    let (squares, around) = (1.0 * 4 + 3 * 36, 1.0 * 9 + 3 * 1)
    #expect(abs(cost - squares / 2 / 4) < 1e-14)
    #expect(abs(nmse - squares / around) < 1e-14)
  }

  @Test func gradientWhereTheSimulationDiverges() throws {
    var network = try Build.network("linear", size: 1)
    let inputs = Build.normal(5000, seed: 1)
    let sequences = try Build.sequences(network, lengths: [5000], inputs: inputs, desired: inputs)
    let estimator = try Estimator(network, sequences)
    #expect(try estimator.gradient().gradient.allSatisfy { $0.isFinite })
    try network.setWeights("linear.x.W1", [1.5])
    let (cost, gradient) = try estimator.gradient(at: network)
    #expect(cost == .infinity && gradient.allSatisfy { $0.isNaN })
  }

  @Test func lookingElsewhereTouchesNothing() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let estimator = try Estimator(learner, sequences)
    estimator.options.maxIterations = 5
    try estimator.run()
    let (best, trace) = (estimator.network, estimator.trace.map(\.cost))
    var other = best
    other.randomize(seed: 4)
    _ = try estimator.gradient(at: other)
    #expect(try estimator.cost(at: other).cost == Estimator(other, sequences).cost().cost)
    #expect(estimator.trace.map(\.cost) == trace && estimator.network.slots == best.slots)
    #expect(try estimator.cost().cost == trace[trace.count - 1])
    try estimator.step()
    #expect(estimator.trace.count == 7 && estimator.trace[6].cost <= trace[5])
  }

  /// What the trace says of a simulation count and of the guard, against a count of its own.
  @Test func traceCountsSimulationsAndGuardedValues() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let estimator = try Estimator(learner, sequences)
    estimator.options.method = .backwardTuning
    _ = try estimator.cost()
    try estimator.step()
    #expect(estimator.trace[0].simulations == 1)
    // Three searches of the second order: alpha = 1, then at most 20 trials each; six of the first.
    #expect(estimator.trace[1].simulations >= 6 && estimator.trace[1].simulations <= 9 * 21)
    let problem = try Problem(learner, sequences)
    let states = try problem.makeStates()
    _ = try problem.evaluate(learner.slots.values, into: states)
    let counts = try problem.tune(states, isGuarded: true).counts
    #expect(counts.values == 30 * 6)
    #expect(estimator.trace[1].raised == Double(counts.raised) / Double(counts.values))
    #expect(estimator.trace[1].saturated == Double(counts.saturated) / Double(counts.values))
  }

  /// What a run calls stalled has no lower point along any of its own directions: a second run finds none either.
  @Test func stalledMeansStalled() throws {
    var stalled = 0
    for seed in 100..<130 as Range<UInt64> {
      let network = try Build.network("lnl", size: 2, seed: seed)
      let inputs = Build.normal(30, seed: seed)
      let sequences = try Build.sequences(
        network, lengths: [30], inputs: inputs, desired: Build.normal(60, seed: seed + 1))
      let estimator = try Estimator(network, sequences)
      estimator.options.maxIterations = 400
      estimator.options.method = .backwardTuning
      if try estimator.run() != .stalled { continue }
      stalled += 1
      let cost = try estimator.cost().cost
      try estimator.run()
      #expect(try estimator.cost().cost > 0.99 * cost, "seed \(seed)")
    }
    #expect(stalled > 0)
  }

  @Test func stopReasons() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("linear", size: 2, steps: 40)
    let estimator = try Estimator(learner, sequences)
    estimator.options.maxIterations = 2
    #expect(try estimator.run() == .iterations)
    estimator.options.maxIterations = 100
    estimator.options.tolerance = 0.5
    #expect(try estimator.run() == .tolerance)
    estimator.options.tolerance = 0
    estimator.options.target = 1e3
    #expect(try estimator.run() == .target)
    estimator.options.target = 0
    estimator.options.maxIterations = 0
    #expect(try estimator.run() == .iterations)
  }

  @Test func optionsByName() throws {
    var options = EstimatorOptions()
    #expect(try options.value("max_iterations") == 300)
    try options.set("tolerance", 1e-6)
    #expect(options.tolerance == 1e-6)
    for (name, value) in [
      ("max_iterations", 1.5), ("max_iterations", -1), ("max_iterations", .nan),
      ("tolerance", 1), ("tolerance", .nan), ("target", .infinity), ("guard", 2), ("tolerence", 0),
    ] {
      #expect(throws: BacktuneError.self, "\(name) \(value)") { try options.set(name, value) }
    }
    #expect(options.tolerance == 1e-6 && options.maxIterations == 300 && options.isGuarded)
  }

  /// The gradient that is reported is that of the reported cost.
  @Test func gradientOfTheReportedCost() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 30)
    let (cost, gradient) = try Estimator(learner, sequences).gradient()
    let weights = learner.adjustableWeights
    for k in weights.indices {
      let h = 1e-6
      let shifted = try [h, -h].map { step in
        var network = learner
        var moved = weights
        moved[k] += step
        try network.setAdjustableWeights(moved)
        return try Estimator(network, sequences).cost().cost
      }
      let difference = (shifted[0] - shifted[1]) / (2 * h)
      #expect(abs(difference - gradient[k]) < 1e-8 * max(1, cost), "weight \(k)")
    }
  }
}
