import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// What processes join is what one of them has that has all sequences.
@Suite struct ProcessesTests {
  private static func processes(
    _ combine: @escaping Processes.Combine = { _, _ in 0 }
  ) throws -> Processes { try Processes(rank: 0, of: 1, combine) }

  @Test func numbersOfProcesses() throws {
    #expect(throws: BacktuneError.self) { try Processes(rank: 0, of: 0) { _, _ in 0 } }
    #expect(throws: BacktuneError.self) { try Processes(rank: 3, of: 3) { _, _ in 0 } }
    #expect(throws: BacktuneError.self) { try Processes(rank: -1, of: 3) { _, _ in 0 } }
    #expect(Processes?.none.rank == 0 && Processes?.none.sum([1, 2]) == [1, 2])
  }

  @Test func failuresStay() throws {
    var calls = 0
    let some: Processes? = try Self.processes { _, _ in
      calls += 1
      return 5
    }
    #expect(some.sum(2.0) == 2)
    #expect(some.max(3.0) == 3 && some.all(true) && !some.any(false))
    #expect(calls == 1)
    #expect(throws: BacktuneError.self) { try some.check() }
  }

  @Test func whoWantsToStopIsHeardOfWithTheNextSum() throws {
    let some: Processes? = try Self.processes()
    some?.wantsStop = true
    try some.check()
    _ = some.max(1.0)
    try some.check()
    #expect(some.sum([1, 2]) == [1, 2])
    #expect(throws: BacktuneError.self) { try some.check() }
    some?.begin()
    try some.check()
  }

