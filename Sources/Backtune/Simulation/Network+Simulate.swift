import BacktuneNetwork
import BacktuneNumerics

/// Sequences through a network, one after the other in every array.
public struct SimulationResult: Sendable {
  /// sum T x O, the observed outputs; empty unless asked for.
  public let outputs: [Double]
  /// sum T x (sum of the sizes of all groups), groups in order; empty unless asked for.
  public let states: [Double]
  /// sequences x flat state after the last step.
  public let final: [Double]
}

/// The same where threads wrote it; nil for what was not asked for.
package struct SimulatedValues {
  package let outputs: SharedValues?
  package let states: SharedValues?
  package let final: SharedValues?
}

extension Network {
  /// Runs the network over sequences side by side, equation (1) of RR-9100.
  ///
  /// - Parameters:
  ///   - lengths: T of each sequence, 0 or more.
  ///   - inputs: sum T x M, finite.
  ///   - initial: sequences x flat state before t = 0 (see `stateSize`); nil for zero, or what is learnt, the inputs at
  ///     rest.
  ///   - wantsOutputs: whether the observed outputs are wanted.
  ///   - wantsStates: whether the values of all groups are wanted, and not the outputs only.
  ///   - wantsFinal: whether the states after the last step are.
  ///   - measurements: what was measured of groups; nil for nothing.
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget; what `poll` throws. Values that diverge are no error.
  package func simulate(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, wantsOutputs: Bool, wantsStates: Bool,
    wantsFinal: Bool, measurements: Measurements? = nil, poll: Poll
  ) throws -> SimulatedValues {
    let run = try FreeRun(
      self, lengths: lengths, inputs: inputs, initial: initial, measurements, poll: poll)
    func recording(_ parts: [(GroupID, Int)]) throws -> Recording {
      try Recording(parts, run.shards, isZeroed: false, poll: poll)
    }
    let outputs = wantsOutputs ? try recording(outputs.map { ($0.group, $0.count) }) : nil
    let states = wantsStates ? try recording(groups.indices.map { ($0, groups[$0].size) }) : nil
    let final = wantsFinal ? try run.makePast() : nil
    let stateSize = final == nil ? 0 : stateSize
    try run.simulate(poll: poll) { shard, trajectory, first, part, _ in
      outputs?.record(shard, trajectory, first, part)
      states?.record(shard, trajectory, first, part)
      guard let final else { return }
      shard.forEachEnd(of: part, first) { sequence, lane, end in
        trajectory.past(before: end, lane: lane, into: final.pointer + sequence * stateSize)
      }
    }
    return SimulatedValues(outputs: outputs?.values, states: states?.values, final: final)
  }

  /// Derivative of the sum over sequences, t, k of slopes(t,k) outputs(t,k), by the adjoint without guard.
  ///
  /// - Parameter slopes: sum T x O.
  /// - Returns: by every adjustable weight, and by the initial states (sequences x flat state).
  /// - Throws: as `simulate`.
  package func gradient(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, slopes: UnsafeBufferPointer<Double>,
    poll: Poll = .none
  ) throws -> (weights: [Double], initial: [Double]) {
    let simulated = try SimulatedStates(
      self, lengths: lengths, inputs: inputs, initial: initial, poll: poll)
    let (runner, states) = (simulated.runner, simulated.states)
    let drive = try runner.makeDriven(for: "slopes", poll: poll)
    try runner.set(drive, slopes, poll: poll)
    let pulled = try runner.tune(
      states, slopes: drive, guard: nil, startsLearnt: initial == nil, poll: poll)
    return (self.slots.adjustable.map { pulled.gradient[$0] }, pulled.starts)
  }
}

extension ShardRunner {
  /// Writes sum T x O values in the places of the outputs.
  fileprivate func set(
    _ target: Driven, _ slopes: UnsafeBufferPointer<Double>, poll: Poll
  ) throws {
    let (outputs, observed) = (shards.network.outputCount, shards.network.outputs)
    try MemoryBudget.bytes(doubles: [shards.totalSteps, outputs], for: "slopes")
    guard slopes.count == shards.totalSteps * outputs else {
      throw BacktuneError.size(
        "slopes: \(slopes.count) values, expected \(shards.totalSteps) steps x \(outputs) outputs")
    }
    if let place = try slopes.firstNotFinite(poll) {
      let batch = try Batch(lengths: shards.lengths)
      throw BacktuneError.argument(
        "slopes: \(batch.place(ofValue: place, channels: outputs)) is \(slopes[place]), expected a finite number"
      )
    }
    for (shard, part) in zip(shards.all, target.parts) {
      try shard.forEachSequence { sequence, lane in
        var column = shards.starts[sequence] * outputs
        for item in observed {
          try poll()
          part.set(
            item.group, nodes: item.count, steps: shards.lengths[sequence], lane: lane,
            from: slopes, first: column, stride: outputs)
          column += item.count
        }
      }
    }
  }
}
