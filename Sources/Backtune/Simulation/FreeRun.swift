import BacktuneNetwork
import BacktuneNumerics

/// Sequences to be laid out in lanes, their arguments checked.
final class FreeRun {
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

  /// What a thread has simulated a shard in: the next one may do in it.
  private final class Scratch {
    var trajectory: Trajectory?

    /// One whose past is zero. To zero all of it for every shard took 6 % of a simulation (8 nodes, 256 sequences).
    func trajectory(_ layout: Layout, steps: Int) throws -> Trajectory {
      if let trajectory, trajectory.layout.lanes == layout.lanes, trajectory.steps >= steps {
        trajectory.zeroPast()
        return trajectory
      }
      trajectory = nil
      let fresh = try Trajectory(layout, steps: steps, for: "states")
      trajectory = fresh
      return fresh
    }
  }

  /// A trajectory that starts from the initial states.
  private func start(_ shard: Shard, steps: Int, in scratch: Scratch) throws -> Trajectory {
    let trajectory = try scratch.trajectory(shard.layout, steps: steps)
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
    let scratch = (0..<shards.reduction.workers).map { _ in Scratch() }
    try shards.reduction.forEach(poll: poll, scratch: scratch) { [self] number, scratch, poll in
      let (shard, batch) = (shards.all[number], shards.all[number].batch)
      let size = min(
        batch.steps, max(shard.layout.past, Self.partSize / max(shard.layout.rowSize, 1), 1))
      let trajectory = try start(shard, steps: size, in: scratch)
      var first = 0
      repeat {
        let part =
          size >= batch.steps
          ? batch : batch.slice(first..<min(first + max(size, 1), batch.steps))
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

extension UnsafeBufferPointer<Double> {
  /// The place of the first value that is not finite, nil where there is none.
  /// - Throws: what `poll` throws.
  func firstNotFinite(_ poll: Poll) throws -> Int? {
    var place: Int?
    try poll.forEachPart(of: count) { part in
      // The largest first, in vectors: to look at one after the other takes five times as long.
      var largest: Int64 = 0
      for k in part {
        largest = Swift.max(largest, Int64(bitPattern: self[k].magnitude.bitPattern))
      }
      if place == nil, largest >= Int64(bitPattern: Double.infinity.bitPattern) {
        place = self[part].firstIndex { !$0.isFinite }
      }
    }
    return place
  }
}
