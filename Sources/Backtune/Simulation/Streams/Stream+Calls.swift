import BacktuneNumerics

/// Why a stream does not go on.
package enum StreamStop {
  /// An input that is not finite.
  case input(Int, channels: Int, value: Double)
  /// A measured output that is infinite.
  case measured(Int, channels: Int, value: Double)
  /// Measured outputs that nothing reads.
  case unread
  case diverged
  case refused

  package var error: BacktuneError {
    switch self {
    case .input(let place, let channels, let value):
      .argument(
        "inputs: step \(place / channels), channel \(place % channels) is \(value), expected a finite number"
      )
    case .measured(let place, let channels, let value):
      .argument(
        "measured: step \(place / channels), output \(place % channels) is \(value), expected a finite number, or NaN where not known"
      )
    case .unread:
      .argument("measured: values came, expected none: the network has no measured group")
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
  ///   - measured: O values, what is measured of the outputs at this step, NaN where not known: measured groups read it
  ///     from the next step on, at once what stands for an input at lag 0. Nil for nothing.
  /// - Returns: O values, those of the network.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite, `.state` where the network
  ///   diverged before: values that are infinite or NaN come once. Nothing has happened then.
  public func step(_ inputs: [Double] = [], measured: [Double]? = nil) throws -> [Double] {
    var result = [Double](repeating: 0, count: outputs)
    try step(inputs, measured: measured, into: &result)
    return result
  }

  /// Goes on by one time step, without taking memory.
  ///
  /// - Parameters:
  ///   - inputs: M values, finite.
  ///   - measured: as of the step that returns outputs.
  ///   - outputs: an array of O values, which are replaced.
  /// - Throws: as the step that returns them.
  public func step(
    _ inputs: [Double], measured: [Double]? = nil, into outputs: inout [Double]
  ) throws {
    try run(steps: 1, inputs, measured: measured, into: &outputs)
  }

  /// Goes on by several time steps.
  ///
  /// - Parameters:
  ///   - inputs: [time][input], finite.
  ///   - measured: [time][output], as of `step`.
  /// - Returns: [time][output].
  /// - Throws: as `step`, `.memory` past the budget. What diverges on the way is no error.
  public func run(_ inputs: [[Double]], measured: [[Double]]? = nil) throws -> [[Double]] {
    let flat = try FlatSequences([inputs], channels: self.inputs, "inputs")
    let known = try measured.map {
      try FlatSequences([$0], channels: outputs, "measured").values
    }
    try MemoryBudget.bytes(doubles: [inputs.count, outputs], for: "outputs")
    var result = [Double](repeating: 0, count: inputs.count * outputs)
    try run(steps: inputs.count, flat.values, measured: known, into: &result)
    return FlatSequences.rows(of: result, lengths: flat.lengths, channels: outputs)[0]
  }

  /// Goes on by several time steps, without taking memory.
  ///
  /// - Parameters:
  ///   - steps: how many.
  ///   - inputs: steps x M values, time first, finite.
  ///   - measured: steps x O values, as of `step`; nil for nothing.
  ///   - outputs: an array of steps x O values, which are replaced.
  /// - Throws: as the run that returns them.
  public func run(
    steps: Int, _ inputs: [Double], measured: [Double]? = nil, into outputs: inout [Double]
  ) throws {
    guard steps >= 0 else { throw BacktuneError.size("steps: \(steps), expected 0 or more") }
    try check(inputs.count, steps, self.inputs, "inputs")
    try check(outputs.count, steps, self.outputs, "outputs")
    if let measured { try check(measured.count, steps, self.outputs, "measured") }
    let stop = inputs.withUnsafeBufferPointer { inputs in
      measured.withBuffer { known in
        outputs.withUnsafeMutableBufferPointer {
          advance(steps, inputs.baseAddress, measured: known?.baseAddress, into: $0.baseAddress)
        }
      }
    }
    if let stop { throw stop.error }
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
    if stateSize == 0 { return [] }
    return [Double](unsafeUninitializedCapacity: stateSize) { buffer, count in
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
