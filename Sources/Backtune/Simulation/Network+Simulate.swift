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
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget. Values that diverge are no error.
  package func simulate(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, wantsOutputs: Bool = true,
    wantsStates: Bool = false
  ) throws -> SimulationResult {
    let run = try FreeRun(self, lengths: lengths, inputs: inputs, initial: initial)
    var outputs = try Recording(
      wantsOutputs ? outputs.map { ($0.group, $0.count) } : [], run.batch)
    var states = try Recording(
      wantsStates ? groups.indices.map { ($0, groups[$0].size) } : [], run.batch)
    var final = try run.makePast()
    try run.simulate { trajectory, first, part in
      outputs.record(trajectory, first, part)
      states.record(trajectory, first, part)
      // The state of each sequence that ends in this part (or is empty).
      run.readPast(of: trajectory, into: &final) { sequence in
        let end = lengths[sequence] - first
        return end <= part.steps && (end > 0 || first == 0) ? end : nil
      }
    }
    return SimulationResult(outputs: outputs.values, states: states.values, final: final)
  }

  /// Derivative of the sum over sequences, t, k of slopes(t,k) outputs(t,k), by the adjoint without guard.
  ///
  /// - Parameter slopes: sum T x O.
  /// - Returns: by every adjustable weight, and by the initial states (sequences x flat state).
  package func gradient(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, slopes: UnsafeBufferPointer<Double>
  ) throws -> (weights: [Double], initial: [Double]) {
    let run = try FreeRun(self, lengths: lengths, inputs: inputs, initial: initial)
    let drive = try run.trajectory(of: slopes)
    let states = try run.makeTrajectory(steps: run.batch.steps)
    run.setInputs(of: states, run.batch, first: 0)
    try run.plan.simulate(states, run.batch)
    let eps = try Trajectory(run.plan.layout, steps: run.batch.steps, for: "adjoint values")
    _ = try run.plan.tune(
      states, slopes: drive, guard: nil, into: eps, run.batch)
    let all = try run.plan.gradient(states, eps, run.batch, startsLearnt: initial == nil)
    var past = try run.makePast()
    run.readPast(of: eps, into: &past) { _ in 0 }
    return (slots.adjustable.map { all[$0] }, past)
  }
}

/// Sequences to be laid out in lanes, their arguments checked.
struct FreeRun {
  let plan: Plan
  let batch: Batch
  private let network: Network
  private let inputs: UnsafeBufferPointer<Double>
  private let initial: UnsafeBufferPointer<Double>?

