import BacktuneNetwork
import BacktuneNumerics

/// The states of sequences at all times, where derivatives are taken.
package struct SimulatedStates {
  package let plan: Plan
  package let batch: Batch
  package let states: Trajectory

  /// - Parameters: as of `Network.simulate`.
  /// - Throws: as `Network.simulate`, and what `poll` throws.
  package init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?, poll: () throws -> Void
  ) throws {
    let run = try FreeRun(network, lengths: lengths, inputs: inputs, initial: initial)
    states = try run.makeTrajectory(steps: run.batch.steps)
    run.setInputs(of: states, run.batch, first: 0)
    try run.plan.simulate(states, run.batch, poll: poll)
    (plan, batch) = (run.plan, run.batch)
  }
}

extension Trajectory {
  /// The observed outputs, sum T x O, one sequence after the other.
  package func outputs(_ network: Network, _ batch: Batch) throws -> [Double] {
    let stride = network.outputCount
    try MemoryBudget.bytes(doubles: [batch.totalSteps, stride], for: "outputs")
    var values = [Double](repeating: 0, count: batch.totalSteps * stride)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, first) in batch.starts.enumerated() {
        var place = base + first * stride
        for item in network.outputs {
          copy(
            item.group, nodes: item.count, steps: batch.lengths[sequence],
            lane: batch.lane[sequence], to: place, stride: stride)
          place += item.count
        }
      }
    }
    return values
  }
}
