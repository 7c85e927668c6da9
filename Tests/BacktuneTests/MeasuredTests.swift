import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Networks that read measurements: state re-estimation, second order, what is refused.
@Suite struct MeasuredTests {
  private static func cases() throws -> [OperationCase] {
    let cases = try OperationCase.all().filter { $0.name.hasPrefix("measured ") }
    #expect(cases.count == 3)
    return cases
  }

  /// All states of a problem, at which M = 1/2 sum (x - Phi(x))^2 is asked.
  private struct Misfit {
    let problem: Problem
    let states: States
    let predicted: [Trajectory]
    let residual: [Trajectory]
    private(set) var places: [(part: Int, place: Int)] = []

    init(_ item: OperationCase, lengths: [Int]) throws {
      let network = item.network
      problem = try Problem(
        network, try item.sequences(lengths: lengths), options: item.options)
      states = try problem.makeStates()
      _ = try problem.evaluate(network.slots.values, into: states)
      predicted = try problem.runner.makeTrajectories(for: "predicted")
      residual = try problem.runner.makeTrajectories(for: "residual")
      let groups = network.groups.indices.map {
        Observed(group: $0, count: network.groups[$0].size)
      }
      for (part, shard) in problem.runner.shards.all.enumerated() {
        shard.layout.forEachValue(of: groups, shard.batch) { places.append((part, $0)) }
      }
    }

    var values: [Double] { places.map { states.parts[$0.part].origin[$0.place] } }

    func set(_ values: [Double]) {
      for (item, value) in zip(places, values) {
        states.parts[item.part].origin[item.place] = value
      }
    }

    func value() throws -> Double {
      try problem.runner.predict(from: states, into: predicted, poll: .none)
      var sum = 0.0
      for (part, place) in places {
        let r = states.parts[part].origin[place] - predicted[part].origin[place]
        residual[part].origin[place] = r
        sum += r * r
      }
      return sum / 2
    }

    /// dM/dx.
    func gradient() throws -> [Double] {
      _ = try value()
      let pulled = try problem.runner.makeTrajectories(for: "pulled")
      try problem.runner.pull(
        states, predicted: predicted, residual: residual, into: pulled, poll: .none)
      return places.map {
        residual[$0.part].origin[$0.place] - pulled[$0.part].origin[$0.place]
      }
    }
  }

  /// The step of state re-estimation follows the derivative of M, with measurements in place.
  @Test(arguments: [[11], [7, 0, 12, 4, 9]]) func derivativeOfTheMisfit(lengths: [Int]) throws {
    for item in try Self.cases() {
      let misfit = try Misfit(item, lengths: lengths)
      #expect(try misfit.value() < 1e-24, "\(item.name): simulated states have none")
      let noise = Build.normal(misfit.places.count, seed: 8)
      let start = zip(misfit.values, noise).map { $0 + 0.1 * $1 }
      misfit.set(start)
      let gradient = try misfit.gradient()
      for seed in UInt64(9)..<12 {
        let d = Build.normal(start.count, seed: seed)
        let h = 1e-5
        let ends = try [h, -h].map { h in
          misfit.set(zip(start, d).map { $0 + h * $1 })
          return try misfit.value()
        }
        let found = zip(gradient, d).reduce(0) { $0 + $1.0 * $1.1 }
        let size = zip(gradient, d).reduce(0) { $0 + abs($1.0 * $1.1) }
        let difference = (ends[0] - ends[1]) / (2 * h)
        #expect(
          abs(found - difference) <= 1e-8 * size, "\(item.name): \(found) and \(difference)")
      }
    }
  }

  /// Re-estimated states miss less than those that are simulated with the outputs imposed.
  @Test func reestimationDescends() throws {
    for all in try Self.cases() {
      var network = all.network
      let output = try network.group(named: "w")
      try network.observe([Observed(group: output, count: network.groups[output].size)])
      let item = OperationCase(name: all.name, network: network, horizons: all.horizons)
      let sequences = try item.sequences(lengths: [12, 5])
      let problem = try Problem(item.network, sequences, options: item.options)
      let states = try problem.makeStates()
      _ = try problem.evaluate(item.network.slots.values, into: states)
      var reestimation = try StateReestimation(problem)
      try reestimation.run(from: states)
      let misfits = reestimation.misfits
      #expect(zip(misfits, misfits.dropFirst()).allSatisfy { $0 >= $1 }, "\(item.name)")
      #expect(misfits[misfits.count - 1] < misfits[0], "\(item.name)")
    }
  }

  /// With both methods, dense and by products.
  @Test(arguments: [
    (EstimationMethod.backwardTuning, nil), (.gaussNewton, true), (.gaussNewton, false),
  ])
  func everyMethodDescends(method: EstimationMethod, isDense: Bool?) throws {
    for item in try Self.cases() {
      let estimator = try Estimator(item.network, try item.sequences(lengths: [30, 9]))
      estimator.options.method = method
      estimator.options.isDense = isDense
      estimator.options.observation = item.options
      estimator.options.maxIterations = 5
      try estimator.run()
      let costs = estimator.trace.map(\.cost)
      #expect(costs.count > 1 && costs[costs.count - 1] < 0.95 * costs[0], "\(item.name): \(costs)")
      #expect(zip(costs, costs.dropFirst()).allSatisfy { $0 >= $1 }, "\(item.name): \(costs)")
      let again = try Estimator(estimator.network, try item.sequences(lengths: [30, 9]))
      again.options.observation = item.options
      let cost = try again.cost().cost
      #expect(abs(cost - costs[costs.count - 1]) <= 1e-12 * cost, "\(item.name)")
    }
  }

  /// Where a sequence starts by itself, what a flat state holds as measured is what its group is.
  @Test func learntStatesOfSequencesSimulateAsTheyWereFound() throws {
    let item = try Self.cases()[1]
    let estimator = try Estimator(item.network, try item.sequences(lengths: [12, 7]))
    estimator.options.observation = item.options
    estimator.options.observation.learnsEachStart = true
    estimator.options.maxIterations = 3
    try estimator.run()
    let (network, starts) = (estimator.network, try estimator.initialStates())
    let size = network.stateSize
    let own = network.stateLayout.first {
      !$0.isMeasured && network.groups.indices.contains($0.group)
        && network.groups[$0.group].name == "w"
    }
    let measured = network.stateLayout.first {
      $0.isMeasured && network.groups[$0.group].name == "w"
    }
    let (from, to) = (try #require(own).offset, try #require(measured).offset)
    #expect(starts.count == 2 * size)
    for first in [0, size] {
      #expect(
        Array(starts[(first + to)..<(first + to + 9)])
          == Array(starts[(first + from)..<(first + from + 9)]))
      #expect(starts[(first + from)..<(first + from + 9)].contains { $0 != 0 })
    }
  }
}
