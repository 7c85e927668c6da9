import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Tangents of every operation against differences of the simulation, against the adjoint, and the ways to compute them
/// against each other.
@Suite struct TangentTests {
  @Test func nothingIsLeftOut() throws {
    #expect(Set(Units.all.map { $0.kind }) == Set(OperationCase.unitOptions.keys))
    #expect(
      Set(ScalarFunction.table.map { $0.name }) == Set(OperationCase.functionParameters.keys))
    let cases = try OperationCase.all()
    let groups = cases.flatMap { $0.network.groups }
    #expect(
      Set(groups.map { OperationCase.GroupKind($0.body) }).count
        == OperationCase.GroupKind.allCases.count)
    let forms = groups.flatMap { group -> [OperationCase.FormKind] in
      guard case .learnware(let body) = group.body else { return [] }
      return body.connections.map { OperationCase.FormKind($0.form) }
    }
    #expect(Set(forms).count == OperationCase.FormKind.allCases.count)
  }

  /// A network at some weights, with all its nodes as outputs.
  private struct Setting {
    let problem: Problem
    let slots: [Double]
    let states: States
    /// Shards and places of all values.
    let places: [(part: Int, place: Int)]
    var stream: RandomStream

    init(_ item: OperationCase, lengths: [Int], learnsEachStart: Bool) throws {
      let network = item.network
      let sequences = try item.sequences(lengths: lengths)
      var options = item.options
      options.learnsEachStart = learnsEachStart
      problem = try Problem(network, sequences, options: options)
      stream = RandomStream(seed: 4, name: item.name)
      let (fixed, own) = (problem.slots.isFixed, network.slots.values.count)
      var slots = problem.slots.values
      for k in own..<slots.count where !fixed[k] { slots[k] = stream.normal() }
      self.slots = slots
      states = try problem.makeStates()
      var places: [(part: Int, place: Int)] = []
      problem.forEachDriven { places.append(($0, $1)) }
      self.places = places
      try simulate(slots)
    }

    func simulate(_ slots: [Double]) throws { _ = try problem.evaluate(slots, into: states) }

    /// All states with weights moved by h d.
    func values(_ h: Double, _ d: [Double]) throws -> [Double] {
      try simulate(zip(slots, d).map { $0 + h * $1 })
      return values(states.driven)
    }

    mutating func direction() -> [Double] {
      problem.slots.isFixed.map { $0 ? 0 : stream.normal() }
    }

    /// dx/dW d of all states.
    func tangents(_ d: [Double]) throws -> [Double] {
      try simulate(slots)
      let tangents = try problem.runner.makeStates()
      try problem.tangent(states, along: d, into: tangents)
      return values(tangents.driven)
    }

    func values(_ driven: Driven) -> [Double] {
      places.map { driven.parts[$0.part].origin[$0.place] }
    }
  }

  private static func forEachSetting(_ body: (String, inout Setting) throws -> Void) throws {
    for item in try OperationCase.all() {
      // One lane, whose groups are padded, and several that end at different times.
      for lengths in [[11], [7, 0, 12, 4, 9, 12]] {
        for learnsEachStart in [false, true] {
          var setting = try Setting(item, lengths: lengths, learnsEachStart: learnsEachStart)
          try body("\(item.name), \(lengths), \(learnsEachStart)", &setting)
        }
      }
    }
  }

  /// Central differences D(h) and D(h/2), extrapolated: (4 D(h/2) - D(h)) / 3 is wrong by h^4 = 1e-16 times a fifth
  /// derivative, which in twelve steps may come to 1e5 times the first, and by rounding, 1e-16 / h = 1e-12 of the states.
  @Test func centralDifferences() throws {
    try Self.forEachSetting { name, setting in
      for _ in 0..<2 {
        let d = setting.direction()
        let found = try setting.tangents(d)
        let h = 1e-4
        let differences = try [h, h / 2].map { h in
          zip(try setting.values(h, d), try setting.values(-h, d)).map { ($0 - $1) / (2 * h) }
        }
        let expected = zip(differences[0], differences[1]).map { (4 * $1 - $0) / 3 }
        let size = try setting.values(0, d).reduce(0) { max($0, abs($1)) }
        let scale = expected.reduce(size) { max($0, abs($1)) }
        let error = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= 1e-10 * scale, "\(name): \(error / scale)")
      }
    }
  }

  /// <J d, v> = <d, J^T v>, v being slopes of all states.
  @Test func adjoint() throws {
    try Self.forEachSetting { name, setting in
      let d = setting.direction()
      let found = try setting.tangents(d)
      let v = try setting.problem.runner.makeDriven(for: "slopes")
      for (part, place) in setting.places { v.parts[part].origin[place] = setting.stream.normal() }
      let left = zip(setting.values(v), found).reduce(0) { $0 + $1.0 * $1.1 }
      let gradient = try setting.problem.pullBack(v, setting.states)
      let right = zip(d, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      let size = zip(d, gradient).reduce(abs(left)) { $0 + abs($1.0 * $1.1) }
      #expect(abs(left - right) <= 1e-13 * size, "\(name): \(left) and \(right)")
    }
  }

  /// What an adjoint before it left in its window counts for nothing, in one window and in several.
  @Test(arguments: [[11], [7, 0, 12, 4, 9, 12], [900, 870, 1000, 899, 1000]])
  func adjointAgain(lengths: [Int]) throws {
    for item in try OperationCase.all() {
      var setting = try Setting(item, lengths: lengths, learnsEachStart: true)
      let slopes = try (0..<2).map { _ in
        try setting.problem.runner.makeDriven(for: "slopes")
      }
      for (part, place) in setting.places {
        for own in slopes { own.parts[part].origin[place] = setting.stream.normal() }
      }
      let found = try [0, 1, 0].map { k in
        try setting.problem.pullBack(slopes[k], setting.states).map(\.bitPattern)
      }
      #expect(found[0] == found[2], "\(item.name)")
    }
  }

  /// Rows of the Jacobian by tangents of all weights at once, times a direction, are the tangents along it; the squares of
  /// these add up to d^T J^T J d, by either way.
  @Test func rows() throws {
    try Self.forEachSetting { name, setting in
      let (problem, d) = (setting.problem, setting.direction())
      let found = try setting.tangents(d)
      let program = problem.runner.shards.all[0].program
      let history = try History(problem.runner.shards)
      let columns = Columns(
        program, adjustable: problem.adjustable, sequences: history.lengths.count,
        starts: problem.startCount)
      let moved = problem.adjustable.map { d[$0] }
      let nodes = problem.network.outputs.flatMap { item in
        (0..<item.count).map { (group: item.group, node: $0) }
      }
      for way in NormalEquationsTests.Way.allCases {
        guard let tangents = try way.makeTangents(program, history, columns, nodes: nodes) else {
          continue
        }
        var byRows: [[Int]: Double] = [:]
        history.clear()
        try history.forEachTangent(
          tangents, columns, setting.states, slots: setting.slots, nodes: nodes.count
        ) { sequence, t, k, row in
          let (part, lane) = problem.home(sequence)
          let layout = problem.runner.layout(part)
          let place = layout.place(of: nodes[k].group, nodes[k].node) + lane
          byRows[[part, t * layout.rowSize + place]] = zip(row, moved).reduce(0) {
            $0 + $1.0 * $1.1
          }
        }
        expectClose(
          setting.places.map { byRows[[$0.part, $0.place]] ?? .nan }, found, within: 1e-13,
          "\(name), \(way): rows")
      }
      let squares = found.reduce(0) { $0 + $1 * $1 }
      for way in NormalEquationsTests.Way.allCases {
        let gram = try NormalEquationsTests.gram(problem, setting.slots, way)
        let n = moved.count + 1
        let sum = moved.indices.reduce(0.0) { sum, i in
          sum + moved[i] * moved.indices.reduce(0) { $0 + gram[i * n + $1] * moved[$1] }
        }
        #expect(abs(sum - squares) <= 1e-12 * squares, "\(name), \(way): \(sum), \(squares)")
      }
    }
  }
}
