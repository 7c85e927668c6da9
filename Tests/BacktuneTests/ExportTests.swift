import Backtune
import Testing

@testable import BacktuneExport
@testable import BacktuneNetwork
@testable import BacktuneSimulation

@Suite struct ExportTests {
  /// Every kind of group, as equations: the outputs of the engine.
  @Test func equationsOfEveryKind() throws {
    for item in try OperationCase.all() { try check(item.network, item.name) }
  }

  @Test(arguments: 0..<40) func equationsOfRandomNetworks(seed: Int) throws {
    try check(try RandomCase(seed: UInt64(seed)).network, "seed \(seed)")
  }

  /// Free runs, and streams to which outputs and groups are given.
  private func check(_ network: Network, _ name: String) throws {
    let (steps, m, o) = (40, network.inputs, network.outputCount)
    let inputs = Build.normal(steps * m, seed: 3)
    let gaps = Build.normal(steps * o, seed: 5).map { $0 > 1 ? Double.nan : $0 }
    let stream = try Stream(network)
    var free = EquationRun(try network.equations())
    for t in 0..<steps {
      let u = Array(inputs[t * m..<(t + 1) * m])
      expectClose(free.step(u), try stream.step(u), name)
    }
    guard network.isMeasured else { return }
    stream.reset()
    var run = EquationRun(try network.equations())
    for t in 0..<steps {
      let u = Array(inputs[t * m..<(t + 1) * m])
      var given: [String: [Double]] = [:]
      for (group, _) in network.measuredSources {
        let values = Build.normal(network.size(of: group), seed: UInt64(100 + t)).map {
          $0 > 0 ? Double.nan : $0
        }
        given[network.name(of: group)] = values
        values.withUnsafeBufferPointer { stream.setMeasured(group, $0.baseAddress!) }
      }
      let y = Array(gaps[t * o..<(t + 1) * o])
      let expected = try stream.step(u, measured: y)
      expectClose(run.step(u, measured: y, given: given), expected, name)
    }
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ name: String) {
    #expect(found.count == expected.count, "\(name)")
    for (a, b) in zip(found, expected) where !(b.isNaN && a.isNaN) {
      #expect(abs(a - b) <= 1e-12 * max(1, abs(b)), "\(name)")
    }
  }

  /// Sources at lag 0 stand before their reader, past values are as many as are read, and words say what is computed.
  @Test func listIsInOrder() throws {
    var network = try Network(inputs: 1)
    try network.add(LNL(2, activation: .tanh))
    let group = try network.group(named: "lnl.x")
    let out = try network.addLearnware("out", size: 1)
    try network.connect(Source(group, lag: 3), to: out, role: "W")
    try network.addLearnware("lost", size: 4)
    try network.observe([Observed(group: out, count: 1)])
    try network.setWeights("out.W", [0.5, -0.25])
    let equations = try network.equations()
    #expect(equations.signals.map(\.name) == ["u", "lnl.x2", "lnl.x", "out"])
    #expect(equations.signals.map(\.depth) == [1, 0, 3, 0])
    #expect(equations.signals[2].past == [[0, 0], [0, 0], [0, 0]])
    #expect(equations.text(of: 1) == "lnl.x2(t) = a + W lnl.x(t-1) + B u(t-1)")
    #expect(equations.text(of: 2) == "lnl.x(t) = tanh(lnl.x2(t))")
    #expect(equations.tables.last?.values == [0.5, -0.25])
    for (place, signal) in equations.signals.enumerated() {
      #expect(signal.equation.sources.allSatisfy { $0.lag > 0 || $0.signal < place })
    }
  }

  /// Swift's own calls: bytes of a text, and files.
  @Test func textOfANetwork() throws {
    let network = try Build.network("gru", size: 2, seed: 1)
    let text = String(
      decoding: try network.export(format: "c", options: #"{"prefix": "g"}"#), as: UTF8.self)
    #expect(text.contains("void g_step(g_state *state, const double u[], double y[])"))
    #expect(throws: BacktuneError.self) { try network.export(format: "nosuch") }
    #expect(throws: BacktuneError.self) { try network.export(to: "/no/such/folder/g.c") }
  }
}
