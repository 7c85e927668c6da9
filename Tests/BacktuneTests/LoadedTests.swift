import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// What is read when it is wanted is what is in memory.
@Suite struct LoadedTests {
  private static let lengths = [Int](repeating: 23, count: 18) + [9, 31, 0, 4]

  private struct Data {
    let inputs: [[Double]]
    let desired: [[Double]]
    let gains: [[Double]]
  }

  private static let data: Data = {
    let inputs = lengths.indices.map { Build.normal(lengths[$0], seed: UInt64($0)) }
    let desired = lengths.indices.map { k in
      Build.normal(2 * lengths[k], seed: UInt64(100 + k)).enumerated().map {
        $0 % 7 == 3 || (k == 2 && $0 > 20) ? .nan : $1
      }
    }
    let gains = desired.map { $0.indices.map { Double($0 % 3) } }
    return Data(inputs: inputs, desired: desired, gains: gains)
  }()

  private static func network() throws -> Network {
    var network = try Network(inputs: 1)
    let group = try network.addUnit(
      "lnl", size: 4,
      options: Array(#"{"activation": "tanh", "leak": "adjust", "initial": "learn"}"#.utf8))
    network.randomize(seed: 2)
    try network.observe([Observed(group: group, count: 2)])
    return network
  }

  private static func inMemory(_ network: Network) throws -> Sequences {
    try Sequences(
      network, lengths: lengths, inputs: Array(data.inputs.joined()),
      desired: Array(data.desired.joined()), gains: Array(data.gains.joined()))
  }

  private static func loaded(
    _ network: Network, failingAt fail: @escaping (Int) -> Bool = { _ in false }
  ) throws -> Sequences {
    var calls = 0
    return try Sequences(network, lengths: lengths, hasGains: true) {
      sequence, inputs, desired, gains in
      calls += 1
      if fail(calls) { throw BacktuneError(.loader, "call \(calls)") }
      _ = inputs.update(fromContentsOf: data.inputs[sequence])
      _ = desired?.update(fromContentsOf: data.desired[sequence])
      _ = gains?.update(fromContentsOf: data.gains[sequence])
    }
  }

  @Test func sequencesOfArrays() throws {
    let network = try Self.network()
    func read(_ kept: Int) throws -> Sequences {
      try Sequences(network, lengths: Self.lengths, hasGains: true) { k in
        (
          inputs: Array(Self.data.inputs[k].prefix(kept)), desired: Self.data.desired[k],
          gains: Self.data.gains[k]
        )
      }
    }
    let (a, b) = (try Self.inMemory(network), try read(.max))
    #expect(a.sums.numbers == b.sums.numbers)
    #expect(a.inputMoments.map(\.numbers) == b.inputMoments.map(\.numbers))
    let error = #expect(throws: BacktuneError.self) { _ = try read(2) }
    #expect(error?.description.contains("has 2 values, expected") == true)
  }

  @Test(arguments: [(0, false), (6, false), (0, true)]) func statistics(
    washout: Int, isStatic: Bool
  ) throws {
    let network = try Self.network()
    let a = try Self.inMemory(network).observed(washout: washout, isStatic: isStatic)
    let b = try Self.loaded(network).observed(washout: washout, isStatic: isStatic)
    #expect(a.sums.numbers == b.sums.numbers)
    #expect(a.inputMoments.map(\.numbers) == b.inputMoments.map(\.numbers))
    #expect(a.outputMoments.map(\.numbers) == b.outputMoments.map(\.numbers))
    let units = [3.0, 0.1]
    let (c, d) = (try a.divided(by: units), try b.divided(by: units))
    #expect(c.sums.numbers == d.sums.numbers)
    #expect(c.outputMoments.map(\.numbers) == d.outputMoments.map(\.numbers))
    #expect(c.outputMoments[0].deviation != a.outputMoments[0].deviation)
  }

  /// Parts that come, three at a time.
  private final class Loading: PartLoading, @unchecked Sendable {
    let room = 3
    let poll = Poll.none
    var present = 0..<0
    var error: (any Error)?

    func bring(_ parts: Range<Int>, poll: Poll) throws { present = parts }
    func begin(_ part: Int, poll: Poll) { #expect(present.contains(part)) }
    func end(_ part: Int) { #expect(present.contains(part)) }
    func fail(_ error: any Error) { self.error = self.error ?? error }
    func check() throws {
      defer { error = nil }
      if let error { throw error }
    }
  }

  @Test(arguments: [0, 1, 2, 7, 40, 1001]) func mediansInPasses(count: Int) {
    let some = count > 7 ? [0, 0x1p-1030] : []
    let values = Build.normal(count, seed: 4).map { abs($0) } + [.nan] + some
    let parts = (0..<8).map { part in
      values.indices.filter { $0 * $0 % 8 == part }.map { values[$0] }
    }
    let expected = Reduction(count: 8, work: 0).median { parts[$0] }
    let loading = Loading()
    let reduction = Reduction(count: 8, work: 1 << 40, loading: loading)
    #expect(reduction.median { parts[$0] } == expected)
    #expect(loading.error == nil)
  }

  /// What a part throws comes out where it can be thrown, else at the next check.
  @Test func failuresOfParts() throws {
    let loading = Loading()
    let reduction = Reduction(count: 8, work: 0, loading: loading)
    var seen: [Int] = []
    #expect(throws: BacktuneError.self) {
      try reduction.forEach(poll: .none) { part, _ in
        seen.append(part)
        if part == 4 { throw BacktuneError.argument("part 4") }
      }
    }
    #expect(seen == [0, 1, 2, 3, 4])
    loading.fail(BacktuneError.argument("before"))
    seen = []
    reduction.each { seen.append($0) }
    #expect(seen.isEmpty)
    #expect(throws: BacktuneError.self) { try loading.check() }
    reduction.each { seen.append($0) }
    #expect(seen == Array(0..<8))
    #expect(reduction.max { Double($0) } == 7 && reduction.sum { Double($0) } == 28)
  }

  @Test(arguments: ["least-squares", "l1", "biweight"]) func costsAndDerivatives(
    criterion: String
  ) throws {
    let network = try Self.network()
    let objective = try Objective(criterion: criterion)
    let a = try Problem(network, Self.inMemory(network), objective: objective, units: .data)
    let b = try Problem(network, Self.loaded(network), objective: objective, units: .data)
    let (own, coming) = (try a.makeStates(), try b.makeStates())
    let slots = a.slots.values
    #expect(slots == b.slots.values)
    let (one, other) = (
      try a.evaluate(slots, into: own), try b.evaluate(slots, into: coming)
    )
    #expect(one.data == other.data && one.squares == other.squares && one.isFinite)
    #expect(a.outputNMSE(own) == b.outputNMSE(coming))
    #expect(a.data.curvature(own.driven) == b.data.curvature(coming.driven))
    let guarded = try (a.tune(own, isGuarded: true), b.tune(coming, isGuarded: true))
    #expect(guarded.0.gradient == guarded.1.gradient)
    #expect(guarded.0.counts.raised == guarded.1.counts.raised)
    let equations = try (NormalEquations(a), NormalEquations(b))
    try equations.0.update(own, slots: slots, poll: .none)
    try equations.1.update(coming, slots: slots, poll: .none)
    #expect(equations.0.gradient == equations.1.gradient)
    #expect(equations.0.largest == equations.1.largest && equations.0.largest > 0)
    // States that were simulated with other weights meanwhile.
    let copy = try b.makeStates()
    copy.copy(from: coming)
    _ = try b.evaluate(slots.map { 0.9 * $0 }, into: coming)
    #expect(a.outputNMSE(own) == b.outputNMSE(copy))
    #expect(a.outputNMSE(own) != b.outputNMSE(coming))
  }

  @Test func estimation() throws {
    let network = try Self.network()
    func run(_ sequences: Sequences) throws -> Estimator {
      let estimator = try Estimator(network, sequences)
      estimator.options.maxIterations = 4
      try estimator.run()
      return estimator
    }
    let (a, b) = (try run(Self.inMemory(network)), try run(Self.loaded(network)))
    #expect(a.trace.map(\.cost) == b.trace.map(\.cost))
    #expect(a.network.slots.values == b.network.slots.values)
    #expect(a.trace[a.trace.count - 1].cost < a.trace[0].cost)
    #expect(throws: BacktuneError.self) { _ = try b.uncertainty() }
  }

  @Test(arguments: [1, 30, 66, 70, 90, 150, 400]) func failures(at call: Int) throws {
    let network = try Self.network()
    nonisolated(unsafe) var isBroken = true
    let make: () throws -> Sequences = {
      try Self.loaded(network) { isBroken && $0 >= call }
    }
    if call <= 3 * Self.lengths.count {
      #expect(throws: BacktuneError.self) { _ = try make() }
      return
    }
    let estimator = try Estimator(network, make())
    estimator.options.maxIterations = 20
    #expect(throws: BacktuneError.self) { _ = try estimator.run() }
    let isFinite = estimator.network.slots.values.allSatisfy { $0.isFinite }
    #expect(isFinite)
    isBroken = false
    try estimator.run()
    let whole = try Estimator(network, Self.inMemory(network))
    let (first, last) = (try whole.cost().cost, try estimator.cost().cost)
    #expect(last < first)
  }

  /// The same bits whatever was in the place of a shard before.
  @Test func placesAreWrittenOver() throws {
    let network = try Self.network()
    let sequences = try Self.loaded(network)
    let problem = try Problem(network, sequences)
    let states = try problem.makeStates()
    let slots = problem.slots.values
    let first = try problem.evaluate(slots, into: states)
    _ = try problem.evaluate(slots.map { 1e3 * $0 }, into: states)
    let again = try problem.evaluate(slots, into: states)
    #expect(first.data == again.data && first.squares == again.squares)
  }
}
