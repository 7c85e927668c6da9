import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Gauss-Newton as an estimation: descent, bounds, convergence, and problems without a unique answer.
@Suite struct GaussNewtonTests {
  /// Every fourth case with an initial state of each sequence.
  static func options(_ seed: UInt64) -> ObservationOptions {
    var options = ObservationOptions()
    options.learnsEachStart = seed % 4 == 3
    return options
  }

  static func run(_ session: GaussNewton, iterations: Int) throws -> [Double] {
    try session.start(poll: .none)
    var costs = [session.report.cost]
    for _ in 0..<iterations {
      try session.iterate(EstimatorOptions(), poll: .none)
      costs.append(session.report.cost)
      if session.lastReport.order == .none { break }
    }
    return costs
  }

  /// The cost never increases, the weights are inside their bounds, and fixed ones where they were.
  static func expectDescent(
    _ costs: [Double], from before: Network, to after: Network, _ what: String
  ) {
    for (a, b) in zip(costs, costs.dropFirst()) { #expect(b <= a, "\(what): \(costs)") }
    let slots = after.slots
    for k in slots.values.indices {
      let value = slots.values[k]
      #expect(value >= slots.lower[k] && value <= slots.upper[k], "\(what), slot \(k)")
      if slots.isFixed[k] { #expect(value == before.slots.values[k], "\(what), slot \(k)") }
    }
  }

  /// The cost never increases, the weights stay inside their bounds, fixed ones where they were, and the reported cost
  /// is theirs.
  @Test(arguments: DerivativeTests.seeds) func descends(seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    let problem = try Problem(
      item.network, item.sequences, options: Self.options(seed))
    let session = try GaussNewton(problem)
    let costs = try Self.run(session, iterations: 12)
    Self.expectDescent(costs, from: item.network, to: session.network, "seed \(seed)")
    let slots = session.network.slots
    if seed % 4 != 3 {
      let cost = try session.cost(at: slots.values).cost
      #expect(cost == costs.last, "seed \(seed)")
    }
    #expect(costs.last?.isFinite == true)
  }

  /// Nodes that are linear in the inputs are solved in a few steps, whatever the draw: least squares has one minimum.
  @Test(arguments: Array(UInt64(0)..<10)) func linearIsSolved(seed: UInt64) throws {
    var network = try Network(inputs: 3)
    let v = try network.addLearnware("v", size: 2)
    try network.addBias(to: v)
    try network.connect(
      Source(Network.input, lag: 1), to: v, form: .dense, role: "B", options: WeightOptions())
    network.randomize(seed: seed)
    let inputs = Build.normal(3 * 40, seed: seed + 1)
    let desired = Build.normal(2 * 40, seed: seed + 2)
    let sequences = try Build.sequences(
      network, lengths: [40], inputs: inputs, desired: desired)
    let problem = try Problem(network, sequences)
    let session = try GaussNewton(problem)
    let costs = try Self.run(session, iterations: 60)
    #expect(session.lastReport.order == .none && session.isConverged, "\(costs)")
    #expect(costs.count < 60)
  }

  /// The learner of a root network of its kind comes near to it, from most draws or from all.
  @Test(arguments: [("lnl", 1e-4, 4), ("gru", 1e-4, 6), ("lstm", 5e-3, 6)])
  func reverseEngineers(kind: String, level: Double, count: Int) throws {
    var reached = 0
    for seed in UInt64(0)..<6 {
      let (learner, sequences, _) = try Build.reverseEngineering(
        kind, size: 2, steps: 120, seed: seed)
      let session = try GaussNewton(
        try Problem(learner, sequences))
      _ = try Self.run(session, iterations: 40)
      if session.report.nmse <= level { reached += 1 }
    }
    #expect(reached >= count, "\(kind): \(reached) of 6")
  }

  /// Interrupted at any poll: what was found is kept, and it goes on.
  @Test func interrupted() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 60)
    for limit in [1, 2, 5, 11, 23] {
      let session = try GaussNewton(
        try Problem(learner, sequences))
      try session.start(poll: .none)
      let first = session.report.cost
      var polls = 0
      do {
        for _ in 0..<5 {
          let poll = Poll {
            polls += 1
            if polls == limit { throw BacktuneError(.interrupted, "enough") }
          }
          try session.iterate(EstimatorOptions(), poll: poll)
        }
      } catch let error as BacktuneError {
        #expect(error.kind == .interrupted)
      }
      #expect(polls >= limit)
      let kept = session.report.cost
      #expect(kept <= first)
      let cost = try session.cost(at: session.network.slots.values).cost
      #expect(cost == kept)
      try session.iterate(EstimatorOptions(), poll: .none)
      #expect(session.report.cost < kept)
    }
  }

