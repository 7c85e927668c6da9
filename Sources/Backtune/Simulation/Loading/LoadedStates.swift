import BacktuneNumerics

/// A simulation of shards that are not all in memory: repeated for each of them when its states are wanted.
final class LoadedSimulation {
  fileprivate let version: Int
  fileprivate let weights: ShardWeights
  /// Writes what is before t = 0.
  fileprivate let start: (_ part: Int, Trajectory) -> Void

  init(version: Int, weights: ShardWeights, start: @escaping (Int, Trajectory) -> Void) {
    (self.version, self.weights, self.start) = (version, weights, start)
  }
}

/// The states of the shards that are in memory, where not all are.
final class LoadedStates {
  let loader: ShardLoader
  /// Writes the inputs of a shard, and the rest before t = 0.
  var prepare: (_ part: Int, [SequenceValues], Trajectory) -> Void = { _, _, _ in }
  private let shards: [Shard]
  private let drives: [Drive]
  private let parts: LoadedParts
  private let prepared: [Prepared]

  /// Whose inputs a place has, and how long its sequences are.
  private final class Prepared {
    var part: Int?
    var lengths: [Int] = []
  }

  init(_ loader: ShardLoader, _ shards: [Shard], _ drives: [Drive]) throws {
    (self.loader, self.shards, self.drives) = (loader, shards, drives)
    parts = try LoadedParts(loader, count: shards.count, for: "states") {
      (shards[$0].layout, shards[$0].batch.steps)
    }
    prepared = (0..<loader.room).map { _ in Prepared() }
  }

  var count: Int { shards.count }

  /// All nodes of a shard.
  func states(_ part: Int, of simulation: LoadedSimulation?) -> Trajectory {
    parts.trajectory(part, version: simulation?.version ?? 0) { part, all, poll in
      if let simulation { try run(simulation, part, all, driven: nil, poll) }
    }
  }

  /// Writes the driven values of a shard.
  func gather(
    _ simulation: LoadedSimulation, _ part: Int, into driven: Trajectory, poll: Poll
  ) throws {
    driven.zero()
    var (isGathered, failure) = (false, (any Error)?.none)
    let all = parts.trajectory(part, version: simulation.version) { part, all, poll in
      do {
        try run(simulation, part, all, driven: driven, poll)
        isGathered = true
      } catch {
        failure = error
        throw error
      }
    }
    if let failure { throw failure }
    if isGathered { return }
    let drive = drives[part]
    for t in 0..<shards[part].batch.steps {
      drive.gather(all.row(t), into: driven.origin + t * drive.slopeSize)
    }
  }

  private func run(
    _ simulation: LoadedSimulation, _ part: Int, _ all: Trajectory, driven: Trajectory?,
    _ poll: Poll
  ) throws {
    let shard = shards[part]
    try prepare(part, shard.batch, all)
    simulation.start(part, all)
    try shard.program.simulate(
      simulation.weights.all[part], all, shard.batch,
      driven: driven.map { (drives[part], $0) }, poll: poll)
  }

  /// Writes the inputs of a shard, unless they are there.
  private func prepare(_ part: Int, _ batch: Batch, _ trajectory: Trajectory) throws {
    let own = prepared[part % prepared.count]
    let values = try loader.values(part)
    if own.part == part { return }
    own.part = nil
    // Values of others are all written over where every lane runs to the end, as theirs did.
    if own.lengths != batch.lengths || batch.lengths.contains(where: { $0 != batch.steps }) {
      trajectory.zero()
    }
    own.lengths = batch.lengths
    prepare(part, values, trajectory)
    own.part = part
  }
}

/// Simulations of shards that are not all in memory.
extension ShardRunner {
  /// Whether that is so.
  package var isLoading: Bool { loaded != nil }

  /// Says what writes the inputs of a shard, and the rest before t = 0.
  package func prepare(by body: @escaping (Int, [SequenceValues], Trajectory) -> Void) {
    loaded?.prepare = body
  }

  /// Says what states are: those with these weights, one value a slot.
  /// - Parameter start: writes what is before t = 0 in a shard.
  package func define(
    _ states: States, _ slots: [Double], start: @escaping (_ part: Int, Trajectory) -> Void
  ) throws {
    guard let loaded else { return }
    let weights = try ShardWeights(shards)
    weights.load(slots)
    states.define(
      LoadedSimulation(
        version: loaded.loader.makeVersion(), weights: weights, start: start))
  }

  /// Lets what is not given a chance to stop have this one meanwhile.
  package func polling<Result>(_ poll: Poll, _ body: () throws -> Result) rethrows -> Result {
    guard let loader = loaded?.loader else { return try body() }
    let before = loader.poll
    loader.poll = poll
    defer { loader.poll = before }
    return try body()
  }

  /// How many shards are in memory at once: shard k has place k modulo that.
  package var roomForShards: Int { loaded?.loader.room ?? shards.count }

  /// The sequences of a shard that is in memory, in its order.
  package func values(_ part: Int) throws -> [SequenceValues] {
    try loaded?.loader.values(part) ?? []
  }

  /// Whether an error is kept.
  package var hasFailed: Bool { loaded?.loader.hasFailed ?? false }

  /// Keeps an error until it can be thrown.
  package func fail(_ error: any Error) { loaded?.loader.fail(error) }

  /// - Throws: what went wrong where nothing could be thrown.
  package func check() throws {
    try loaded?.loader.check()
    try shards.processes.check()
  }
}
