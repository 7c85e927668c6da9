import BacktuneNetwork
import BacktuneNumerics

/// Prediction from what was measured, 2.12 of the design.
extension Network {
  /// For every t the outputs k steps ahead: o(t) given what was measured up to t - k, and all inputs up to t.
  ///
  /// The filter, which is given every measurement as soon as it is known, runs once; from each of its times the network
  /// runs k steps freely, several times side by side. The first k - 1 values of a sequence are those of the free run.
  ///
  /// - Parameters:
  ///   - lengths: T of each sequence, 0 or more.
  ///   - inputs: sum T x M, finite.
  ///   - measured: sum T x O, what was measured of the outputs, NaN where not known; nil for nothing.
  ///   - others: what was measured of other groups, sum T x size.
  ///   - horizon: k, 1 or more; infinite for the free run.
  ///   - every: only from so many-th times on are the k steps run, 0 among them: values are o(t) where t - (k - 1) is a
  ///     multiple of it, and 0 elsewhere past the first k. Not for 1 step, nor the free run.
  ///   - initial: sequences x flat state before t = 0; nil for zero, or what is learnt, the inputs at rest.
  ///   - wantsFinal: whether the states are wanted.
  /// - Returns: the outputs, and the states of the filter after the last step, measurements included.
  /// - Throws: as `simulate`; `.argument` for a horizon that is no whole number of 1 or more, an infinite measurement, or
  ///   measurements of a network that reads none; `.size` for another number of them.
  package func predict(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    measured: UnsafeBufferPointer<Double>?, others: [GroupID: [Double]] = [:],
    horizon: Double, every: Int = 1, initial: UnsafeBufferPointer<Double>? = nil,
    wantsFinal: Bool = true, poll: Poll = .none
  ) throws -> SimulationResult {
    let steps = try checkMeasured(lengths, measured, others, horizon)
    func run(_ horizon: Double) throws -> (FreeRun, Measurements) {
      let measurements = try Measurements(
        self, outputs: measured, others: others, steps: steps,
        horizons: lengths.map { _ in horizon }
      )
      return (
        try FreeRun(
          self, lengths: lengths, inputs: inputs, initial: initial,
          isMeasured ? measurements : nil, poll: poll),
        measurements
      )
    }
    let (filter, measurements) = try run(1)
    let recording = try Recording(
      outputs.map { ($0.group, $0.count) }, filter.shards, poll: poll)
    let (final, stateSize) = (try filter.makePast(), stateSize)
    // A run that no measurement reaches any more needs no lanes; where nothing is measured it is the filter.
    let isBlind = !isMeasured
    let isFree = !isBlind && horizon > Double(lengths.max() ?? 0)
    if isFree {
      try run(.infinity).0.simulate(poll: poll) { shard, trajectory, first, part, _ in
        recording.record(shard, trajectory, first, part)
      }
      if !wantsFinal {
        return SimulationResult(
          outputs: try recording.values.array(for: "outputs", poll: poll), states: [], final: [])
      }
    }
    let ahead =
      isFree || isBlind || horizon == 1
      ? nil : try StepsAhead(self, inputs, measurements, steps: Int(horizon), every: every)
    try filter.simulate(poll: poll) { shard, trajectory, first, part, poll in
      if let ahead {
        try ahead.run(
          shard, filter.shards.starts, trajectory, first, part, into: recording, poll: poll)
      } else if !isFree {
        recording.record(shard, trajectory, first, part)
      }
      shard.forEachEnd(of: part, first) { sequence, lane, end in
        trajectory.past(before: end, lane: lane, into: final.pointer + sequence * stateSize)
      }
    }
    return SimulationResult(
      outputs: try recording.values.array(for: "outputs", poll: poll), states: [],
      final: try final.array(for: "final states"))
  }

  private func checkMeasured(
    _ lengths: [Int], _ measured: UnsafeBufferPointer<Double>?, _ others: [GroupID: [Double]],
    _ horizon: Double
  ) throws -> Int {
    guard horizon >= 1, horizon == .infinity || horizon.rounded() == horizon else {
      throw BacktuneError.argument(
        "horizon: \(horizon), expected a whole number of 1 or more, or infinity")
    }
    let steps = try Batch.totalSteps(of: lengths)
    try MemoryBudget.bytes(doubles: [steps, outputCount], for: "measured outputs")
    if measured != nil, !isMeasured {
      throw BacktuneError.argument(
        "measured: values came, expected none: the network has no measured group")
    }
    let sources = measuredSources.map(\.group)
    for (group, values) in others {
      let own = try checkedGroup(group)
      guard sources.contains(group) else {
        throw BacktuneError.argument(
          "measured values of \(own.name): nothing is read as measured of this group")
      }
      try MemoryBudget.bytes(doubles: [steps, own.size], for: "measured values")
      try check(values.count, steps * own.size, "measured values of \(own.name)")
      if let place = values.firstIndex(where: \.isInfinite) {
        throw BacktuneError.argument(
          "measured values of \(own.name): value \(place) is infinite, expected NaN where not known"
        )
      }
    }
    guard let measured else { return steps }
    try check(measured.count, steps * outputCount, "measured")
    if let place = measured.firstIndex(where: \.isInfinite) {
      let batch = try Batch(lengths: lengths)
      throw BacktuneError.argument(
        "measured: \(batch.place(ofValue: place, channels: outputCount)) is \(measured[place]), expected a finite number, or NaN where not known"
      )
    }
    return steps
  }

  private func check(_ count: Int, _ expected: Int, _ what: String) throws {
    guard count == expected else {
      throw BacktuneError.size("\(what): \(count) values, expected \(expected)")
    }
  }
}