  init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?
  ) throws {
    let (m, steps) = (network.inputs, try Batch.totalSteps(of: lengths))
    try MemoryBudget.bytes(doubles: [steps, m], for: "inputs")
    guard inputs.count == steps * m else {
      throw BacktuneError.size(
        "inputs: \(inputs.count) values, expected \(steps) steps x \(m) inputs")
    }
    batch = try Batch(lengths: lengths)
    if let place = inputs.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "inputs: \(batch.place(ofValue: place, channels: m)) is \(inputs[place]), expected a finite number"
      )
    }
    if let initial { try Self.check(initial, network, lengths.count) }
    plan = try Plan(network, lanes: batch.lanes)
    (self.network, self.inputs, self.initial) = (network, inputs, initial)
  }

  private static func check(
    _ initial: UnsafeBufferPointer<Double>, _ network: Network, _ sequences: Int
  ) throws {
    let stateSize = network.stateSize
    let (expected, overflow) = sequences.multipliedReportingOverflow(by: stateSize)
    guard !overflow, initial.count == expected else {
      throw BacktuneError.size(
        "initial: \(initial.count) values, expected \(sequences) sequences x \(stateSize) (the state size)"
      )
    }
    if let place = initial.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "initial: value \(place) is \(initial[place]), expected a finite number")
    }
  }

  /// A trajectory that starts from the initial states.
  func makeTrajectory(steps: Int) throws -> Trajectory {
    let trajectory = try Trajectory(plan.layout, steps: steps, for: "states")
    if let base = initial?.baseAddress {
      let size = plan.layout.stateSize
      for (sequence, lane) in batch.lane.enumerated() {
        trajectory.setPast(base + sequence * size, lane: lane)
      }
    } else {
      trajectory.setRest(network.restValues)
      plan.start(trajectory, network.slots.values)
    }
    return trajectory
  }

  /// Writes the inputs of the times of `part`, which begins at time `first`.
  func setInputs(of trajectory: Trajectory, _ part: Batch, first: Int) {
    guard let base = inputs.baseAddress else { return }
    for (sequence, start) in batch.starts.enumerated() where part.lengths[sequence] > 0 {
      trajectory.setInputs(
        base + (start + first) * network.inputs, count: network.inputs,
        steps: part.lengths[sequence], lane: batch.lane[sequence])
    }
  }

  /// Simulates part by part, in a trajectory that stays in the cache; calls `body(trajectory, first time, part)` after
  /// each, at least once. Fresh memory for all times would cost more than a quarter of it
  /// (page faults at 128 nodes and 32 sequences).
  func simulate(_ body: (Trajectory, Int, Batch) -> Void) throws {
    let size = min(
      batch.steps, max(plan.layout.past, Self.partSize / max(plan.layout.rowSize, 1), 1))
    let trajectory = try makeTrajectory(steps: size)
    var first = 0
    repeat {
      let part = batch.slice(first..<min(first + max(size, 1), batch.steps))
      setInputs(of: trajectory, part, first: first)
      try plan.simulate(trajectory, part)
      body(trajectory, first, part)
      first += part.steps
      if first < batch.steps { trajectory.rewind(from: part.steps) }
    } while first < batch.steps
  }

  /// Values of a part: 256 KiB.
  private static let partSize = 1 << 15

  /// A flat state for every sequence, zero.
  func makePast() throws -> [Double] {
    let size = plan.layout.stateSize
    try MemoryBudget.bytes(doubles: [batch.lanes, size], for: "states of the sequences")
    return [Double](repeating: 0, count: batch.lanes * size)
  }

  /// Reads the flat state of every sequence before a time, none where that is nil.
  func readPast(
    of trajectory: Trajectory, into target: inout [Double], before time: (Int) -> Int?
  ) {
    let size = plan.layout.stateSize
    target.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        guard let t = time(sequence) else { continue }
        trajectory.past(before: t, lane: lane, into: base + sequence * size)
      }
    }
  }

  /// sum T x O values in the places of the outputs.
  func trajectory(of slopes: UnsafeBufferPointer<Double>) throws -> Trajectory {
    let outputs = network.outputCount
    try MemoryBudget.bytes(doubles: [batch.totalSteps, outputs], for: "slopes")
    guard slopes.count == batch.totalSteps * outputs else {
      throw BacktuneError.size(
        "slopes: \(slopes.count) values, expected \(batch.totalSteps) steps x \(outputs) outputs")
    }
    if let place = slopes.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "slopes: \(batch.place(ofValue: place, channels: outputs)) is \(slopes[place]), expected a finite number"
      )
    }
    let result = try Trajectory(plan.layout, steps: batch.steps, for: "slopes")
    let observed = network.outputs
    for (sequence, first) in batch.starts.enumerated() {
      var column = first * outputs
      for item in observed {
        result.set(
          item.group, nodes: item.count, steps: batch.lengths[sequence],
          lane: batch.lane[sequence], from: slopes, first: column, stride: outputs)
        column += item.count
      }
    }
    return result
  }
}

/// The first nodes of several groups side by side, sequence after sequence, time first.
private struct Recording {
  private let parts: [(group: GroupID, nodes: Int)]
  private let stride: Int
  private let starts: [Int]
  private(set) var values: [Double]

  init(_ parts: [(GroupID, Int)], _ batch: Batch) throws {
    self.parts = parts
    stride = parts.reduce(0) { $0 + $1.1 }
    starts = batch.starts
    try MemoryBudget.bytes(doubles: [batch.totalSteps, stride], for: "states")
    values = [Double](repeating: 0, count: batch.totalSteps * stride)
  }

  mutating func record(_ trajectory: Trajectory, _ first: Int, _ batch: Batch) {
    let (parts, stride, starts) = (parts, stride, starts)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, steps) in batch.lengths.enumerated() where steps > 0 {
        var place = base + (starts[sequence] + first) * stride
        for (group, nodes) in parts {
          trajectory.copy(
            group, nodes: nodes, steps: steps, lane: batch.lane[sequence], to: place,
            stride: stride)
          place += nodes
        }
      }
    }
  }
}
