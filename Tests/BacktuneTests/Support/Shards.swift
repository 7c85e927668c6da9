@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// What a problem holds of a sequence, wherever its shards put it.
extension Problem {
  /// The shard of a sequence, and its lane there.
  func home(_ sequence: Int) -> (part: Int, lane: Int) {
    for (part, shard) in runner.shards.all.enumerated() {
      if let place = shard.sequences.firstIndex(of: sequence) {
        return (part, shard.batch.lane[place])
      }
    }
    preconditionFailure("sequence \(sequence) is in no shard")
  }

  /// Values of a group, T x size.
  func values(_ parts: some Trajectories, _ group: GroupID, _ sequence: Int) -> [Double] {
    let (part, lane) = home(sequence)
    return (0..<sequences.lengths[sequence]).flatMap { t in
      (0..<network.size(of: group)).map { parts[part].value(group, $0, t: t, lane: lane) }
    }
  }

  /// The flat state before t = 0.
  func past(_ parts: some Trajectories, _ sequence: Int) -> [Double] {
    let (part, lane) = home(sequence)
    var flat = [Double](repeating: 0, count: network.stateSize)
    parts[part].past(before: 0, lane: lane, into: &flat)
    return flat
  }

  func setPast(_ parts: some Trajectories, _ sequence: Int, _ flat: [Double]) {
    let (part, lane) = home(sequence)
    parts[part].setPast(flat, lane: lane)
  }

  /// The adjoint values of the last adjoint.
  func eps() throws -> [Trajectory] { try runner.shards.all.map { try $0.eps() } }

  /// Calls `body(part, place)` for every driven value of sequences that run.
  func forEachDriven(_ body: (Int, Int) -> Void) {
    for part in runner.shards.all.indices { runner.forEachValue(part) { body(part, $0) } }
  }
}

/// The trajectories of all shards, however they come.
protocol Trajectories: RandomAccessCollection where Element == Trajectory, Index == Int {}

extension [Trajectory]: Trajectories {}
extension TrajectoryParts: Trajectories {}
