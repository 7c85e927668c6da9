import Backtune
import Testing

@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Which values of the past carry a network.
@Suite struct StateCutTests {
  private func cut(_ kind: String, _ options: String = "{}", size: Int = 3) throws -> (
    StateCut, Network
  ) {
    let network = try Build.network(kind, size: size, inputs: 1, options: options, seed: 1)
    let asked = network.outputs.flatMap { item in
      (0..<item.count).map { StateCut.Node(group: item.group, node: $0) }
    }
    return (StateCut(try Program(network, lanes: 8), asked: asked), network)
  }

  private func names(_ cut: StateCut, _ network: Network) -> [String: Set<Int>] {
    cut.past.reduce(into: [:]) {
      $0[network.groups[cut.rows[$1.row].group].name, default: []].insert($1.lag)
    }
  }

  /// The nodes of the layer follow from the states of their time.
  @Test(arguments: ["none", "measured"]) func layerIsLeftOut(feedback: String) throws {
    let (cut, network) = try cut(
      "state_space", #"{"hidden": 5, "outputs": 2, "feedback": "\#(feedback)"}"#)
    let states = try #require(network.groups.first { $0.name.hasSuffix(".x") })
    #expect(names(cut, network) == [states.name: [1]])
    #expect(cut.past.count == 3 && cut.rows.count == 5)
    #expect(cut.presentLags == [1])
  }

  /// Nothing is left out where what is read follows from the past alone.
  @Test func everyNode() throws {
    let (cut, network) = try cut("lnl", size: 4)
    #expect(cut.past.count == 4 && cut.rows.count == 4)
    #expect(cut.presentLags.isEmpty)
    #expect(names(cut, network).values.allSatisfy { $0 == [1] })
  }

  /// Past input is known.
  @Test func withoutPast() throws {
    var network = try Network(inputs: 2)
    let x = try network.addLearnware("x", size: 3)
    try network.connect(Source(Network.input, lag: 2), to: x, role: "W")
    let asked = [StateCut.Node(group: x, node: 1)]
    let cut = StateCut(try Program(network, lanes: 8), asked: asked)
    #expect(cut.rows == asked && cut.past.isEmpty && cut.lags.isEmpty)
  }
}