  @Test(arguments: [2, 3]) func joins(count: Int) throws {
    try Ranks.run(count) { own in
      let all: Processes? = own
      let rank = own.rank
      #expect(
        all.gather([Double(rank), .infinity]) == (0..<count).map { [Double($0), .infinity] })
      #expect(all.max(Double(rank)) == Double(count - 1))
      #expect(all.any(rank == 1) && !all.all(rank == 1) && !all.any(false) && all.all(true))
      #expect(all.first([Double(rank), 7], count: 2) == [0, 7])
      #expect(all.first(rank == 0 ? nil : [1], count: 1) == nil)
      try all.agree(on: [.max, 3], "numbers")
      #expect(throws: BacktuneError.self) { try all.agree(on: [UInt64(rank)], "numbers") }
    }
  }

  @Test(arguments: [2, 3]) func mediansByCounts(count: Int) throws {
    for size in [1, 2, 7, 40] {
      let values = Build.normal(size, seed: 4).map { abs($0) } + [0, 0, 0x1p-1030]
      let expected = Reduction(count: 1, work: 0).median { _ in values }
      try Ranks.run(count) { own in
        let part = values.indices.filter { $0 * $0 % count == own.rank }.map { values[$0] }
        let found = Reduction(count: 1, work: 0, processes: own).median { _ in part }
        #expect(found == expected)
      }
    }
  }

  /// Constants, offsets, numbers near the ends of the range, and parts without values.
  @Test func momentsOfParts() {
    let plain = Build.normal(30, seed: 5)
    let lists: [[Double]] = [
      plain, plain.map { 1e6 + $0 }, plain.map { $0 * 1e200 }, plain.map { $0 * 1e-200 },
      plain.map { _ in 0.1 }, [],
    ]
    for values in lists {
      let whole = ChannelMoments.of(values, channels: 1)[0]
      let parts = [0..<0, 0..<7, 7..<8, 8..<30].map { range in
        ChannelMoments.of(Array(values[range.clamped(to: 0..<values.count)]), channels: 1)[0]
          .numbers
      }
      let joined = ChannelMoments(joining: parts)
      #expect(joined.count == whole.count)
      #expect(joined.lowest == whole.lowest && joined.highest == whole.highest)
      #expect(abs(joined.mean - whole.mean) <= 1e-15 * max(abs(whole.mean), whole.deviation))
      #expect(abs(joined.deviation - whole.deviation) <= 1e-13 * whole.deviation)
      if whole.deviation == 0 { #expect(joined.mean == whole.mean && joined.deviation == 0) }
    }
  }

  @Test func desiredSumsOfParts() {
    let desired = Build.normal(40, seed: 6).enumerated().map { $0 % 2 == 0 ? $1 : 0.3 }
    let gains = Build.normal(40, seed: 7).map { max($0, 0) }
    let whole = DesiredSums(gains: gains, desired: desired, outputs: 2)
    let parts = [0..<0, 0..<10, 10..<40].map {
      DesiredSums(gains: Array(gains[$0]), desired: Array(desired[$0]), outputs: 2).numbers
    }
    let joined = DesiredSums(joining: parts)
    #expect(abs(joined.gainSum - whole.gainSum) <= 1e-14 * whole.gainSum)
    #expect(abs(joined.squares - whole.squares) <= 1e-14 * whole.squares)
    #expect(abs(joined.spreads[0] - whole.spreads[0]) <= 1e-13 * whole.spreads[0])
    #expect(whole.spreads[1] == 0 && joined.spreads[1] == 0)
  }

  // MARK: A problem

  private static let lengths = [30, 12, 25, 0, 7, 40, 18]

  private static func network() throws -> Network {
    var network = try Network(inputs: 1)
    try network.addUnit(
      "lnl", size: 4,
      options: Array(#"{"activation": "tanh", "leak": "adjust", "initial": "learn"}"#.utf8))
    network.randomize(seed: 2)
    return network
  }

  private static func problem(
    _ network: Network, _ range: Range<Int>, _ processes: Processes?
  ) throws -> Problem {
    let starts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
    let total = lengths.reduce(0, +)
    let inputs = Build.normal(total, seed: 8)
    let desired = Build.normal(total * network.outputCount, seed: 9)
    var (i, d) = ([Double](), [Double]())
    for k in range {
      i += inputs[starts[k]..<starts[k] + lengths[k]]
      let outputs = network.outputCount
      d += desired[starts[k] * outputs..<(starts[k] + lengths[k]) * outputs]
    }
    let sequences = try i.withUnsafeBufferPointer { i in
      try d.withUnsafeBufferPointer { d in
        try Sequences(
          network, lengths: Array(lengths[range]), inputs: i, desired: d,
          isShare: processes != nil)
      }
    }
    return try Problem(network, sequences, units: .data, processes: processes)
  }

  private struct Sums {
    var cost = 0.0
    var gradient: [Double] = []
    var gram: [Double] = []
    var product: [Double] = []
    var diagonal: [Double] = []
    var node: [Double] = []

    init(_ problem: Problem) throws {
      let (states, slots) = (try problem.makeStates(), problem.slots.values)
      cost = try problem.evaluate(slots, into: states).total
      gradient = try problem.tune(states, isGuarded: true).gradient
      let equations = try NormalEquations(problem)
      try equations.update(states, slots: slots, poll: .none)
      for i in 0...equations.order {
        for j in 0...i { gram.append(equations.gram.pointer[i * equations.stride + j]) }
      }
      let products = try NormalProducts(problem)
      try products.update(states, slots: slots, poll: .none)
      product = try products.product(Build.normal(equations.order, seed: 3), poll: .none)
      diagonal = try products.diagonal(probes: 2, poll: .none)
      let item = NodeSystems(problem.network).classes[0]
      let matrix = try NormalMatrices(states, problem.runner.shards).shared(item, poll: .none)
      for i in 0..<item.order {
        for j in i..<item.order { node.append(matrix.pointer[i * item.order + j]) }
      }
    }

    func isNear(_ other: Sums) -> Bool {
      zip(
        [[cost], gradient, gram, product, diagonal, node],
        [[other.cost], other.gradient, other.gram, other.product, other.diagonal, other.node]
      ).allSatisfy { own, others in
        let size = others.reduce(0) { max($0, abs($1)) }
        return own.count == others.count
          && zip(own, others).allSatisfy { abs($0 - $1) <= 1e-13 * size }
      }
    }
  }

  @Test(arguments: [[0, 7], [0, 2, 7], [0, 5, 5, 7], [0, 0, 3, 4, 7]])
  func sumsOfAProblem(cuts: [Int]) throws {
    let network = try Self.network()
    let whole = try Sums(Self.problem(network, 0..<7, nil))
    try Ranks.run(cuts.count - 1) { own in
      let range = cuts[own.rank]..<cuts[own.rank + 1]
      let problem = try Self.problem(network, range, own)
      #expect(problem.sequences.allCount == 7)
      for k in range { #expect(problem.sequences.number(of: k - range.lowerBound) == k) }
      #expect(problem.totalSteps == Self.lengths.reduce(0, +))
      #expect(problem.startSlots.map(\.sequences).allSatisfy { $0 == 6 })
      #expect(try Sums(problem).isNear(whole))
    }
  }

  @Test func factorsOfAllRows() throws {
    let (rows, order) = (24, 5)
    let values = Build.normal(rows * order, seed: 10)
    func factor(_ range: Range<Int>, _ processes: Processes?) throws -> [Double] {
      let factor = try TriangularFactor(order: order)
      var chunk = (0..<order).flatMap { j in range.map { values[$0 * order + j] } }
      try chunk.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        try factor.append(base, count: range.count, stride: max(range.count, 1))
      }
      try factor.join(processes)
      return (0..<order).flatMap { j in
        (0...j).map { i in factor[i, j] * (factor[i, i] < 0 ? -1 : 1) }
      }
    }
    let whole = try factor(0..<rows, nil)
    let cuts = [0, 3, 3, rows]
    try Ranks.run(3) { own in
      let found = try factor(cuts[own.rank]..<cuts[own.rank + 1], own)
      #expect(zip(found, whole).allSatisfy { abs($0 - $1) < 1e-13 })
    }
  }
}
