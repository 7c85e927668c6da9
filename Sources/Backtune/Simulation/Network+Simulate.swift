import BacktuneNetwork
import BacktuneNumerics

/// Sequences through a network, one after the other in every array.
public struct SimulationResult: Sendable {
  /// sum T x O, the observed outputs.
  public let outputs: [Double]
  /// sum T x (sum of the sizes of all groups), groups in order.
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
  ///   - initial: sequences x flat state before t = 0 (see `stateSize`); nil for zero.
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget. Values that diverge are no error.
  public func simulate(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil
  ) throws -> SimulationResult {
    let run = try FreeRun(self, lengths: lengths, inputs: inputs, initial: initial)
    try run.plan.simulate(run.states, run.batch)
    return SimulationResult(
      outputs: try run.values(outputs.map { ($0.group, $0.count) }),
      states: try run.values(groups.indices.map { ($0, groups[$0].size) }),
      final: run.past(of: run.states) { lengths[$0] })
  }

  /// Derivative of the sum over sequences, t, k of slopes(t,k) outputs(t,k), by the adjoint without guard.
  ///
  /// - Parameter slopes: sum T x O.
  /// - Returns: by every adjustable weight, and by the initial states (sequences x flat state).
  public func gradient(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, slopes: UnsafeBufferPointer<Double>
  ) throws -> (weights: [Double], initial: [Double]) {
    let run = try FreeRun(self, lengths: lengths, inputs: inputs, initial: initial)
    let lanes = try run.lanes(of: slopes)
    try run.plan.simulate(run.states, run.batch)
    let eps = try Trajectory(run.plan.layout, steps: run.batch.steps, for: "adjoint values")
    _ = try run.plan.tune(
      run.states, slopes: lanes.pointer, guard: nil, into: eps, run.batch)
    let all = try run.plan.gradient(run.states, eps, run.batch)
    return (slots.adjustable.map { all[$0] }, run.past(of: eps) { _ in 0 })
  }
}

/// Sequences laid out in lanes, their arguments checked.
private struct FreeRun {
  let plan: Plan
  let batch: Batch
  let states: Trajectory
  private let network: Network

  init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?
  ) throws {
    self.network = network
    batch = try Batch(lengths: lengths)
    let m = network.inputs
    try MemoryBudget.bytes(doubles: [batch.totalSteps, m], for: "inputs")
    guard inputs.count == batch.totalSteps * m else {
      throw BacktuneError.size(
        "inputs: \(inputs.count) values, expected \(batch.totalSteps) steps x \(m) inputs")
    }
    if let place = inputs.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "inputs: \(batch.place(ofValue: place, channels: m)) is \(inputs[place]), expected a finite number"
      )
    }
    if let initial { try Self.check(initial, network, lengths.count) }
    plan = try Plan(network, lanes: batch.lanes)
    states = try Trajectory(plan.layout, steps: batch.steps, for: "states")
    if let base = inputs.baseAddress {
      for (sequence, first) in batch.starts.enumerated() {
        states.setInputs(
          base + first * m, count: m, steps: lengths[sequence], lane: batch.lane[sequence])
      }
    }
    if let base = initial?.baseAddress {
      for (sequence, lane) in batch.lane.enumerated() {
        states.setPast(base + sequence * network.stateSize, network: network, lane: lane)
      }
    }
  }

  private static func check(
    _ initial: UnsafeBufferPointer<Double>, _ network: Network, _ sequences: Int
  ) throws {
    guard initial.count == sequences * network.stateSize else {
      throw BacktuneError.size(
        "initial: \(initial.count) values, expected \(sequences) sequences x \(network.stateSize) (the state size)"
      )
    }
    if let place = initial.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "initial: value \(place) is \(initial[place]), expected a finite number")
    }
  }

  /// The first nodes of several groups side by side, sequence after sequence, time first.
  func values(_ parts: [(GroupID, Int)]) throws -> [Double] {
    let stride = parts.reduce(0) { $0 + $1.1 }
    try MemoryBudget.bytes(doubles: [batch.totalSteps, stride], for: "states")
    var result = [Double](repeating: 0, count: batch.totalSteps * stride)
    result.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, first) in batch.starts.enumerated() {
        var place = base + first * stride
        for (group, nodes) in parts {
          states.copy(
            group, nodes: nodes, steps: batch.lengths[sequence], lane: batch.lane[sequence],
            to: place, stride: stride)
          place += nodes
        }
      }
    }
    return result
  }

  /// The flat state of every sequence before a time.
  func past(of trajectory: Trajectory, before time: (Int) -> Int) -> [Double] {
    let size = network.stateSize
    var result = [Double](repeating: 0, count: batch.lanes * size)
    result.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (sequence, lane) in batch.lane.enumerated() {
        trajectory.past(
          before: time(sequence), network: network, lane: lane, into: base + sequence * size)
      }
    }
    return result
  }

  /// sum T x O values as [time][output][lane].
  func lanes(of slopes: UnsafeBufferPointer<Double>) throws -> Buffer {
    let outputs = network.outputCount
    try MemoryBudget.bytes(doubles: [batch.totalSteps, outputs], for: "slopes")
    guard slopes.count == batch.totalSteps * outputs else {
      throw BacktuneError.size(
        "slopes: \(slopes.count) values, expected \(batch.totalSteps) steps x \(outputs) outputs")
    }
    let result = try Buffer(count: batch.steps * outputs * batch.lanes, for: "slopes")
    for (sequence, first) in batch.starts.enumerated() {
      for t in 0..<batch.lengths[sequence] {
        for k in 0..<outputs {
          result.pointer[(t * outputs + k) * batch.lanes + batch.lane[sequence]] =
            slopes[(first + t) * outputs + k]
        }
      }
    }
    return result
  }
}
