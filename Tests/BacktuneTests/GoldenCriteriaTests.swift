import Backtune
import Foundation
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// criteria.json: every criterion by value and slope, the functions that the reweighted ones majorise, automatic scales,
/// cross-entropy, regularisations.
@Suite struct GoldenCriteriaTests {
  struct Table: Decodable {
    let criterion: String?
    let name: String?
    let columns: [String]
    let rows: [[Double?]]

    func forEachRow(_ body: ((String) -> Double) throws -> Void) rethrows {
      for row in rows {
        try body { name in columns.firstIndex(of: name).flatMap { row[$0] } ?? .nan }
      }
    }
  }

  struct Scale: Decodable {
    let name: String?
    let errors: Flat
    let desired: Flat?
    let s: Double
    let nu: [String: Double]
  }

  struct Run: Decodable {
    let desired: Flat
    let iterations: [Scale]
  }

  struct CrossEntropyCase: Decodable {
    let z: [Double]
    let o: [Double?]
    let kappa: [Double]
    let temperature: Double
    let rho: Double
    let drho_dz: [Double]
  }

  struct RegulariserCase: Decodable {
    let name: String
    let parameters: [String: Double]
    let value: Double
    let at: Flat
    let previous: Flat?
    let gradient: Flat
  }

  struct File: Decodable {
    let criteria: [Table]
    let majorised: [Table]
    let default_nu: [Scale]
    let default_nu_run: Run
    let margin_h: Double
    let cross_entropy: [CrossEntropyCase]
    let regularisers: [RegulariserCase]
  }

  private func load() throws -> File { try GoldenFile.decode(File.self, "criteria.json") }

  private func rule(_ name: String, nu: Double) throws -> any Criterion {
    let kind = try #require(try Criteria.named(name) as? any Criterion.Type)
    return kind.init(nu: nu)
  }

  /// rho and its derivative; of '1' and '0' those of the quadratic whose weight is frozen at e^.
  @Test func valuesAndSlopes() throws {
    let tables = try load().criteria
    #expect(tables.count == 6)
    for table in tables {
      let name = try #require(table.criterion)
      #expect(table.rows.count > 10)
      try table.forEachRow { value in
        let rule = try rule(name, nu: value("nu"))
        let (x, o, kappa) = (value("x"), value("o"), value("kappa"))
        let isReweighted = name == "1" || name == "0"
        let weight = rule.weight(o + value("e_hat"), o)
        let rho = kappa * (isReweighted ? weight * (x - o) * (x - o) / 2 : rule.value(x, o))
        let slope = kappa * (isReweighted ? weight * (x - o) : rule.slope(x, o))
        #expect(abs(rho - value("rho")) <= 1e-14 * abs(value("rho")), "\(name) at \(x), \(o)")
        let error = abs(slope - value("drho_dx"))
        #expect(error <= 1e-14 * max(abs(value("drho_dx")), kappa), "\(name) at \(x), \(o)")
      }
    }
  }

