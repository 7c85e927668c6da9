import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// The normal equations of Gauss-Newton: J^T J and J^T r by tangents, of every node and of the states alone, and by
/// impulse responses.
@Suite struct NormalEquationsTests {
  enum Way: CaseIterable {
    case tangents, lanes, transitions, impulses

    /// Nil for impulses.
    func makeTangents(
      _ program: Program, _ history: History, _ columns: Columns,
      nodes: [(group: GroupID, node: Int)]
    ) throws -> TangentRows? {
      let asked = nodes.map { StateCut.Node(group: $0.group, node: $0.node) }
      switch self {
      case .impulses: return nil
      case .tangents: return try TangentRows(program, history, columns, nodes: nodes)
      case .lanes: return TangentRows(try LaneTangents(program, history, columns, asked))
      case .transitions:
        return TangentRows(
          try TransitionTangents(
            StateCut(program, asked: asked), program, history, columns, asked))
      }
    }

    /// Has the rows of a problem come this way.
    func run(
      _ rows: JacobianRows, _ states: States, _ slots: [Double], into sink: any RowSink,
      unlimited: Bool = true
    ) throws {
      rows.tangents = try makeTangents(
        rows.problem.runner.shards.all[0].program, rows.history, rows.present,
        nodes: rows.values.nodes.map { ($0.group, $0.node) })
      if rows.tangents == nil {
        #expect(try rows.byImpulses(states, slots, unlimited: unlimited, into: sink, .none))
      } else {
        try rows.byTangents(states, slots, into: sink, .none)
      }
    }
  }

  /// The lower triangle of [J r]^T [J r] as a whole matrix.
  static func gram(
    _ problem: Problem, _ slots: [Double], _ way: Way, room: Int = History.room,
    unlimited: Bool = true
  ) throws -> [Double] {
    let states = try problem.makeStates()
    #expect(try problem.evaluate(slots, into: states).isFinite)
    let equations = try NormalEquations(problem, room: room)
    equations.rows.prepare(states)
    try way.run(equations.rows, states, slots, into: equations, unlimited: unlimited)
    let n = equations.order + 1
    return (0..<n * n).map { place in
      let (i, j) = (place / n, place % n)
      return equations.gram.pointer[max(i, j) * equations.stride + min(i, j)]
    }
  }

  /// Rows of one sequence have columns for the start of that sequence alone: their sums, and their factor R for
  /// uncertainty, are those of all columns.
  @Test(arguments: DerivativeTests.seeds)
  func ownStarts(seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    let problem = try Problem(
      item.network, item.sequences, options: GaussNewtonTests.options(seed))
    let states = try problem.makeStates()
    #expect(try problem.evaluate(problem.slots.values, into: states).isFinite)
    let rows = try JacobianRows(problem)
    #expect((rows.own != nil) == (problem.startCount > 1 && rows.present.count < rows.order))
    let information = try InformationRows(order: rows.order)
    try rows.run(states, slots: problem.slots.values, into: information, poll: .none)
    let equations = try NormalEquations(problem)
    try equations.update(states, slots: problem.slots.values, poll: .none)
    expectClose(information.gradient, equations.gradient, within: 1e-12, "J^T r")
    let (order, factor) = (equations.order, information.factor)
    for i in 0..<order {
      let products = (0...i).map { j in (0...j).reduce(0.0) { $0 + factor[$1, i] * factor[$1, j] } }
      let gram = (0...i).map { equations.gram.pointer[i * equations.stride + $0] }
      expectClose(products, gram, within: 1e-10, "J^T J")
    }
  }

