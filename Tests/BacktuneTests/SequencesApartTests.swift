import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Sequences in shards of 16, 8, 4 and 1 lanes against a problem for each of them.
@Suite struct SequencesApartTests {
  /// Shards of every width, an empty sequence, and lengths within a shard that differ.
  private static let lengths: [Int] =
    [60, 9, 0] + (0..<16).map { 25 - $0 % 5 } + (0..<8).map { 14 - $0 % 3 } + [7, 7, 6, 7, 1]

  private static let networks: [(kind: String, size: Int, options: String)] = [
    ("lnl", 5, #"{"activation": "tanh", "leak": "adjust", "initial": "learn"}"#),
    ("lstm", 3, #"{"peephole": true}"#), ("gru", 4, "{}"), ("linear", 3, #"{"range": 3}"#),
    ("softmax", 3, "{}"), ("sparse_lnl", 6, #"{"leak": "adjust"}"#),
  ]

  /// The cost with its gradient and normal equations, lower triangle of [J r]^T [J r].
  private struct Results {
    var cost = 0.0
    var gradient: [Double]
    var gram: [Double]
    var product: [Double]

    init(_ network: Network, slots: Int) {
      gradient = network.slots.values.map { _ in 0 }
      gram = [Double](repeating: 0, count: (slots + 1) * (slots + 1))
      product = [Double](repeating: 0, count: slots)
    }

    mutating func add(_ problem: Problem) throws {
      let (states, slots) = (try problem.makeStates(), problem.slots.values)
      cost += try problem.evaluate(slots, into: states).total
      gradient = zip(gradient, try problem.tune(states, isGuarded: false).gradient).map(+)
      let equations = try NormalEquations(problem)
      try equations.update(states, slots: slots, poll: .none)
      let n = equations.order + 1
      for i in 0..<n {
        for j in 0...i {
          gram[i * n + j] += equations.gram.pointer[i * equations.stride + j]
        }
      }
      let products = try NormalProducts(problem)
      try products.update(states, slots: slots, poll: .none)
      let v = Build.normal(equations.order, seed: 3)
      product = zip(product, try products.product(v, poll: .none)).map(+)
    }

    /// (J^T J + mu I) d = -J^T r, mu relative to the largest element.
    func step(_ relative: Double) throws -> [Double] {
      let order = product.count
      let gram = gram
      let largest = (0..<order).reduce(0) { max($0, gram[$1 * (order + 2)]) }
      let box = StepBox(
        weights: [Double](repeating: 0, count: order),
        lower: [Double](repeating: -.infinity, count: order),
        upper: [Double](repeating: .infinity, count: order),
        gradient: (0..<order).map { gram[order * (order + 1) + $0] })
      let matrix = try Buffer(count: gram.count, for: "test")
      for (k, value) in gram.enumerated() { matrix.pointer[k] = value }
      return try #require(
        try DampedSystem(order: order).step(
          gram: matrix.pointer, stride: order + 1, curvature: nil, box: box,
          damping: relative * largest, poll: .none))
    }
  }

  @Test(arguments: networks.indices, ["least-squares", "huber"])
  func sums(index: Int, criterion: String) throws {
    let (kind, size, options) = Self.networks[index]
    var network = try Build.network(kind, size: size, inputs: 2, options: options, seed: 4)
    try network.observe([Observed(group: network.groups.count - 1, count: 2)])
    let (total, outputs) = (Self.lengths.reduce(0, +), 2)
    let inputs = Build.normal(total * 2, seed: 1)
    let desired = Build.normal(total * outputs, seed: 2).enumerated().map {
      $0 % 7 == 3 ? Double.nan : $1
    }
    func problem(_ lengths: [Int], _ first: Int) throws -> Problem {
      let steps = lengths.reduce(0, +)
      var options = ObservationOptions()
      options.nu = criterion == "huber" ? 0.5 : nil
      return try Problem(
        network,
        try Build.sequences(
          network, lengths: lengths, inputs: Array(inputs[first * 2..<(first + steps) * 2]),
          desired: Array(desired[first * outputs..<(first + steps) * outputs])),
        objective: try Objective(criterion: criterion), options: options)
    }
    let whole = try problem(Self.lengths, 0)
    let widths = whole.runner.shards.all.map { $0.layout.lanes }
    #expect(Set(widths) == [1, 4, 8, 16], "\(widths)")
    var (together, apart) = (
      Results(network, slots: whole.adjustable.count),
      Results(network, slots: whole.adjustable.count)
    )
    try together.add(whole)
    var first = 0
    for length in Self.lengths {
      if length > 0 { try apart.add(try problem([length], first)) }
      first += length
    }
    expectClose([together.cost], [apart.cost], within: 1e-12, "cost")
    expectClose(together.gradient, apart.gradient, within: 1e-12, "gradient")
    expectClose(together.gram, apart.gram, within: 1e-12, "normal equations")
    expectClose(together.product, apart.product, within: 1e-12, "product")
    for relative in [1, 1e-2] {
      expectClose(
        try together.step(relative), try apart.step(relative), within: 1e-12, "step \(relative)")
    }
    // And the step is what the solver of all makes of them.
    let states = try whole.makeStates()
    _ = try whole.evaluate(network.slots.values, into: states)
    let solver = try DenseSolver(whole)
    try solver.update(states, slots: network.slots.values, poll: .none)
    let box = StepBox(
      weights: whole.adjustable.map { _ in 0 }, lower: whole.adjustable.map { _ in -.infinity },
      upper: whole.adjustable.map { _ in .infinity }, gradient: solver.gradient)
    let step = try #require(
      try solver.step(
        box, curvature: nil, damping: 1e-2 * solver.largest, isFinal: false, poll: .none))
    expectClose(step, try apart.step(1e-2), within: 1e-12, "step of the solver")
  }

  /// The same where each sequence has an initial state of its own: gradient, and J^T J v.
  @Test func startsOfSequences() throws {
    var network = try Build.network(
      "lnl", size: 5, inputs: 2, options: #"{"activation": "tanh", "leak": "adjust"}"#, seed: 4)
    try network.observe([Observed(group: network.groups.count - 1, count: 2)])
    let total = Self.lengths.reduce(0, +)
    let (inputs, desired) = (Build.normal(total * 2, seed: 1), Build.normal(total * 2, seed: 2))
    let (own, size) = (network.slots.values.count, network.stateSize)
    let starts = Build.normal(size * Self.lengths.count, seed: 5)
    let direction = Build.normal(own + starts.count, seed: 6)
    /// Gradient and product by every slot.
    func derivatives(
      _ lengths: [Int], step: Int, sequence: Int
    ) throws -> (gradient: [Double], product: [Double]) {
      let range = step * 2..<(step + lengths.reduce(0, +)) * 2
      var options = ObservationOptions()
      options.learnsEachStart = true
      let problem = try Problem(
        network,
        try Build.sequences(
          network, lengths: lengths, inputs: Array(inputs[range]), desired: Array(desired[range])),
        options: options)
      let place = { $0 < own ? $0 : $0 + sequence * size }
      let slots = problem.slots.values.indices.map {
        $0 < own || problem.slots.isFixed[$0]
          ? problem.slots.values[$0] : 0.3 * starts[place($0) - own]
      }
      let states = try problem.makeStates()
      _ = try problem.evaluate(slots, into: states)
      let products = try NormalProducts(problem)
      try products.update(states, slots: slots, poll: .none)
      let part = try products.product(
        problem.adjustable.map { direction[place($0)] }, poll: .none)
      var product = slots.map { _ in 0.0 }
      for (k, slot) in problem.adjustable.enumerated() { product[slot] = part[k] }
      return (try problem.tune(states, isGuarded: false).gradient, product)
    }
    let together = try derivatives(Self.lengths, step: 0, sequence: 0)
    var gradient = [Double](repeating: 0, count: own + starts.count)
    var product = gradient
    var step = 0
    for (sequence, length) in Self.lengths.enumerated() {
      defer { step += length }
      if length == 0 { continue }
      let apart = try derivatives([length], step: step, sequence: sequence)
      for k in 0..<own + size {
        let place = k < own ? k : k + sequence * size
        gradient[place] += apart.gradient[k]
        product[place] += apart.product[k]
      }
    }
    for slots in [0..<own, own..<own + starts.count] {
      expectClose(
        Array(together.gradient[slots]), Array(gradient[slots]), within: 1e-12, "gradient")
      expectClose(Array(together.product[slots]), Array(product[slots]), within: 1e-12, "product")
    }
    #expect(product[own...].count { $0 != 0 } > 5 * (Self.lengths.count - 1) / 2)
  }
}