  /// Polls come at least every few milliseconds of work, also inside the factorisation.
  @Test func polls() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 16, steps: 600)
    let prepare = {
      let session = try GaussNewton(try Problem(learner, sequences))
      try session.start(poll: .none)
      return session
    }
    let found = try PollGaps.ofBestTry(prepare) {
      try $0.iterate(EstimatorOptions(), poll: $1)
    }
    #expect(found.longest < PollGaps.limit, "\(found)")
  }

  /// Weights that diverge are halved until they do not.
  @Test func rescue() throws {
    var (learner, sequences, _) = try Build.reverseEngineering("linear", size: 3, steps: 400)
    learner.setSlotValues(
      learner.slots.values.indices.map { learner.slots.isFixed[$0] ? 0 : 40 })
    let session = try GaussNewton(
      try Problem(learner, sequences))
    try session.start(poll: .none)
    #expect(session.lastReport.order == .rescue)
    #expect(session.report.cost.isFinite)
  }

  /// Starting anew gives the same bits as the first time.
  @Test func restarts() throws {
    let (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 3, steps: 60)
    let session = try GaussNewton(
      try Problem(learner, sequences))
    let first = try Self.run(session, iterations: 8)
    session.restart(from: learner.slots.values)
    let second = try Self.run(session, iterations: 8)
    #expect(second == first)
  }

  static func singularProblem(_ what: String) throws -> Problem {
    var network = try Build.network("lnl", size: 4, options: "{\"leak\": \"adjust\"}", seed: 3)
    try network.observe([Observed(group: network.groups.count - 1, count: 1)])
    if what == "zero start" {
      network.setSlotValues(network.slots.values.map { _ in 0 })
    }
    let inputs =
      what == "zero input" ? [Double](repeating: 0, count: 30) : Build.normal(30, seed: 1)
    var desired = Build.normal(30, seed: 2).map { 0.5 + 0.1 * $0 }
    if what == "constant output" { desired = desired.map { _ in 0.25 } }
    if what == "one observed value" {
      desired = desired.indices.map { $0 == 17 ? desired[$0] : .nan }
    }
    let sequences = try Build.sequences(
      network, lengths: [30], inputs: inputs, desired: desired)
    return try Problem(network, sequences)
  }

  /// Problems without a unique answer end with finite weights that are no worse, and without a trap.
  @Test(arguments: ["zero start", "zero input", "constant output", "one observed value"])
  func singular(what: String) throws {
    let session = try GaussNewton(try Self.singularProblem(what))
    let costs = try Self.run(session, iterations: 60)
    for (a, b) in zip(costs, costs.dropFirst()) { #expect(b <= a) }
    let weights = session.network.slots.values
    #expect(!weights.contains { !$0.isFinite })
    #expect(costs.last.map { $0 < costs[0] } == true, "\(costs)")
    if what == "one observed value" { #expect(session.isConverged, "\(costs)") }
  }

  /// Weights that no output depends on: nothing moves, and that is an end.
  @Test func unobserved() throws {
    var network = try Network(inputs: 1)
    for name in ["seen", "unseen"] {
      let v = try network.addLearnware(name, size: 2)
      try network.connect(
        Source(Network.input, lag: 1), to: v, form: .dense, role: "B", options: WeightOptions())
    }
    network.randomize(seed: 2)
    try network.observe([Observed(group: 0, count: 2)])
    try network.setFixed("seen.B", [true])
    let sequences = try Build.sequences(
      network, lengths: [20], inputs: Build.normal(20, seed: 1), desired: Build.normal(40, seed: 2))
    let session = try GaussNewton(try Problem(network, sequences))
    let costs = try Self.run(session, iterations: 3)
    #expect(costs.count == 2 && costs[0] == costs[1])
    #expect(session.isConverged)
    #expect(session.network.slots == network.slots)
  }

  /// Without an adjustable weight an iteration is nothing.
  @Test func nothingAdjustable() throws {
    var (learner, sequences, _) = try Build.reverseEngineering("lnl", size: 2, steps: 30)
    for array in learner.arrays { try learner.setFixed(array.name, [true]) }
    let session = try GaussNewton(
      try Problem(learner, sequences))
    #expect(session.isEmpty)
    let costs = try Self.run(session, iterations: 3)
    #expect(costs.count == 2 && costs[0] == costs[1])
    #expect(session.lastReport.order == .none)
  }
}
