import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// state_reestimation.json: the iterates of the plain gradient step, and its minimum.
@Suite struct GoldenReestimationTests {
  struct Case: GoldenCase {
    let name: String
    let network: GoldenNetwork
    let observe: GoldenObserve
    let weights: [String: GoldenWeight]
    let sequences: [GoldenSequence]
    let deviation: Double
    let iterates: [[[String: Flat]]]
    let M: Flat
    let stop: String
    let kept: Int
    let minimum: [[String: Flat]]?
    let minimum_M: Double?
  }

  struct File: Decodable { let cases: [Case] }

  private func setUp(_ item: Case) throws -> (Network, Problem, States) {
    let network = try item.makeNetwork()
    let problem = try Problem(
      network, item.makeSequences(network, item.sequences))
    let states = try problem.makeStates()
    _ = try problem.evaluate(network.slots.values, into: states)
    expectClose(
      [problem.sequences.deviation], [item.deviation], within: 1e-13, "\(item.name) deviation")
    return (network, problem, states)
  }

  private func compare(
    _ states: States, _ expected: [[String: Flat]], _ network: Network, _ problem: Problem,
    within tolerance: Double, _ what: String
  ) throws {
    for (k, groups) in expected.enumerated() {
      for (name, values) in groups {
        let group = try network.group(named: name)
        let actual = problem.values(states.parts, group, k)
        expectClose(actual, values.values, within: tolerance, "\(what) of \(name)")
      }
    }
  }

  @Test func plainStep() throws {
    let cases = try GoldenFile.decode(File.self, "state_reestimation.json").cases
    #expect(cases.count == 7)
    let words: [String: StateReestimation.Stop] = [
      "change": .change, "limit": .limit, "sum grows": .grows,
    ]
    for item in cases {
      let (network, problem, states) = try setUp(item)
      var reestimation = try StateReestimation(problem, maxHalvings: 0)
      let stop = try reestimation.run(from: states)
      #expect(stop == words[item.stop], "\(item.name): \(stop)")
      #expect(reestimation.misfits.count == item.kept + 1, "\(item.name)")
      expectClose(
        reestimation.misfits, Array(item.M.values.prefix(item.kept + 1)), within: 1e-10,
        "\(item.name) M")
      try compare(
        reestimation.states, item.iterates[item.kept], network, problem, within: 1e-11,
        "\(item.name) iterate \(item.kept)")
    }
  }

  /// With a step that is halved where the sum grows, the sum ends between the minimum and that of the plain step.
  @Test func halvedStepDescends() throws {
    for item in try GoldenFile.decode(File.self, "state_reestimation.json").cases {
      let (_, problem, states) = try setUp(item)
      var reestimation = try StateReestimation(problem)
      try reestimation.run(from: states)
      let misfits = reestimation.misfits
      #expect(zip(misfits, misfits.dropFirst()).allSatisfy { $0 >= $1 }, "\(item.name)")
      let last = misfits[misfits.count - 1]
      #expect(last <= item.M.values[item.kept] * (1 + 1e-12), "\(item.name)")
      if let least = item.minimum_M {
        #expect(last >= least * (1 - 1e-9), "\(item.name)")
        if item.stop == "sum grows" {
          let start = misfits[0] - least
          #expect(last - least < 0.5 * start, "\(item.name): \(last) of \(misfits[0]), \(least)")
        }
      }
    }
  }
}
