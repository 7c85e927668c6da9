import BacktuneNetwork
import BacktuneNumerics

/// One sequence through a network.
public struct SimulationResult: Sendable {
  /// T x O, the observed outputs.
  public let outputs: [Double]
  /// T x (sum of the sizes of all groups), groups in order.
  public let states: [Double]
  /// The flat state after the last step.
  public let final: [Double]
}

extension Network {
  /// Runs the network over one sequence, equation (1) of RR-9100.
  ///
  /// - Parameters:
  ///   - steps: T, 0 or more.
  ///   - inputs: T x M, finite.
  ///   - initial: flat state before t = 0 (see `stateSize`); nil for zero.
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget. Values that diverge are no error.
  public func simulate(
    steps: Int, inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, poll: () throws -> Void = {}
  ) throws -> SimulationResult {
    let run = try SingleRun(self, steps: steps, inputs: inputs, initial: initial)
    try run.plan.simulate(run.states, run.batch, poll: poll)
    let nodes = groups.reduce(0) { $0 + $1.size }
    try MemoryBudget.bytes(doubles: [steps, nodes + outputCount], for: "states")
    var outputs = [Double](repeating: 0, count: steps * outputCount)
    var states = [Double](repeating: 0, count: steps * nodes)
    var final = [Double](repeating: 0, count: stateSize)
    run.copy(self.outputs.map { ($0.group, $0.count) }, into: &outputs)
    run.copy(groups.indices.map { ($0, groups[$0].size) }, into: &states)
    final.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      run.states.past(before: steps, network: self, lane: 0, into: base)
    }
    return SimulationResult(outputs: outputs, states: states, final: final)
  }

  /// Derivative of sum_{t,k} slopes(t,k) outputs(t,k), by the adjoint without guard.
  ///
  /// - Parameter slopes: T x O.
  /// - Returns: by every adjustable weight, and by the flat initial state.
  public func gradient(
    steps: Int, inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, slopes: UnsafeBufferPointer<Double>
  ) throws -> (weights: [Double], initial: [Double]) {
    let run = try SingleRun(self, steps: steps, inputs: inputs, initial: initial)
    guard slopes.count == steps * outputCount else {
      throw BacktuneError.size(
        "slopes: \(slopes.count) values, expected \(steps) steps x \(outputCount) outputs")
    }
    try run.plan.simulate(run.states, run.batch)
    let eps = try Trajectory(run.plan.layout, steps: steps, for: "adjoint values")
    if let base = slopes.baseAddress {
      _ = try run.plan.tune(run.states, slopes: base, guard: nil, into: eps, run.batch)
    }
    let all = try run.plan.gradient(run.states, eps, run.batch)
    var initial = [Double](repeating: 0, count: stateSize)
    initial.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      eps.past(before: 0, network: self, lane: 0, into: base)
    }
    return (slots.adjustable.map { all[$0] }, initial)
  }
}

/// One sequence laid out in one lane, its arguments checked.
private struct SingleRun {
  let plan: Plan
  let batch: Batch
  let states: Trajectory

  init(
    _ network: Network, steps: Int, inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>?
  ) throws {
    batch = try Batch(lengths: [steps])
    try MemoryBudget.bytes(doubles: [steps, network.inputs], for: "inputs")
    guard inputs.count == steps * network.inputs else {
      throw BacktuneError.size(
        "inputs: \(inputs.count) values, expected \(steps) steps x \(network.inputs) inputs")
    }
    if let place = inputs.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "inputs: value at step \(place / network.inputs), input \(place % network.inputs) is \(inputs[place]), expected a finite number"
      )
    }
    if let initial {
      guard initial.count == network.stateSize else {
        throw BacktuneError.size(
          "initial: \(initial.count) values, expected \(network.stateSize) (the state size)")
      }
      if let place = initial.firstIndex(where: { !$0.isFinite }) {
        throw BacktuneError.argument(
          "initial: value \(place) is \(initial[place]), expected a finite number")
      }
    }
    plan = try Plan(network, lanes: 1)
    states = try Trajectory(plan.layout, steps: steps, for: "states")
    if let base = inputs.baseAddress {
      states.setInputs(base, count: network.inputs, steps: steps, lane: 0)
    }
    if let base = initial?.baseAddress { states.setPast(base, network: network, lane: 0) }
  }

  /// Copies the first nodes of several groups side by side, time first.
  func copy(_ parts: [(GroupID, Int)], into target: inout [Double]) {
    let stride = parts.reduce(0) { $0 + $1.1 }
    target.withUnsafeMutableBufferPointer { buffer in
      guard var place = buffer.baseAddress else { return }
      for (group, nodes) in parts {
        states.copy(group, nodes: nodes, steps: batch.steps, lane: 0, to: place, stride: stride)
        place += nodes
      }
    }
  }
}
