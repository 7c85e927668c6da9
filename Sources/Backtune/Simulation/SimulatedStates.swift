import BacktuneNetwork
import BacktuneNumerics

/// The states of sequences at all times, where derivatives are taken.
package struct SimulatedStates {
  package let runner: ShardRunner
  package let states: States

  /// - Parameters: as of `Network.simulate`.
  /// - Throws: as `Network.simulate`, and what `poll` throws.
  package init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?, poll: Poll
  ) throws {
    try FreeRun.check(network, lengths: lengths, inputs: inputs, initial: initial, poll: poll)
    runner = try ShardRunner(
      Shards(network, lengths: lengths, keepsPrograms: true), driven: network.outputs)
    states = try runner.makeStates(poll: poll)
    try runner.setInputs(of: states, inputs, restOf: network, poll: poll)
    if let base = initial?.baseAddress {
      runner.setStarts(of: states, base, count: lengths.count)
    } else {
      runner.start(states, network.slots.values)
    }
    runner.load(network.slots.values)
    try runner.simulate(states, poll: poll)
  }
}
