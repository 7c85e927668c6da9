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
  ///   - measurements: what was measured of groups; nil for nothing.
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget; what `poll` throws. Values that diverge are no error.
  package func simulate(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, wantsOutputs: Bool = true,
    wantsStates: Bool = false, measurements: Measurements? = nil, poll: Poll = .none
  ) throws -> SimulationResult {
    let run = try FreeRun(
      self, lengths: lengths, inputs: inputs, initial: initial, measurements, poll: poll)
    let outputs =
      wantsOutputs
      ? try Recording(outputs.map { ($0.group, $0.count) }, run.shards, poll: poll) : nil
    let states =
      wantsStates
      ? try Recording(groups.indices.map { ($0, groups[$0].size) }, run.shards, poll: poll) : nil
    let (final, stateSize) = (try run.makePast(), stateSize)
    try run.simulate(poll: poll) { shard, trajectory, first, part, _ in
      outputs?.record(shard, trajectory, first, part)
      states?.record(shard, trajectory, first, part)
      shard.forEachEnd(of: part, first) { sequence, lane, end in
        trajectory.past(before: end, lane: lane, into: final.pointer + sequence * stateSize)
      }
    }
    return SimulationResult(
      outputs: try outputs?.values.array(for: "outputs", poll: poll) ?? [],
      states: try states?.values.array(for: "states", poll: poll) ?? [],
      final: try final.array(for: "final states"))
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

/// Sequences to be laid out in lanes, their arguments checked.
struct FreeRun {
  let shards: Shards
  private let weights: ShardWeights
  private let network: Network
  private let inputs: UnsafeBufferPointer<Double>
  private let initial: UnsafeBufferPointer<Double>?
  private let measurements: Measurements?

  init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?, _ measurements: Measurements? = nil, poll: Poll
  ) throws {
    try Self.check(network, lengths: lengths, inputs: inputs, initial: initial, poll: poll)
    shards = try Shards(network, lengths: lengths, keepsPrograms: true)
    weights = try ShardWeights(shards)
    weights.load(network.slots.values)
    (self.network, self.inputs, self.initial) = (network, inputs, initial)
    self.measurements = measurements
  }

  /// What `Network.simulate` throws of its arguments.
  static func check(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?, poll: Poll
  ) throws {
    let (m, steps) = (network.inputs, try Batch.totalSteps(of: lengths))
    try MemoryBudget.bytes(doubles: [steps, m], for: "inputs")
    guard inputs.count == steps * m else {
      throw BacktuneError.size(
        "inputs: \(inputs.count) values, expected \(steps) steps x \(m) inputs")
    }
    if let place = try inputs.firstNotFinite(poll) {
      throw BacktuneError.argument(
        "inputs: \(try Batch(lengths: lengths).place(ofValue: place, channels: m)) is \(inputs[place]), expected a finite number"
      )
    }
    if let initial { try check(initial, network, lengths.count) }
  }

  static func check(
    _ initial: UnsafeBufferPointer<Double>, _ network: Network, _ sequences: Int
  ) throws {
    let stateSize = network.stateSize
    let (expected, overflow) = sequences.multipliedReportingOverflow(by: stateSize)
    guard !overflow, initial.count == expected else {
      throw BacktuneError.size(
        "initial: \(initial.count) values, expected \(sequences) sequences x \(stateSize) (the state size)"
      )
    }
    if let place = try initial.firstNotFinite(.none) {
      throw BacktuneError.argument(
        "initial: value \(place) is \(initial[place]), expected a finite number")
    }
  }

  /// A trajectory that starts from the initial states.
  private func makeTrajectory(_ shard: Shard, steps: Int) throws -> Trajectory {
    let trajectory = try Trajectory(shard.layout, steps: steps, for: "states")
    if let base = initial?.baseAddress {
      shard.forEachSequence { sequence, lane in
        trajectory.setPast(base + sequence * shard.layout.stateSize, lane: lane)
      }
    } else {
      trajectory.setRest(of: network)
      trajectory.forgetMeasured()
      shard.program.start(trajectory, network.slots.values)
    }
    trajectory.forgetMeasured(0..<steps)
    return trajectory
  }

  /// Writes the inputs of the times of `part`, which begins at time `first`, and what was measured.
  private func setInputs(_ shard: Shard, _ trajectory: Trajectory, _ part: Batch, first: Int) {
    let count = network.inputs
    for (place, sequence) in shard.sequences.enumerated() where part.lengths[place] > 0 {
      measurements?.write(
        trajectory, sequence: sequence, start: shards.starts[sequence], first: first,
        steps: part.lengths[place], lane: shard.batch.lane[place])
      guard let base = inputs.baseAddress else { continue }
      trajectory.setInputs(
        base + (shards.starts[sequence] + first) * count, count: count,
        steps: part.lengths[place], lane: shard.batch.lane[place])
    }
  }

  /// Simulates part by part, in a trajectory that stays in the cache; calls `body(shard, trajectory, first time, part, poll)`
  /// after each, at least once. Fresh memory for all times would cost more than a quarter of it
  /// (page faults at 128 nodes and 32 sequences).
  func simulate(
    poll: Poll = .none, _ body: @escaping (Shard, Trajectory, Int, Batch, Poll) throws -> Void
  ) throws {
    try shards.reduction.forEach(poll: poll) { [self] number, poll in
      let (shard, batch) = (shards.all[number], shards.all[number].batch)
      let size = min(
        batch.steps, max(shard.layout.past, Self.partSize / max(shard.layout.rowSize, 1), 1))
      let trajectory = try makeTrajectory(shard, steps: size)
      var first = 0
      repeat {
        let part = batch.slice(first..<min(first + max(size, 1), batch.steps))
        setInputs(shard, trajectory, part, first: first)
        try shard.program.simulate(weights.all[number], trajectory, part, poll: poll)
        try body(shard, trajectory, first, part, poll)
        first += part.steps
        if first < batch.steps { trajectory.rewind(from: part.steps) }
      } while first < batch.steps
    }
  }

  /// Values of a part: 256 KiB.
  private static let partSize = 1 << 15

  /// A flat state for every sequence, zero.
  func makePast() throws -> SharedValues {
    try SharedValues(
      dimensions: [shards.lengths.count, network.stateSize], for: "states of the sequences")
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

extension UnsafeBufferPointer<Double> {
  /// The place of the first value that is not finite, nil where there is none.
  /// - Throws: what `poll` throws.
  fileprivate func firstNotFinite(_ poll: Poll) throws -> Int? {
    var place: Int?
    try poll.forEachPart(of: count) { part in
      if place == nil { place = self[part].firstIndex { !$0.isFinite } }
    }
    return place
  }
}
