import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Residuals, Jacobian, normal matrix, products and steps of Gauss-Newton against golden vectors of an lnl and an lstm.
@Suite struct GoldenGaussNewtonTests {
  struct Case: GoldenCase {
    let name: String
    let network: GoldenNetwork
    let observe: GoldenObserve
    let weights: [String: GoldenWeight]
    let sequences: [GoldenSequence]
    /// [sequence, time, output]
    let rows: [[Int]]
    let columns: [[GoldenSecondOrderTests.SourceName]]
    let residual: Flat
    let jacobian: Flat
    let JtJ: Flat
    let Jtr: Flat
  }

  struct File: Decodable {
    let cases: [Case]
  }

  /// A case at its weights.
  struct Setting {
    let item: Case
    let problem: Problem
    let slots: [Double]
    let states: States
    /// The column of the engine that each column of the file is.
    let order: [Int]

    init(_ item: Case) throws {
      self.item = item
      let network = try item.makeNetwork()
      problem = try Problem(network, try item.makeSequences(network, item.sequences))
      slots = network.slots.values
      states = try problem.makeStates()
      _ = try problem.evaluate(slots, into: states)
      let columns = problem.adjustable
      order = try item.columns.map { try #require(columns.firstIndex(of: slot($0, network))) }
      #expect(Set(order).count == columns.count && order.count == columns.count)
    }

    /// Every observed value, by sequence, time and output.
    func forEachValue(_ values: DrivenValues, _ body: ([Int]) throws -> Void) rethrows {
      for (sequence, length) in problem.sequences.lengths.enumerated() {
        for t in 0..<length {
          for k in values.nodes.indices where values.counts(sequence, t, k) {
            try body([sequence, t, k])
          }
        }
      }
    }

    private var program: Program { problem.runner.shards.all[0].program }

    /// Rows of the Jacobian in the columns of the file, by sequence, time and output.
    func rows(_ way: NormalEquationsTests.Way, _ values: DrivenValues) throws -> [[Int]: [Double]] {
      let history = try History(problem.runner.shards)
      let columns = Columns(
        program, adjustable: problem.adjustable, sequences: history.lengths.count,
        starts: 0)
      let nodes = values.nodes.map { (group: $0.group, node: $0.node) }
      guard let tangents = try way.makeTangents(program, history, columns, nodes: nodes) else {
        return try byImpulses(history, columns, values)
      }
      return try by(tangents, history, columns, values)
    }

    private func by(
      _ tangents: TangentRows, _ history: History, _ columns: Columns, _ values: DrivenValues
    ) throws -> [[Int]: [Double]] {
      var found: [[Int]: [Double]] = [:]
      try history.forEachTangent(
        tangents, columns, states, slots: slots, nodes: values.nodes.count
      ) { sequence, t, k, row in
        guard values.counts(sequence, t, k) else { return }
        let weight = values.residual(sequence, t, k).weight
        found[[sequence, t, k]] = order.map { weight * row[$0] }
      }
      return found
    }

    /// One group of four output times after the other, from the last.
    private func byImpulses(
      _ history: History, _ columns: Columns, _ values: DrivenValues
    ) throws -> [[Int]: [Double]] {
      var found: [[Int]: [Double]] = [:]
      let impulses = try ImpulseRows(program, history, columns, ages: 100)
      impulses.load(slots)
      let windows = history.windows(reach: 100, isDescending: true)
      #expect(windows.count == 1)
      try history.fill(windows[0], states, poll: .none)
      let scratch = try impulses.makeScratch()
      for sequence in history.lengths.indices {
        for (k, node) in values.nodes.enumerated() {
          for last in stride(from: history.lengths[sequence] - 1, through: 0, by: -4) {
            let times = (0..<4).map { last - $0 }
            let weights = times.map { $0 < 0 ? 0 : values.residual(sequence, $0, k).weight }
            let quad = ImpulseRows.Quad(
              sequence: sequence, time: last,
              node: ImpulseRows.places(problem.network, [(node.group, node.node)])[0])
            for (k, weight) in weights.enumerated() { scratch.weights[k] = weight }
            var matrix = [Double](repeating: 0, count: 4 * columns.count)
            let ages = try impulses.add(
              [quad], scratch, limit: 100, into: &matrix, stride: 4, poll: .none)
            #expect(ages != nil)
            for (row, t) in times.enumerated() where weights[row] > 0 {
              found[[sequence, t, k]] = order.map { matrix[4 * $0 + row] }
            }
          }
        }
      }
      return found
    }
  }

  static func settings() throws -> [Setting] {
    try GoldenFile.decode(File.self, "gauss_newton.json").cases.map { try Setting($0) }
  }

  private static func slot(
    _ column: [GoldenSecondOrderTests.SourceName], _ network: Network
  ) throws -> Int {
    var (name, index) = ("", [Int]())
    for part in column {
      switch part {
      case .name(let text): name = text
      case .index(let k): index.append(k)
      }
    }
    let array = try network.array(named: name)
    let place = zip(index, array.shape).reduce(0) { $0 * $1.1 + $1.0 }
    return array.slots.lowerBound + place
  }

