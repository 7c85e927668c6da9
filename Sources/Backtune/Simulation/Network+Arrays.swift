import BacktuneNetwork
import BacktuneNumerics

/// Simulation from arrays, and into them.
extension Network {
  /// Runs the network over one sequence, equation (1) of RR-9100.
  ///
  ///     var network = try Network(inputs: 1)
  ///     try network.add(LNL(4, activation: .tanh))
  ///     network.randomize(seed: 0)
  ///     let outputs = try network.simulate([[0.5], [-0.5], [0]])
  ///     print(outputs[2][3])    // the last of 4 nodes at the last of 3 time steps
  ///
  /// - Parameters:
  ///   - inputs: [time][input], finite.
  ///   - initial: the flat state before t = 0 (see ``stateSize``); nil for zero, or what is learnt, the inputs at rest.
  /// - Returns: the observed outputs, [time][output].
  /// - Throws: `.size` for counts that do not fit, `.argument` for a value that is not finite, `.network` for an empty
  ///   network, `.memory` past the budget. Values that diverge are no error.
  public func simulate(_ inputs: [[Double]], initial: [Double]? = nil) throws -> [[Double]] {
    try simulate([inputs], initial: initial)[0]
  }

  /// Runs the network over several sequences side by side, of any lengths.
  ///
  /// - Parameters:
  ///   - inputs: [sequence][time][input], finite.
  ///   - initial: the flat states before t = 0, sequences x ``stateSize``; nil for zero, or what is learnt.
  /// - Returns: the observed outputs, [sequence][time][output].
  /// - Throws: as for one sequence.
  public func simulate(_ inputs: [[[Double]]], initial: [Double]? = nil) throws -> [[[Double]]] {
    let flat = try FlatSequences(inputs, channels: self.inputs, "inputs")
    let result = try simulate(lengths: flat.lengths, inputs: flat.values, initial: initial)
    return FlatSequences.rows(of: result.outputs, lengths: flat.lengths, channels: outputCount)
  }

  /// Runs the network over sequences that stand one after the other in a flat array.
  ///
  /// - Parameters:
  ///   - lengths: T of each sequence, 0 or more; one sequence at least.
  ///   - inputs: sum T x inputs, time first, finite.
  ///   - initial: sequences x ``stateSize`` values before t = 0; nil for zero, or what is learnt, the inputs at rest.
  ///   - wantsOutputs: whether the observed outputs are wanted.
  ///   - wantsStates: whether the values of all groups are wanted.
  /// - Throws: as for one sequence.
  public func simulate(
    lengths: [Int], inputs: [Double], initial: [Double]? = nil, wantsOutputs: Bool = true,
    wantsStates: Bool = false
  ) throws -> SimulationResult {
    try simulate(
      lengths: lengths, inputs: inputs, initial: initial, wantsOutputs: wantsOutputs,
      wantsStates: wantsStates, measurements: nil)
  }

  /// The same, with what was measured of groups.
  package func simulate(
    lengths: [Int], inputs: [Double], initial: [Double]?, wantsOutputs: Bool,
    wantsStates: Bool = false, measurements: Measurements?, poll: Poll = .none
  ) throws -> SimulationResult {
    try inputs.withUnsafeBufferPointer { inputs in
      try initial.withBuffer { initial in
        let found = try simulate(
          lengths: lengths, inputs: inputs, initial: initial, wantsOutputs: wantsOutputs,
          wantsStates: wantsStates, wantsFinal: true, measurements: measurements, poll: poll)
        return SimulationResult(
          outputs: try found.outputs?.array(for: "outputs", poll: poll) ?? [],
          states: try found.states?.array(for: "states", poll: poll) ?? [],
          final: try found.final?.array(for: "final states") ?? [])
      }
    }
  }

  /// Derivative of the sum over sequences, t, k of slopes(t,k) outputs(t,k), by the adjoint without guard.
  ///
  /// - Parameters:
  ///   - lengths: T of each sequence, 0 or more.
  ///   - inputs: sum T x inputs, time first, finite.
  ///   - initial: as of `simulate`.
  ///   - slopes: sum T x ``outputCount``.
  /// - Returns: by every adjustable weight, and by the initial states (sequences x ``stateSize``; 0 for the part of the
  ///   inputs).
  /// - Throws: as `simulate`.
  public func gradient(
    lengths: [Int], inputs: [Double], initial: [Double]? = nil, slopes: [Double]
  ) throws -> (weights: [Double], initial: [Double]) {
    try inputs.withUnsafeBufferPointer { inputs in
      try initial.withBuffer { initial in
        try slopes.withUnsafeBufferPointer {
          try gradient(lengths: lengths, inputs: inputs, initial: initial, slopes: $0)
        }
      }
    }
  }
}

/// Sequences of rows as one flat array.
package struct FlatSequences {
  package let lengths: [Int]
  package let values: [Double]

  /// - Throws: `.size` for a row of another number of channels.
  package init(_ rows: [[[Double]]], channels: Int, _ what: String) throws {
    for (sequence, rows) in rows.enumerated() {
      if let time = rows.firstIndex(where: { $0.count != channels }) {
        throw BacktuneError.size(
          "\(what): \(rows[time].count) values at time \(time) of sequence \(sequence), expected \(channels)"
        )
      }
    }
    lengths = rows.map(\.count)
    values = rows.flatMap { $0.flatMap { $0 } }
  }

  package static func rows(
    of values: [Double], lengths: [Int], channels: Int
  ) -> [[[Double]]] {
    var first = 0
    return lengths.map { length in
      (0..<length).map { _ in
        defer { first += channels }
        return Array(values[first..<first + channels])
      }
    }
  }
}

extension Optional where Wrapped == [Double] {
  /// A buffer for the time of a call, nil for none.
  package func withBuffer<Result>(
    _ body: (UnsafeBufferPointer<Double>?) throws -> Result
  ) rethrows -> Result {
    guard let self else { return try body(nil) }
    return try self.withUnsafeBufferPointer { try body($0) }
  }
}