  /// Against central differences of the residuals, for random networks: bounded, shared, fixed weights, learnt initial
  /// states of the network or of each sequence, several sequences.
  @Test(arguments: DerivativeTests.seeds, Way.allCases)
  func centralDifferences(seed: UInt64, way: Way) throws {
    let item = try RandomCase(seed: seed)
    let problem = try Problem(
      item.network, item.sequences, options: GaussNewtonTests.options(seed))
    var stream = item.stream
    let own = item.network.slots.values.count
    let slots = problem.slots.values.enumerated().map {
      $0 < own || problem.slots.isFixed[$0] ? $1 : 0.3 * stream.normal()
    }
    let gram = try Self.gram(problem, slots, way)
    let n = problem.adjustable.count + 1
    let states = try problem.makeStates()
    var values = try DrivenValues(problem)
    func residuals(_ slots: [Double]) throws -> [Double] {
      _ = try problem.evaluate(slots, into: states)
      values.take(states)
      return item.sequences.lengths.indices.flatMap { sequence in
        (0..<item.sequences.lengths[sequence]).flatMap { t in
          values.nodes.indices.map { node -> Double in
            values.residual(sequence, t, node).residual
          }
        }
      }
    }
    let h = 1e-5
    var columns = try problem.adjustable.map { slot in
      var (up, down) = (slots, slots)
      up[slot] += h
      down[slot] -= h
      return zip(try residuals(up), try residuals(down)).map { ($0 - $1) / (2 * h) }
    }
    columns.append(try residuals(slots))
    let norms = columns.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    for i in 0..<n {
      for j in 0...i {
        let expected = zip(columns[i], columns[j]).reduce(0) { $0 + $1.0 * $1.1 }
        let scale = norms[i] * norms[j]
        #expect(
          abs(gram[i * n + j] - expected) <= 1e-6 * scale + 1e-9 * (norms[i] + norms[j]) + 1e-12,
          "seed \(seed), [\(i), \(j)]: \(gram[i * n + j]), by differences \(expected)")
      }
    }
  }

  /// All ways agree up to rounding, and J^T r is the gradient of the adjoint.
  @Test(arguments: DerivativeTests.seeds) func waysAgree(seed: UInt64) throws {
    let item = try RandomCase(seed: seed)
    let problem = try Problem(
      item.network, item.sequences, options: GaussNewtonTests.options(seed))
    let slots = problem.slots.values
    let n = problem.adjustable.count + 1
    let a = try Self.gram(problem, slots, .lanes)
    // Derivatives that cancel have the rounding of the largest.
    let scale = (0..<n).reduce(0) { max($0, a[$1 * n + $1]) }
    for way in Way.allCases {
      let b = try Self.gram(problem, slots, way)
      for (x, y) in zip(a, b) { #expect(abs(x - y) <= 1e-13 * scale, "seed \(seed), \(way)") }
    }
    let states = try problem.makeStates()
    _ = try problem.evaluate(slots, into: states)
    let gradient = try problem.tune(states, isGuarded: false).gradient
    for (k, slot) in problem.adjustable.enumerated() {
      #expect(abs(a[(n - 1) * n + k] - gradient[slot]) <= 1e-13 * scale, "seed \(seed)")
    }
  }

  /// A history that is held window by window gives the same, for one sequence and for several in a shard.
  @Test(arguments: [[700], [300, 290, 280, 270, 40, 7]], Way.allCases)
  func windows(lengths: [Int], way: Way) throws {
    let (learner, _, _) = try Build.reverseEngineering("lnl", size: 12, steps: 10)
    try expectSameInWindows(learner, lengths, way, room: 10_000, unlimited: false)
  }

  /// Weights at work some steps ago read what was far before: twice as far as any source alone.
  @Test(arguments: Way.allCases) func windowsOfLongLags(way: Way) throws {
    var network = try Network(inputs: 1)
    let (v, h) = (
      try network.addLearnware("v", size: 2), try network.addFirmware("h", size: 2)
    )
    let x = try network.addLearnware("x", size: 2)
    try network.connect(Source(Network.input, lag: 9), to: v, role: "G")
    try network.connect(Source(x, lag: 0), to: v, role: "F")
    try network.addTerm(to: h, factors: [(.tanh, Source(v, lag: 0))])
    try network.connect(Source(h, lag: 9), to: x, role: "E")
    try network.connect(Source(x, lag: 1), to: x, role: "A")
    try network.observe([Observed(group: x, count: 1)])
    network.randomize(seed: 3)
    try network.setWeights("x.A", [0.5, 0.1, -0.2, 0.4])
    try expectSameInWindows(network, [700], way, room: 2_000, unlimited: true)
  }

  private func expectSameInWindows(
    _ network: Network, _ lengths: [Int], _ way: Way, room: Int, unlimited: Bool
  ) throws {
    let total = lengths.reduce(0, +)
    let sequences = try Build.sequences(
      network, lengths: lengths, inputs: Build.normal(total, seed: 1),
      desired: Build.normal(total, seed: 2))
    let problem = try Problem(network, sequences)
    let slots = problem.slots.values
    let history = try History(problem.runner.shards, room: room)
    #expect(history.windows(reach: 0, isDescending: false).count > 2)
    let whole = try Self.gram(problem, slots, way, unlimited: unlimited)
    let found = try Self.gram(problem, slots, way, room: room, unlimited: unlimited)
    let n = problem.adjustable.count + 1
    let scale = (0..<n).reduce(0) { max($0, whole[$1 * n + $1]) }
    for (x, y) in zip(whole, found) { #expect(abs(x - y) <= 1e-13 * scale) }
  }

  /// The way that costs less is chosen: impulses where they decay, tangents where they do not; either gives the same.
  @Test(arguments: [(0.3, true), (0.9999, false)]) func choice(leak: Double, byImpulses: Bool)
    throws
  {
    var (learner, sequences, _) = try Build.reverseEngineering(
      "lnl", size: 12, steps: 400, options: "{\"leak\": \"adjust\"}")
    for name in learner.arrays.map(\.name) where name.hasSuffix(".g") {
      try learner.setBounds(name, lower: [0], upper: [1])
      try learner.setWeights(name, [leak])
    }
    let problem = try Problem(learner, sequences)
    let states = try problem.makeStates()
    _ = try problem.evaluate(learner.slots.values, into: states)
    let equations = try NormalEquations(problem)
    try equations.update(
      states, slots: learner.slots.values, poll: .none)
    #expect((equations.rows.memory > 0) == byImpulses, "\(equations.rows.memory)")
    let expected = try Self.gram(problem, learner.slots.values, .tangents)
    let (n, stride) = (equations.order + 1, equations.stride)
    let gram = (0..<n * n).map {
      equations.gram.pointer[max($0 / n, $0 % n) * stride + min($0 / n, $0 % n)]
    }
    expectClose(gram, expected, within: 1e-12, "leak \(leak)")
  }

  /// J^T r is the gradient of the whole cost that depends on states, for every criterion and regularisation.
  @Test(arguments: ["least-squares", "l1", "l0", "huber", "biweight", "boolean", "observables"])
  func gradientOfEveryCost(name: String) throws {
    var network = try Build.network(
      "lnl", size: 4, options: #"{"activation": "tanh", "leak": "adjust"}"#, seed: 5)
    try network.observe([Observed(group: network.groups.count - 1, count: 2)])
    let inputs = Build.normal(30, seed: 1)
    var objective = try Objective(criterion: name)
    try objective.addRegularisation(
      "orthogonal-activity", options: Array(#"{"strength": 0.02}"#.utf8))
    try objective.addRegularisation("sparse-activity", options: Array(#"{"strength": 0.1}"#.utf8))
    try objective.addRegularisation("activity-bound", options: Array(#"{"strength": 0.1}"#.utf8))
    for (kind, parameters) in [("mean", [0.0]), ("autocorrelation", [1, 2])] {
      try objective.addObservable(kind, parameters, outputs: 2, desired: 0.3)
    }
    let sequences = try Build.sequences(
      network, lengths: [30], inputs: inputs, desired: Build.normal(60, seed: 2))
    var options = ObservationOptions()
    options.nu = 0.5
    let problem = try Problem(network, sequences, objective: objective, options: options)
    let states = try problem.makeStates()
    let slots = network.slots.values
    _ = try problem.evaluate(slots, into: states)
    let equations = try NormalEquations(problem)
    try equations.update(states, slots: slots, poll: .none)
    let gradient = try problem.tune(states, isGuarded: false).gradient
    let scale = gradient.map(abs).max() ?? 0
    for (found, slot) in zip(equations.gradient, problem.adjustable) {
      #expect(abs(found - gradient[slot]) <= 1e-9 * scale, "\(name), slot \(slot)")
    }
  }
}
