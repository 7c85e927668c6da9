import BacktuneNetwork
import BacktuneNumerics

/// The first nodes of several groups side by side, sequence after sequence, time first.
struct Recording {
  private let parts: [(group: GroupID, nodes: Int)]
  private let stride: Int
  private let shards: Shards
  let values: SharedValues

  /// - Parameter isZeroed: false where every sequence is recorded from its beginning to its end.
  init(
    _ parts: [(GroupID, Int)], _ shards: Shards, isZeroed: Bool = true, poll: Poll
  ) throws {
    self.parts = parts
    stride = parts.reduce(0) { $0 + $1.1 }
    self.shards = shards
    values = try SharedValues(
      dimensions: [shards.totalSteps, stride], for: "states", isZeroed: isZeroed, poll: poll)
  }

  func record(_ shard: Shard, _ trajectory: Trajectory, _ first: Int, _ batch: Batch) {
    for (place, sequence) in shard.sequences.enumerated() where batch.lengths[place] > 0 {
      var target = values.pointer + (shards.starts[sequence] + first) * stride
      for (group, nodes) in parts {
        trajectory.copy(
          group, nodes: nodes, steps: batch.lengths[place], lane: shard.batch.lane[place],
          to: target, stride: stride)
        target += nodes
      }
    }
  }

  /// Of one time and lane, as step number `step` of all.
  func record(_ trajectory: Trajectory, _ t: Int, _ lane: Int, at step: Int) {
    var target = values.pointer + step * stride
    for (group, nodes) in parts {
      for node in 0..<nodes { target[node] = trajectory.value(group, node, t: t, lane: lane) }
      target += nodes
    }
  }
}

extension Shard {
  /// Calls `body(sequence, lane, its end in the part)` for every sequence that ends in a part which begins at time
  /// `first`, or is empty.
  func forEachEnd(of part: Batch, _ first: Int, _ body: (Int, Int, Int) -> Void) {
    for (place, sequence) in sequences.enumerated() {
      let end = batch.lengths[place] - first
      if end <= part.steps && (end > 0 || first == 0) { body(sequence, batch.lane[place], end) }
    }
  }
}
