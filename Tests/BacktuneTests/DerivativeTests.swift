import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Derivatives of random networks: central differences, Taylor remainder, tangent against adjoint.
@Suite struct DerivativeTests {
  static let seeds = Array(UInt64(0)..<120)

  private struct Setting {
    let item: RandomCase
    let problem: Problem
    let states: States
    let gradient: [Double]

    init(seed: UInt64) throws {
      item = try RandomCase(seed: seed)
      problem = try Problem(item.network, item.sequences)
      states = try problem.makeStates()
      _ = try problem.evaluate(item.network.slots.values, into: states)
      gradient = try problem.tune(states, isGuarded: false).gradient
    }

    func cost(_ slots: [Double]) throws -> Double {
      try problem.evaluate(slots, into: states).total
    }
  }

  /// Central differences by every weight, fixed ones included: error h^2 in theory, 1e-10 of the cost by rounding.
  @Test(arguments: seeds) func centralDifferences(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let slots = setting.item.network.slots.values
    let scale = setting.gradient.map(abs).max() ?? 0
    let base = try setting.cost(slots)
    let h = 1e-5
    for k in slots.indices {
      var (up, down) = (slots, slots)
      up[k] += h
      down[k] -= h
      let difference = (try setting.cost(up) - setting.cost(down)) / (2 * h)
      let error = abs(difference - setting.gradient[k])
      // A difference of costs of this size has lost about 1e-16 / h of it.
      #expect(
        error <= 1e-6 * abs(setting.gradient[k]) + 1e-8 * scale + 1e-10 * base,
        "seed \(seed), slot \(k): \(setting.gradient[k]), by differences \(difference)")
    }
  }

  /// L(W + h d) - L(W) - h g.d falls as h^2: halving h divides it by about 4.
  @Test(arguments: seeds) func taylorRemainder(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    var stream = setting.item.stream
    let slots = setting.item.network.slots.values
    let direction = slots.map { _ in stream.normal() }
    let slope = zip(setting.gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let base = try setting.cost(slots)
    let steps = [1e-3, 5e-4, 2.5e-4]
    let remainders = try steps.map { h in
      abs(try setting.cost(zip(slots, direction).map { $0 + h * $1 }) - base - h * slope)
    }
    let rounding = 1e-14 * (base + abs(slope))
    for (a, b) in zip(remainders, remainders.dropFirst()) where b > 1e3 * rounding {
      #expect(a / b > 3 && a / b < 5, "seed \(seed): remainders \(remainders)")
    }
  }

  /// <J d, v> = <d, J^T v> for directions d of weights and initial states, v of outputs.
  @Test(arguments: seeds) func tangentAgainstAdjoint(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    var stream = setting.item.stream
    let (network, problem) = (setting.item.network, setting.problem)
    let runner = problem.runner
    let states = setting.states
    _ = try problem.evaluate(network.slots.values, into: states)
    let direction = network.slots.values.map { _ in stream.normal() }
    let tangents = try runner.makeStates()
    let start = setting.item.sequences.lengths.map { _ in
      (0..<network.stateSize).map { _ in stream.normal() }
    }
    let inputState = network.stateLayout[0].depth * network.inputs
    // Initial states move with the direction where they are learnt, and by a direction of their own.
    runner.start(tangents, direction)
    for k in start.indices {
      var moved = problem.past(tangents.parts, k)
      for i in moved.indices { moved[i] = i < inputState ? 0 : moved[i] + start[k][i] }
      problem.setPast(tangents.parts, k, moved)
    }
    try runner.tangent(states, along: direction, into: tangents, poll: .none)
    // v: random slopes of the outputs that are running.
    let v = try runner.makeDriven(for: "slopes")
    var left = 0.0
    problem.forEachDriven { part, place in
      let slope = stream.normal()
      v.parts[part].origin[place] = slope
      left += slope * tangents.driven.parts[part].origin[place]
    }
    let pulled = try runner.tune(
      states, slopes: v, guard: nil, startsLearnt: true, wantsStarts: true, poll: .none)
    let gradient = pulled.gradient
    var right = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    for (k, own) in start.enumerated() {
      let past = pulled.starts[k * own.count..<(k + 1) * own.count]
      for (i, value) in past.enumerated() where i >= inputState { right += value * own[i] }
    }
    let size = zip(direction, gradient).reduce(abs(left)) { $0 + abs($1.0 * $1.1) }
    #expect(abs(left - right) <= 1e-12 * size, "seed \(seed): \(left) and \(right)")
  }

  /// Central differences by the initial states, one for each sequence.
  @Test(arguments: Array(seeds.prefix(40))) func initialStatesOfSequences(seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    var options = ObservationOptions()
    options.learnsEachStart = true
    let problem = try Problem(item.network, item.sequences, options: options)
    let states = try problem.makeStates()
    var stream = item.stream
    let count = item.network.slots.values.count
    let slots = problem.slots.values.enumerated().map {
      $0 < count ? $1 : problem.slots.isFixed[$0] ? 0 : 0.5 * stream.normal()
    }
    let base = try problem.evaluate(slots, into: states).total
    let gradient = try problem.tune(states, isGuarded: false).gradient
    #expect(gradient.count == slots.count)
    let scale = gradient.map(abs).max() ?? 0
    let h = 1e-5
    for k in slots.indices where k >= count && !problem.slots.isFixed[k] {
      var (up, down) = (slots, slots)
      up[k] += h
      down[k] -= h
      let difference =
        (try problem.evaluate(up, into: states).total
          - problem.evaluate(down, into: states).total) / (2 * h)
      #expect(
        abs(difference - gradient[k]) <= 1e-6 * (scale + base),
        "seed \(seed), state \(k - count): \(gradient[k]), by differences \(difference)")
    }
  }

  /// One sequence at a time or all side by side: the same cost and gradient up to rounding.
  @Test(arguments: seeds) func sequencesApartOrTogether(seed: UInt64) throws {
    let setting = try Setting(seed: seed)
    let network = setting.item.network
    let all = setting.item.sequences
    var cost = 0.0
    var gradient = [Double](repeating: 0, count: setting.gradient.count)
    for (first, length) in zip(setting.problem.runner.shards.starts, all.lengths) where length > 0 {
      let (m, o) = (all.inputCount, all.outputCount)
      let inputs = Array(all.inputs[first * m..<(first + length) * m])
      let desired = Array(all.desired[first * o..<(first + length) * o])
      let gains = Array(all.gains[first * o..<(first + length) * o])
      if gains.allSatisfy({ $0 == 0 }) { continue }
      let one = try inputs.withUnsafeBufferPointer { i in
        try desired.withUnsafeBufferPointer { d in
          try gains.withUnsafeBufferPointer { g in
            try Sequences(network, lengths: [length], inputs: i, desired: d, gains: g)
          }
        }
      }
      let problem = try Problem(network, one)
      let states = try problem.makeStates()
      cost += try problem.evaluate(network.slots.values, into: states).total
      gradient = zip(gradient, try problem.tune(states, isGuarded: false).gradient).map(+)
    }
    let together = try setting.cost(network.slots.values)
    #expect(abs(cost - together) <= 1e-12 * together, "seed \(seed)")
    let scale = gradient.map(abs).max() ?? 0
    for (a, b) in zip(gradient, setting.gradient) {
      #expect(abs(a - b) <= 1e-11 * (scale + cost), "seed \(seed): \(a) and \(b)")
    }
  }
}
