import BacktuneNumerics

/// Why a stream does not go on.
package enum StreamStop {
  /// An input that is not finite.
  case input(Int, channels: Int, value: Double)
  case diverged
  case refused

  package var error: BacktuneError {
    switch self {
    case .input(let place, let channels, let value):
      .argument(
        "inputs: step \(place / channels), channel \(place % channels) is \(value), expected a finite number"
      )
    case .diverged:
      .state(
        "stream: its state is infinite or NaN, the network diverged; reset it, or set its state")
    case .refused:
      .network(
        "stream: the structure of its network has changed since it was made; make another one")
    }
  }
}

extension Stream {
  /// Goes on by one time step.
  ///
  /// - Parameters:
  ///   - inputs: M values, finite.
  ///   - outputs: O values; an empty buffer where they are not wanted.
  /// - Throws: `.size` for other numbers of values, `.argument` for an input that is not finite, `.state` where the network
  ///   diverged before: values that are infinite or NaN come once. Nothing has happened then.
  public func step(
    _ inputs: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>
  ) throws {
    try run(steps: 1, inputs, into: outputs)
  }

  /// Goes on by one time step: M inputs to O outputs.
  /// - Throws: as the step on buffers.
  public func step(_ inputs: [Double] = []) throws -> [Double] { try run(steps: 1, inputs) }

  /// Goes on by several time steps: steps x M inputs, steps x O outputs (an empty buffer where they are not wanted).
  /// - Throws: as `step`. What diverges on the way is no error.
  public func run(
    steps: Int, _ inputs: UnsafeBufferPointer<Double>,
    into outputs: UnsafeMutableBufferPointer<Double>
  ) throws {
    guard steps >= 0 else { throw BacktuneError.size("steps: \(steps), expected 0 or more") }
    try check(inputs.count, steps, self.inputs, "inputs")
    if !outputs.isEmpty { try check(outputs.count, steps, self.outputs, "outputs") }
    if let stop = advance(steps, inputs.baseAddress, into: outputs.baseAddress) {
      throw stop.error
    }
  }

  /// Goes on by several time steps: steps x M inputs to steps x O outputs.
  /// - Throws: as the run on buffers, `.memory` past the budget.
  public func run(steps: Int, _ inputs: [Double] = []) throws -> [Double] {
    try MemoryBudget.bytes(doubles: [steps, outputs], for: "outputs")
    var result = [Double](repeating: 0, count: steps * outputs)
    try inputs.withUnsafeBufferPointer { inputs in
      try result.withUnsafeMutableBufferPointer { try run(steps: steps, inputs, into: $0) }
    }
    return result
  }

  private func check(_ count: Int, _ steps: Int, _ channels: Int, _ name: String) throws {
    let (expected, overflow) = steps.multipliedReportingOverflow(by: channels)
    guard !overflow, count == expected else {
      throw BacktuneError.size(
        "\(name): \(count) values, expected \(steps) steps x \(channels) \(name)")
    }
  }

  // MARK: State

  /// The flat state before the next step, as `Network.simulate` takes and returns it.
  public var state: [Double] {
    [Double](unsafeUninitializedCapacity: stateSize) { buffer, count in
      if let base = buffer.baseAddress { copyState(into: base) }
      count = stateSize
    }
  }

  /// Writes the state to `stateSize` values.
  package func copyState(into target: UnsafeMutablePointer<Double>) {
    ring.past(before: place, lane: 0, into: target)
  }

  /// Goes on from a flat state. One that is not finite is that of a network that diverged.
  /// - Throws: `.size` for another number of values.
  public func setState(_ state: [Double]) throws {
    guard state.count == stateSize else {
      throw BacktuneError.size("state: \(state.count) values, expected \(stateSize)")
    }
    state.withUnsafeBufferPointer { if let base = $0.baseAddress { setState(base) } }
  }

  /// The same from `stateSize` values.
  package func setState(_ state: UnsafePointer<Double>) {
    begin(from: state, isDiverged: !Vectors.isFinite(state, count: stateSize))
  }
}
