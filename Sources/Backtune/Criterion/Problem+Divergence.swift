import BacktuneNetwork
import BacktuneSimulation

/// Where a simulation leaves the numbers.
extension Problem {
  /// The first value that is not finite of the first sequence that has one, in words; nil where there is none, or where
  /// states are not in memory.
  package func divergence(in states: States) -> String? {
    if runner.isLoading { return nil }
    var found: (sequence: Int, text: String)?
    for (shard, part) in zip(runner.shards.all, states.parts) {
      for (place, sequence) in shard.sequences.enumerated() where sequence < found?.sequence ?? .max
      {
        let (lane, length) = (shard.batch.lane[place], shard.batch.lengths[place])
        guard let text = divergence(in: part, lane: lane, length: length) else { continue }
        found = (sequence, "\(text) of sequence \(sequences.number(of: sequence))")
      }
    }
    return found?.text
  }

  private func divergence(in part: Trajectory, lane: Int, length: Int) -> String? {
    for t in 0..<length {
      for (group, body) in network.groups.enumerated() {
        let values = part.row(t) + part.layout.place(of: group) + lane
        for node in 0..<body.size where !values[node * part.layout.lanes].isFinite {
          return
            "group \(body.name), node \(node), is \(values[node * part.layout.lanes]) at step \(t)"
        }
      }
    }
    return nil
  }
}
