@testable import BacktuneNumerics
import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Gauss-Newton from several draws.
@Suite struct RaceTests {
  private static func race(_ seed: UInt64) throws -> Race {
    let (learner, sequences, _) = try Build.reverseEngineering(
      "lnl", size: 2, steps: 60, options: "{\"leak\": \"adjust\"}", seed: seed)
    return try Race(try Problem(learner, sequences), seed: 100)
  }

  /// The cost never increases, is that of the weights, and ends below that of a single run.
  @Test(arguments: Array(UInt64(0)..<8)) func beatsASingleRun(seed: UInt64) throws {
    let race = try Self.race(seed)
    try race.start(poll: .none)
    var costs = [race.report.cost]
    for _ in 0..<80 {
      try race.iterate(EstimatorOptions(), poll: .none)
      costs.append(race.report.cost)
      if race.lastReport.order == .none { break }
    }
    for (a, b) in zip(costs, costs.dropFirst()) { #expect(b <= a, "\(costs)") }
    let last = try race.cost(at: race.network.slots.values).cost
    #expect(last == costs.last)
    #expect(race.costs.first == last)
    #expect(race.draws >= Race.usualField)
    let (learner, sequences, _) = try Build.reverseEngineering(
      "lnl", size: 2, steps: 60, options: "{\"leak\": \"adjust\"}", seed: seed)
    let single = try GaussNewton(
      try Problem(learner, sequences))
    try single.start(poll: .none)
    for _ in 0..<6 { try single.iterate(EstimatorOptions(), poll: .none) }
    #expect(last <= single.report.cost)
  }

  /// Draws that come to the same minimum end the race.
  @Test func agreementEnds() throws {
    var network = try Network(inputs: 2)
    let v = try network.addLearnware("v", size: 1)
    try network.addBias(to: v)
    try network.connect(
      Source(Network.input, lag: 0), to: v, form: .dense, role: "B", options: WeightOptions())
    network.randomize(seed: 1)
    let sequences = try Build.sequences(
      network, lengths: [30], inputs: Build.normal(60, seed: 1), desired: Build.normal(30, seed: 2))
    let race = try Race(try Problem(network, sequences), seed: 5)
    try race.start(poll: .none)
    var iterations = 0
    repeat {
      try race.iterate(EstimatorOptions(), poll: .none)
      iterations += 1
    } while race.lastReport.order != .none && iterations < 200
    #expect(race.lastReport.order == .none)
    #expect(race.draws == Race.usualField)
    let spread = race.costs
    #expect(spread[Race.usualField - 1] <= spread[0] * (1 + 1e-9))
  }

  /// A race that starts anew runs as the first time.
  @Test func restarts() throws {
    let race = try Self.race(3)
    func run() throws -> [Double] {
      try race.start(poll: .none)
      return try (0..<20).map { _ in
        try race.iterate(EstimatorOptions(), poll: .none)
        return race.report.cost
      }
    }
    let first = try run()
    let weights = try Self.race(3).network.slots.values
    race.restart(from: weights)
    let second = try run()
    #expect(first == second)
    // Other weights are the first draw.
    race.restart(from: weights.map { $0 / 2 })
    try race.start(poll: .none)
    let halved = try race.cost(at: weights.map { $0 / 2 }).cost
    #expect(race.report.cost == halved)
  }

  /// Interrupted at any poll, also in the very first simulation: it goes on, and ends as one that never was.
  @Test(arguments: [1, 2, 3, 7, 40]) func interrupted(limit: Int) throws {
    let whole = try Self.race(3)
    try whole.start(poll: .none)
    let race = try Self.race(3)
    var polls = 0
    let poll = Poll {
      polls += 1
      if polls == limit { throw BacktuneError(.interrupted, "enough") }
    }
    do {
      try race.start(poll: poll)
      for _ in 0..<30 { try race.iterate(EstimatorOptions(), poll: poll) }
    } catch let error as BacktuneError {
      #expect(error.kind == .interrupted)
    }
    #expect(polls >= limit)
    let kept = race.report.cost
    try race.start(poll: .none)
    for _ in 0..<60 {
      try race.iterate(EstimatorOptions(), poll: .none)
      if race.lastReport.order == .none { break }
    }
    #expect(race.report.cost <= kept)
    #expect(race.report.cost < whole.report.cost / 100)
    #expect(race.costs.allSatisfy { $0.isFinite })
  }
}