  /// The function that the engine takes for '1' and '0', with its slope and the weight that goes with it.
  @Test func majorisedFunctions() throws {
    let tables = try load().majorised
    for table in tables {
      try table.forEachRow { value in
        let (exact, slope) = (value("F"), value("dF"))
        if table.criterion == "sparse_weights" {
          let term = try sparseWeights(strength: value("strength"), eps: value("eps"))
          let weight = value("W")
          #expect(abs(term.value(weight) - exact) <= 1e-13 * exact)
          #expect(abs(term.slope(weight) - slope) <= 1e-14 * abs(slope))
          #expect(term.curvature(weight) * weight == term.slope(weight))
          return
        }
        let rule = try rule(try #require(table.criterion), nu: value("nu"))
        let (e, kappa) = (value("e"), value("kappa"))
        #expect(abs(kappa * rule.value(e, 0) - exact) <= 1e-13 * exact, "F(\(e))")
        #expect(abs(kappa * rule.slope(e, 0) - slope) <= 1e-14 * abs(slope), "F'(\(e))")
        #expect(abs(kappa * rule.weight(e, 0) * e - slope) <= 1e-14 * abs(slope), "w(\(e))")
      }
    }
    #expect(tables.count == 3)
  }

  private func sparseWeights(strength: Double, eps: Double) throws -> SparseWeights {
    let options = Array(#"{"strength": \#(strength), "eps": \#(eps)}"#.utf8)
    return try #require(
      try Regularisations.named("sparse-weights", options: options) as? SparseWeights)
  }

  /// A network whose output is its input one step ago, so that errors are what the inputs make them.
  private func problem(
    _ name: String, errors: [Double], desired goals: [Double], nu: Double? = nil
  ) throws -> (Problem, States) {
    var network = try Network(inputs: 1)
    let x = try network.addFirmware("x", size: 1)
    try network.addTerm(to: x, factors: [(.identity, Source(Network.input, lag: 0))])
    let inputs = zip(goals, errors).map { ($0 + $1).isNaN ? 0 : $0 + $1 }
    var options = ObservationOptions()
    options.nu = nu
    let problem = try Problem(
      network,
      try Build.sequences(network, lengths: [goals.count], inputs: inputs, desired: goals),
      objective: try Objective(criterion: name), options: options)
    let states = try problem.makeStates()
    _ = try problem.evaluate(network.slots.values, into: states)
    return (problem, states)
  }

  @Test func automaticScales() throws {
    for item in try load().default_nu {
      for (name, expected) in item.nu {
        let (problem, states) = try problem(
          name, errors: item.errors.values, desired: try #require(item.desired).values)
        problem.data.begin(with: states.driven)
        // The errors are made by sums, which round.
        #expect(
          abs((problem.data.nu ?? .nan) - expected) <= 1e-9 * expected + 1e-16,
          "\(name), \(item.name ?? ""): \(problem.data.nu ?? .nan), expected \(expected)")
      }
    }
  }

  @Test func automaticScalesNeverIncrease() throws {
    let run = try load().default_nu_run
    for name in ["1", "0", "a", "b"] {
      var problem: Problem?
      for item in run.iterations {
        let (other, states) = try self.problem(
          name, errors: item.errors.values, desired: run.desired.values)
        if let problem {
          _ = problem.data.adapt(to: states.driven) { _ in true }
        } else {
          other.data.begin(with: states.driven)
          problem = other
        }
        let (nu, expected) = (try #require(problem?.data.nu), try #require(item.nu[name]))
        #expect(abs(nu - expected) <= 1e-9 * expected, "\(name): \(nu), expected \(expected)")
      }
    }
  }

  @Test func givenScalesStay() throws {
    for name in ["1", "0", "a", "b", "h"] {
      let (problem, states) = try problem(name, errors: [1, -2, 3], desired: [0, 1, 0], nu: 0.7)
      problem.data.begin(with: states.driven)
      _ = problem.data.adapt(to: states.driven) { _ in true }
      #expect(problem.data.nu == 0.7)
    }
    #expect(try problem("h", errors: [1], desired: [0]).0.data.nu == load().margin_h)
    #expect(try problem("2", errors: [1], desired: [0]).0.data.nu == nil)
  }

  @Test func crossEntropy() throws {
    let cases = try load().cross_entropy
    #expect(cases.count > 20)
    for item in cases {
      let size = item.z.count
      var network = try Network(inputs: size)
      let z = try network.addFirmware("z", size: size)
      try network.addTerm(to: z, factors: [(.identity, Source(Network.input, lag: 0))])
      try network.addSoftmax("x", of: Source(z, lag: 0), temperature: item.temperature)
      let goals = item.o.map { $0 ?? .nan }
      // A second step that is observed, so that the case may have no observed value of its own.
      let second = [Double](repeating: 0, count: size)
      let problem = try Problem(
        network,
        try Build.sequences(
          network, lengths: [2], inputs: item.z + second, desired: goals + second,
          gains: item.kappa + second.map { _ in 1 }),
        objective: try Objective(criterion: "cross-entropy"))
      let states = try problem.makeStates()
      let score = try problem.evaluate(network.slots.values, into: states)
      // o = 0 in the second step: no cost there.
      #expect(abs(score.total - item.rho) <= 1e-14 * (1 + item.rho), "\(item.z)")
      _ = try problem.tune(states, isGuarded: false)
      let eps = problem.values(try problem.eps(), z, 0)
      for (n, expected) in item.drho_dz.enumerated() {
        let slope = eps[n]
        #expect(abs(slope - expected) <= 1e-14 * (1 + item.rho), "\(item.z): \(slope)")
      }
    }
  }

  @Test func regularisations() throws {
    let cases = try load().regularisers
    #expect(cases.count == 4)
    for item in cases {
      // The file's strength is called nu or kappa.
      let strength = try #require(item.parameters["nu"] ?? item.parameters["kappa"])
      let (at, previous) = (item.at.values, item.previous?.values ?? [])
      var (value, gradient) = (0.0, [Double]())
      switch item.name {
      case "sparse_weights":
        let term = try sparseWeights(
          strength: strength, eps: try #require(item.parameters["eps"]))
        for (w, old) in zip(at, previous) {
          value += term.curvature(old) * w * w / 2
          gradient.append(term.curvature(old) * w)
        }
      case "sparse_activity":
        let eps = try #require(item.parameters["eps"])
        let setting = try Activity("sparse-activity", ["strength": strength, "eps": eps], item)
        // The weight of the quadratic is the slope at x^ by x^, in the limit 2 s / eps at 0.
        for ((x, old), slope) in zip(zip(at, previous), try setting.slopes(at: previous)) {
          let weight = old == 0 ? 2 * strength / eps : slope / old
          value += weight * x * x / 2
          gradient.append(weight * x)
        }
      case "orthogonal_activity":
        let setting = try Activity("orthogonal-activity", ["strength": strength], item)
        (value, gradient) = try setting.products(at: at, previous: previous, strength: strength)
      default:
        let options = [
          "strength": strength, "bound": try #require(item.parameters["b"]),
          "steepness": try #require(item.parameters["k"]),
        ]
        let setting = try Activity("activity-bound", options, item)
        value = try setting.value(at: at)
        gradient = try setting.slopes(at: at)
      }
      #expect(abs(value - item.value) <= 1e-13 * abs(item.value), "\(item.name) \(value)")
      expectClose(gradient, item.gradient.values, within: 1e-13, item.name)
    }
  }

  /// A regularisation of activities at given values x [t][node].
  private struct Activity {
    let term: any ActivityTerm
    let runner: ShardRunner
    let nodes: Int

    init(_ name: String, _ options: [String: Double], _ item: RegulariserCase) throws {
      nodes = try JSONSerialization.columns(of: "criteria.json", "regularisers", item.name)
      var network = try Network(inputs: 0)
      try network.addLearnware("v", size: nodes)
      try network.connect(Source(0, lag: 1), to: 0, form: .dense, role: "W")
      let fields = options.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
      let rule = try Regularisations.named(name, options: Array("{\(fields)}".utf8))
      guard case .activity(let term) = try rule.makeTerm(network) else {
        throw BacktuneError.argument("no activity term")
      }
      self.term = term
      let shards = try Shards(network, lengths: [item.at.values.count / nodes])
      runner = try ShardRunner(shards, driven: term.driven)
      try term.begin(runner)
    }

    func driven(_ values: [Double]) throws -> Driven {
      let result = try runner.makeDriven(for: "test")
      let part = result.parts[0]
      values.withUnsafeBufferPointer {
        part.set(0, nodes: nodes, steps: part.steps, lane: 0, from: $0, first: 0, stride: nodes)
      }
      return result
    }

    func read(_ driven: Driven) -> [Double] {
      let part = driven.parts[0]
      return (0..<part.steps).flatMap { t in
        (0..<nodes).map { part.value(0, $0, t: t, lane: 0) }
      }
    }

    func value(at x: [Double]) throws -> Double { term.value(try driven(x)) }

    func slopes(at x: [Double]) throws -> [Double] {
      let result = try runner.makeDriven(for: "test")
      term.addSlopes(try driven(x), into: result)
      return read(result)
    }

    /// Value and gradient of the quadratic with frozen x^.
    func products(
      at x: [Double], previous: [Double], strength: Double
    ) throws -> (Double, [Double]) {
      let term = try #require(self.term as? ActivityProducts)
      let (states, old) = (try driven(x), try driven(previous))
      term.form(states, old)
      let result = try runner.makeDriven(for: "test")
      term.addSlopes(of: old, into: result)
      return (strength * term.squares, read(result))
    }
  }

  @Test func unknownNamesTheKnown() {
    #expect(throws: BacktuneError.self) { try Criteria.named("least") }
    for (name, known) in [("least", "least-squares"), ("l3", "cross-entropy")] {
      do {
        _ = try Criteria.named(name)
      } catch {
        #expect("\(error)".contains(known))
      }
    }
    do {
      _ = try Regularisations.named("lasso", options: [])
    } catch {
      #expect("\(error)".contains("orthogonal-activity"))
    }
  }
}

extension JSONSerialization {
  /// Number of columns of the matrix `at` of a named item.
  fileprivate static func columns(of file: String, _ list: String, _ name: String) throws -> Int {
    let object = try jsonObject(with: try Data(contentsOf: GoldenFile.url(file))) as? [String: Any]
    let items = try #require(object?[list] as? [[String: Any]])
    let item = try #require(items.first { $0["name"] as? String == name })
    return try #require(item["at"] as? [[Any]])[0].count
  }
}