  /// r and every entry of J, a row each observed value.
  @Test(arguments: NormalEquationsTests.Way.allCases)
  func jacobian(way: NormalEquationsTests.Way) throws {
    for setting in try Self.settings() {
      let item = setting.item
      var values = try DrivenValues(setting.problem)
      values.take(setting.states)
      var residuals: [[Int]: Double] = [:]
      setting.forEachValue(values) { place in
        residuals[place] = values.residual(place[0], place[1], place[2]).residual
      }
      let rows = try setting.rows(way, values)
      #expect(Set(residuals.keys) == Set(item.rows) && Set(rows.keys) == Set(item.rows))
      expectClose(
        item.rows.map { residuals[$0] ?? .nan }, item.residual.values, within: 1e-12,
        "\(item.name): r")
      expectClose(
        item.rows.flatMap { rows[$0] ?? [] }, item.jacobian.values, within: 1e-12,
        "\(item.name): J by \(way)")
    }
  }

  @Test(arguments: NormalEquationsTests.Way.allCases)
  func normalEquations(way: NormalEquationsTests.Way) throws {
    for setting in try Self.settings() {
      let (item, order) = (setting.item, setting.order)
      let gram = try NormalEquationsTests.gram(setting.problem, setting.slots, way)
      let n = order.count + 1
      let normal = order.flatMap { i in order.map { gram[i * n + $0] } }
      expectClose(normal, item.JtJ.values, within: 1e-12, "\(item.name): J^T J")
      let slope = order.map { gram[(n - 1) * n + $0] }
      expectClose(slope, item.Jtr.values, within: 1e-12, "\(item.name): J^T r")
      let square = item.residual.values.reduce(0) { $0 + $1 * $1 }
      expectClose([gram[n * n - 1]], [square], within: 1e-13, "\(item.name): r^T r")
    }
  }

  /// J^T J v and J^T r as simulations.
  @Test func products() throws {
    for setting in try Self.settings() {
      let (item, order) = (setting.item, setting.order)
      let products = try NormalProducts(setting.problem)
      try products.update(setting.states, slots: setting.slots, poll: .none)
      expectClose(
        order.map { products.gradient[$0] }, item.Jtr.values, within: 1e-12, "\(item.name): J^T r")
      let v = Build.normal(order.count, seed: 5)
      let product = try products.product(v, poll: .none)
      let expected = Self.multiply(item.JtJ.values, order.map { v[$0] })
      expectClose(order.map { product[$0] }, expected, within: 1e-12, "\(item.name): J^T J v")
    }
  }

  /// Steps of both forms solve the file's (J^T J + mu I) d = -J^T r, the direct one also where hardly any damping is left
  /// (the lstm has fewer values than weights).
  @Test(arguments: [(false, 1.0), (false, 1e-3), (false, 1e-9), (true, 1), (true, 1e-3)])
  func steps(isIterative: Bool, relative: Double) throws {
    for setting in try Self.settings() {
      let (item, order) = (setting.item, setting.order)
      let accuracy = IterativeSolver.Accuracy(forcing: 1e-13, products: 2000)
      let solver: any StepSolver =
        try isIterative
        ? IterativeSolver(setting.problem, accuracy: accuracy)
        : DenseSolver(setting.problem)
      try solver.update(setting.states, slots: setting.slots, poll: .none)
      let n = order.count
      let box = StepBox(
        weights: [Double](repeating: 0, count: n),
        lower: [Double](repeating: -.infinity, count: n),
        upper: [Double](repeating: .infinity, count: n), gradient: solver.gradient)
      let normal = item.JtJ.values
      let scale = (0..<n).reduce(0) { max($0, normal[$1 * (n + 1)]) }
      let damping = relative * scale
      let step = try #require(
        try solver.step(box, curvature: nil, damping: damping, isFinal: false, poll: .none))
      #expect(solver.isSolved)
      let d = order.map { step[$0] }
      let left = zip(Self.multiply(normal, d), d).map { -($0 + damping * $1) }
      // Products with d are right to their rounding.
      let size = scale * d.reduce(0) { max($0, abs($1)) }
      let error = zip(left, item.Jtr.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-12 * size, "\(item.name), damping \(relative): \(error / size)")
    }
  }

  private static func multiply(_ matrix: [Double], _ v: [Double]) -> [Double] {
    v.indices.map { i in v.indices.reduce(0) { $0 + matrix[i * v.count + $1] * v[$1] } }
  }
}

extension History {
  /// Calls `body(sequence, time, number of the node, derivatives by all columns)` for every time of some nodes.
  func forEachTangent(
    _ tangents: TangentRows, _ columns: Columns, _ states: States, slots: [Double],
    nodes: Int, _ body: (Int, Int, Int, [Double]) -> Void
  ) throws {
    tangents.load(slots)
    let stride = MatrixKernels.padded(nodes)
    let chunk = try Buffer(dimensions: [columns.count, stride], for: "test")
    for window in windows(reach: tangents.reach, isDescending: false) {
      try fill(window, states, poll: .none)
      try window.forEach(lengths) { sequence, times in
        for t in times {
          tangents.step(sequence, t)
          for k in 0..<nodes { tangents.ask(k, times: 1) }
          let rows = try tangents.write(into: chunk, stride: stride, poll: .none)
          #expect(rows == stride)
          for k in 0..<nodes {
            body(sequence, t, k, (0..<columns.count).map { chunk.pointer[$0 * stride + k] })
          }
        }
      }
    }
  }
}
