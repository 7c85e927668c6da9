import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// guard.json: the guard on a grid, and an adjoint whose sums fall in all its branches.
@Suite struct GuardTests {
  struct Grid: Decodable {
    let r: Double
    let nu: Double
    let omega: Double
    let alpha: Double
    let u: [Double]
    let g: [Double]
  }

  struct Adjoint: GoldenCase {
    let name: String
    let network: GoldenNetwork
    let observe: GoldenObserve
    let weights: [String: GoldenWeight]
    let sequences: [GoldenSequence]
    let r: Double
    let eps: [String: Flat]
    let gradient: [String: Flat]
    let eps_unguarded: [String: Flat]
    let values: Int
    let raised: Int
    let saturated: Int
  }

  struct File: Decodable {
    let grid: [Grid]
    let adjoint: [Adjoint]
  }

  @Test func grid() throws {
    let grids = try GoldenFile.decode(File.self, "guard.json").grid
    #expect(grids.count == 4)
    for grid in grids {
      let limit = try #require(Guard(scale: grid.r))
      expectClose(
        [limit.nu, limit.omega, limit.alpha], [grid.nu, grid.omega, grid.alpha], within: 1e-15,
        "constants")
      for (u, expected) in zip(grid.u, grid.g) {
        let error = abs(limit(u) - expected)
        #expect(error <= 1e-14 * abs(expected), "g(\(u)) = \(limit(u)), expected \(expected)")
        #expect(limit(-u) == -limit(u))
      }
    }
  }

  @Test func adjoint() throws {
    for item in try GoldenFile.decode(File.self, "guard.json").adjoint {
      let network = try item.makeNetwork()
      let problem = try Problem(
        network, item.makeSequences(network, item.sequences))
      let states = try problem.makeStates()
      _ = try problem.evaluate(network.slots.values, into: states)
      let (gradient, counts) = try problem.tune(states, isGuarded: true)
      #expect(counts.values == item.values)
      #expect(counts.raised == item.raised)
      #expect(counts.saturated == item.saturated)
      try compare(item, item.eps, network, problem)
      for (name, expected) in item.gradient {
        let array = try network.array(named: name)
        expectClose(
          array.slots.map { gradient[$0] }, expected.values, within: 1e-12, "gradient \(name)")
      }
      _ = try problem.tune(states, isGuarded: false)
      try compare(item, item.eps_unguarded, network, problem)
    }
  }

  private func compare(
    _ item: Adjoint, _ expected: [String: Flat], _ network: Network, _ problem: Problem
  ) throws {
    for (name, values) in expected {
      let group = try network.group(named: name)
      let actual = problem.values(try problem.eps(), group, 0)
      for (a, e) in zip(actual, values.values) {
        #expect(abs(a - e) <= 1e-12 * abs(e), "eps \(a), expected \(e)")
      }
      #expect(actual.count == values.values.count)
    }
  }

  @Test func nothingToScaleBy() {
    #expect(Guard(scale: 0) == nil)
    #expect(Guard(scale: .infinity) == nil)
    #expect(Guard(scale: .nan) == nil)
  }
}
