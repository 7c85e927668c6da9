import BacktuneNetwork
import BacktuneNumerics

/// The shards of some sequences at work for a cost that depends on the first nodes of some groups.
package final class ShardRunner {
  package let shards: Shards
  package let driven: [Observed]
  /// Over shards, for what is done with driven values.
  package let reduction: Reduction
  private let runs: Reduction
  let drives: [Drive]
  private let weights: ShardWeights
  private var direction: ShardWeights?
  /// Where not all shards are in memory.
  let loaded: LoadedStates?

  package init(_ shards: Shards, driven: [Observed]) throws {
    (self.shards, self.driven) = (shards, driven)
    let values = driven.reduce(0) { $0 + $1.count }
    runs = shards.reduction
    // Driven values of shards that come are simulated.
    reduction =
      shards.loader == nil
      ? Reduction(
        count: shards.count, work: 4 * values * shards.totalSteps, processes: shards.processes)
      : runs
    var byLanes: [Int: Drive] = [:]
    let drives = shards.all.map { shard in
      let drive = byLanes[shard.layout.lanes] ?? Drive(shard.program, driven)
      byLanes[shard.layout.lanes] = drive
      return drive
    }
    self.drives = drives
    weights = try ShardWeights(shards)
    loaded = try shards.loader.map { try LoadedStates($0, shards.all, drives) }
  }

  /// Where driven values of each shard stand.
  package func layout(_ part: Int) -> Layout { drives[part].layout }

  // MARK: memory

  package func makeDriven(for purpose: String, poll: Poll = .none) throws -> Driven {
    if let loaded {
      let parts = try LoadedParts(loaded.loader, count: shards.count, for: purpose) {
        [shards, drives] in (drives[$0].layout, shards.all[$0].batch.steps)
      }
      return Driven(parts, count: shards.count)
    }
    return Driven(
      try shards.all.indices.map {
        try Trajectory(
          drives[$0].layout, steps: shards.all[$0].batch.steps, for: purpose, poll: poll)
      })
  }

  /// States, zero.
  package func makeStates(for purpose: String = "states", poll: Poll = .none) throws -> States {
    if let loaded { return States(loaded, try makeDriven(for: purpose)) }
    return States(
      try shards.all.map {
        try Trajectory($0.layout, steps: $0.batch.steps, for: purpose, poll: poll)
      },
      try makeDriven(for: purpose, poll: poll))
  }

  /// Trajectories of all nodes, zero.
  package func makeTrajectories(
    for purpose: String, poll: Poll = .none
  ) throws -> [Trajectory] {
    try shards.all.map {
      try Trajectory($0.layout, steps: $0.batch.steps, for: purpose, poll: poll)
    }
  }

  /// Writes the inputs of all sequences, sum T x M, what is before t = 0 by the rest of a network, and what was measured.
  package func setInputs(
    of states: States, _ inputs: UnsafeBufferPointer<Double>, restOf network: Network,
    _ measurements: Measurements? = nil, poll: Poll = .none
  ) throws {
    for (shard, part) in zip(shards.all, states.parts) {
      try poll()
      part.setRest(of: network)
      part.forgetMeasured(-part.layout.past..<part.steps)
      if let measurements {
        shard.forEachSequence { sequence, lane in
          measurements.write(
            part, sequence: sequence, start: shards.starts[sequence], first: 0,
            steps: shards.lengths[sequence], lane: lane)
        }
      }
      guard let base = inputs.baseAddress else { continue }
      try shard.forEachSequence { sequence, lane in
        let first = base + shards.starts[sequence] * network.inputs
        try poll.forEachPart(of: shards.lengths[sequence]) {
          part.setInputs(
            first, count: network.inputs, steps: $0.count, lane: lane, from: $0.lowerBound)
        }
      }
    }
  }

  /// The same of one shard, whose sequences come.
  package func setInputs(
    of number: Int, _ part: Trajectory, _ values: [SequenceValues], restOf network: Network
  ) {
    let shard = shards.all[number]
    part.setRest(of: network)
    for (place, own) in values.enumerated() {
      own.inputs.withUnsafeBufferPointer {
        guard let base = $0.baseAddress else { return }
        part.setInputs(
          base, count: network.inputs, steps: shard.batch.lengths[place],
          lane: shard.batch.lane[place])
      }
    }
  }

  /// Writes the initial states, sequences x flat state.
  ///
  /// - Parameters:
  ///   - count: how many there are; they come again for the sequences that follow.
  ///   - isMeasured: whether what they hold of measured groups was measured.
  package func setStarts(
    of states: States, _ values: UnsafePointer<Double>, count: Int, isMeasured: Bool = true
  ) {
    for (number, part) in states.parts.enumerated() {
      setStarts(of: number, part, values, count: count, isMeasured: isMeasured)
    }
  }

  /// The same of one shard.
  package func setStarts(
    of number: Int, _ part: Trajectory, _ values: UnsafePointer<Double>, count: Int,
    isMeasured: Bool
  ) {
    let shard = shards.all[number]
    shard.forEachSequence { sequence, lane in
      part.setPast(values + sequence % count * shard.layout.stateSize, lane: lane)
    }
    if !isMeasured { part.forgetMeasured() }
  }

  /// Writes those of the network, out of one value a slot.
  package func start(_ states: States, _ slots: [Double]) {
    for (number, part) in states.parts.enumerated() { start(number, part, slots) }
  }

  /// The same of one shard.
  package func start(_ number: Int, _ part: Trajectory, _ slots: [Double]) {
    shards.all[number].program.start(part, slots)
  }

  /// The observed outputs, sum T x O, one sequence after the other.
  package func outputs(_ states: States) throws -> [Double] {
    let (network, stride) = (shards.network, shards.network.outputCount)
    var values = try [Double].zeros([shards.totalSteps, stride], for: "outputs")
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (shard, part) in zip(shards.all, states.parts) {
        shard.forEachSequence { sequence, lane in
          var place = base + shards.starts[sequence] * stride
          for item in network.outputs {
            part.copy(
              item.group, nodes: item.count, steps: shards.lengths[sequence], lane: lane,
              to: place, stride: stride)
            place += item.count
          }
        }
      }
    }
    return values
  }

  // MARK: work

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) { weights.load(slots) }

  /// Simulates from the initial states in place; shards that come are simulated when they are wanted.
  package func simulate(_ states: States, poll: Poll) throws {
    if isLoading { return }
    try runs.forEach(poll: poll) { [self] part, poll in
      let shard = shards.all[part]
      try shard.program.simulate(
        weights.all[part], states.parts[part], shard.batch,
        driven: (drives[part], states.driven.parts[part]), poll: poll)
    }
  }

  /// x~(t) of every node from given states of its sources.
  package func predict(
    from states: States, into target: [Trajectory], poll: Poll
  ) throws {
    try runs.forEach(poll: poll) { [self] part, poll in
      let shard = shards.all[part]
      try shard.program.predict(
        weights.all[part], from: states.parts[part], into: target[part], shard.batch, poll: poll)
    }
  }

  /// One step of the adjoint without recursion, see `Program.pull`.
  package func pull(
    _ states: States, predicted: [Trajectory], residual: [Trajectory], into sums: [Trajectory],
    poll: Poll
  ) throws {
    try runs.forEach(poll: poll) { [self] part, poll in
      let shard = shards.all[part]
      try shard.program.pull(
        weights.all[part], shard.workspace, states.parts[part], predicted: predicted[part],
        residual: residual[part], into: sums[part], shard.batch, poll: poll)
    }
  }

  /// What an adjoint found.
  package struct Pulled {
    /// sum_t eps(t) phi(t), one value a slot of the network, over all processes; what the guard did, too.
    package let gradient: [Double]
    /// The derivative by the initial states, sequences x flat state; empty unless asked for.
    package let starts: [Double]
    package let counts: Guard.Counts
  }

  /// The adjoint at simulated states of slopes of the driven values, and the derivative by the weights.
  ///
  /// - Parameters:
  ///   - startsLearnt: whether the states started from the network's learnt values.
  ///   - wantsStarts: whether the derivative by the sequences' own is asked for.
  package func tune(
    _ states: States, slopes: Driven, guard limit: Guard?, startsLearnt: Bool,
    wantsStarts: Bool = true, poll: Poll
  ) throws -> Pulled {
    let (size, own) = (shards.network.slots.values.count, shards.all[0].layout.stateSize)
    let found = Found(
      parts: shards.count, starts: wantsStarts ? own * shards.lengths.count : 0)
    let gradient = try runs.sums(size, poll: poll) { [self] part, target, poll in
      let shard = shards.all[part]
      // Slopes first: what they are of may be other states, simulated in the same place.
      let (slopes, trajectory) = (slopes.parts[part], states.parts[part])
      let eps = try shard.eps()
      found.counts[part] = try shard.program.tune(
        weights.all[part], shard.workspace, trajectory, slopes: slopes,
        drives[part], guard: limit, startsLearnt: startsLearnt, window: eps, shard.batch,
        into: target, poll: poll)
      guard wantsStarts else { return }
      shard.forEachSequence { sequence, lane in
        if let base = found.starts.baseAddress {
          eps.past(before: 0, lane: lane, into: base + sequence * own)
        }
      }
    }
    var counts = found.counts.reduce(into: Guard.Counts()) { $0.add($1) }
    if limit != nil { counts.join(shards.processes) }
    try shards.processes.check()
    return Pulled(gradient: gradient, starts: Array(found.starts), counts: counts)
  }

  /// What shards of an adjoint write beside the gradient.
  private final class Found {
    let counts: UnsafeMutableBufferPointer<Guard.Counts>
    let starts: UnsafeMutableBufferPointer<Double>

    init(parts: Int, starts: Int) {
      counts = .table([Guard.Counts](repeating: Guard.Counts(), count: parts))
      self.starts = .table([Double](repeating: 0, count: starts))
    }

    deinit {
      counts.deallocate()
      starts.deallocate()
    }
  }

  /// sum_t residual(t) phi(t) of adjoint values that are given, by every slot of the network.
  package func gradient(
    _ states: States, _ residual: [Trajectory], startsLearnt: Bool, poll: Poll
  ) throws -> [Double] {
    try runs.sums(shards.network.slots.values.count, poll: poll) {
      [self] part, target, poll in
      let shard = shards.all[part]
      try shard.program.gradient(
        shard.workspace, states.parts[part], residual[part], shard.batch,
        startsLearnt: startsLearnt, into: target, poll: poll)
    }
  }

  /// Derivative of the driven values along a direction of the weights, one value a slot of the network.
  ///
  /// - Parameters:
  ///   - tangents: of all nodes; those before t = 0 are given.
  package func tangent(
    _ states: States, along slots: [Double], into tangents: States, poll: Poll
  ) throws {
    let direction = try self.direction ?? ShardWeights(shards)
    self.direction = direction
    direction.load(slots)
    try runs.forEach(poll: poll) { [self] part, poll in
      let shard = shards.all[part]
      try shard.program.tangent(
        weights.all[part], along: direction.all[part], shard.workspace, states.parts[part],
        into: tangents.parts[part], shard.batch, poll: poll)
      gather(tangents.parts[part], part, into: tangents.driven.parts[part])
    }
  }
}
