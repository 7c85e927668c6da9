import BacktuneNetwork
import BacktuneNumerics

/// Free steps from the states of a filter, from several times side by side.
struct StepsAhead {
  private let network: Network
  private let inputs: UnsafeBufferPointer<Double>
  private let measurements: Measurements
  private let program: Program
  private let weights: PackedWeights
  /// k.
  private let steps: Int
  /// From one time that they are run from to the next.
  private let every: Int

  private static let lanes = 16

  init(
    _ network: Network, _ inputs: UnsafeBufferPointer<Double>, _ measurements: Measurements,
    steps: Int, every: Int = 1
  ) throws {
    (self.network, self.inputs, self.measurements) = (network, inputs, measurements)
    (self.steps, self.every) = (steps, every)
    program = try Program.kept(network, lanes: Self.lanes)
    weights = try PackedWeights(program)
    weights.load(network.slots.values, program)
  }

  /// Runs k steps from the times of a part of a filter, and records the last; from t = 0 all of them.
  func run(
    _ shard: Shard, _ starts: [Int], _ filter: Trajectory, _ first: Int, _ part: Batch,
    into recording: Recording, poll: Poll
  ) throws {
    let pasts = pasts(from: filter.layout)
    let ahead = try Trajectory(program.layout, steps: steps, for: "steps ahead")
    let batch = try Batch(lengths: [Int](repeating: steps, count: Self.lanes))
    for (place, sequence) in shard.sequences.enumerated() where part.lengths[place] > 0 {
      let (length, from) = (shard.batch.lengths[place], shard.batch.lane[place])
      let last = min(first + part.lengths[place], max(length - steps + 1, 1))
      var time = (first + every - 1) / every * every
      while time < last {
        let count = min(Self.lanes, (last - time + every - 1) / every)
        for lane in 0..<Self.lanes {
          // Lanes that are not needed repeat the last: one batch serves all.
          let own = time + every * min(lane, count - 1)
          ahead.copyPast(pasts, before: own - first, of: filter, from, lane: lane)
          let known = min(steps, length - own)
          write(ahead, sequence, starts[sequence], own, known, lane)
        }
        try program.simulate(weights, ahead, batch, poll: poll)
        for lane in 0..<count {
          let own = time + every * lane
          let times = own == 0 ? 0..<min(steps, length) : steps - 1..<steps
          for t in times {
            recording.record(ahead, t, lane, at: starts[sequence] + own + t)
          }
        }
        time += every * count
      }
    }
  }

  /// Inputs and measurements of the times from `time` on as t = 0 ...; ages say what counts of them.
  private func write(
    _ ahead: Trajectory, _ sequence: Int, _ start: Int, _ time: Int, _ known: Int, _ lane: Int
  ) {
    if let base = inputs.baseAddress {
      let count = network.inputs
      ahead.setInputs(base + (start + time) * count, count: count, steps: known, lane: lane)
    }
    measurements.write(
      ahead, sequence: sequence, start: start + time, first: 0, steps: known, lane: lane,
      horizon: .infinity)
  }
}

/// Values that are read later: where they stand in a row of one layout and of another, how many, and for how long.
private struct SharedPast {
  let place: Int
  let source: Int
  let size: Int
  let depth: Int
}

extension StepsAhead {
  private func pasts(from other: Layout) -> [SharedPast] {
    program.layout.state.map { past in
      func place(_ layout: Layout) -> Int {
        past.isMeasured ? layout.place(ofMeasured: past.group) : layout.place(of: past.group)
      }
      return SharedPast(
        place: place(program.layout), source: place(other), size: past.size, depth: past.depth)
    }
  }
}

extension Trajectory {
  /// Makes the rows before time `t` of a lane of another trajectory of the same network the past of a lane.
  fileprivate func copyPast(
    _ pasts: [SharedPast], before t: Int, of other: Trajectory, _ from: Int, lane: Int
  ) {
    for past in pasts {
      for age in 1..<past.depth + 1 {
        let (to, row) = (row(-age) + past.place + lane, other.row(t - age) + past.source + from)
        for node in 0..<past.size { to[node * layout.lanes] = row[node * other.layout.lanes] }
      }
    }
  }
}
