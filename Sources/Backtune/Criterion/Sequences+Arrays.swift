import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Sequences from arrays.
extension Sequences {
  /// One sequence.
  ///
  ///     let sequences = try Sequences(network, inputs: [[1], [0], [0]], desired: [[.nan], [0.5], [0.25]])
  ///
  /// - Parameters:
  ///   - network: the one that they are for; outputs are those that it observes.
  ///   - inputs: [time][input], finite.
  ///   - desired: [time][output], NaN where not observed; nil where nothing is desired value by value.
  ///   - gains: [time][output], 0 or more; nil for 1 everywhere.
  /// - Throws: `.size` for counts that do not fit, `.argument` for an input or a gain that is not finite, a negative
  ///   gain, an infinite desired value, or no observed value at all; `.network` where nothing can be observed.
  public init(
    _ network: Network, inputs: [[Double]], desired: [[Double]]?, gains: [[Double]]? = nil
  ) throws {
    try self.init(
      network, inputs: [inputs], desired: desired.map { [$0] }, gains: gains.map { [$0] })
  }

  /// Several sequences, of any lengths.
  ///
  /// - Parameters:
  ///   - network: the one that they are for; outputs are those that it observes.
  ///   - inputs: [sequence][time][input], finite.
  ///   - desired: [sequence][time][output], NaN where not observed; nil where nothing is desired value by value.
  ///   - gains: [sequence][time][output], 0 or more; nil for 1 everywhere.
  /// - Throws: as for one sequence.
  public init(
    _ network: Network, inputs: [[[Double]]], desired: [[[Double]]]?, gains: [[[Double]]]? = nil
  ) throws {
    let flat = try FlatSequences(inputs, channels: network.inputs, "inputs")
    func values(_ rows: [[[Double]]]?, _ what: String) throws -> [Double]? {
      guard let rows else { return nil }
      let other = try FlatSequences(rows, channels: network.outputCount, what)
      guard other.lengths == flat.lengths else {
        throw BacktuneError.size(
          "\(what): lengths \(other.lengths) came, expected \(flat.lengths) (those of the inputs)")
      }
      return other.values
    }
    try self.init(
      network, lengths: flat.lengths, inputs: flat.values,
      desired: try values(desired, "desired"), gains: try values(gains, "gains"))
  }

  /// Sequences that stand one after the other in flat arrays.
  ///
  /// - Parameters:
  ///   - network: the one that they are for; outputs are those that it observes.
  ///   - lengths: T of each sequence, 0 or more.
  ///   - inputs: sum T x inputs, time first, finite.
  ///   - desired: sum T x outputs, NaN where not observed; nil where nothing is desired value by value.
  ///   - gains: sum T x outputs, 0 or more; nil for 1 everywhere.
  /// - Throws: as for one sequence.
  public init(
    _ network: Network, lengths: [Int], inputs: [Double], desired: [Double]?,
    gains: [Double]? = nil
  ) throws {
    self = try inputs.withUnsafeBufferPointer { inputs in
      try desired.withBuffer { desired in
        try gains.withBuffer {
          try Sequences(network, lengths: lengths, inputs: inputs, desired: desired, gains: $0)
        }
      }
    }
  }

  /// Sequences that are not in memory: each is read when it is worked on, in every pass over the data again.
  ///
  /// - Parameters:
  ///   - network: the one that they are for; outputs are those that it observes.
  ///   - lengths: T of each sequence, 0 or more.
  ///   - hasTargets: whether anything is desired value by value.
  ///   - hasGains: whether gains come; else they are 1.
  ///   - read: gives sequence number k, the same values whenever it is asked: T x inputs, T x outputs of what is desired, NaN
  ///     where not observed, and as many gains; the last two empty where none were announced. It is called on the thread
  ///     that called the engine; what it throws ends the call that wanted the sequence.
  /// - Throws: as for one sequence, and what `read` throws: all are read three times.
  public init(
    _ network: Network, lengths: [Int], hasTargets: Bool = true, hasGains: Bool = false,
    read: @escaping (Int) throws -> (inputs: [Double], desired: [Double], gains: [Double])
  ) throws {
    func fill(
      _ values: UnsafeMutableBufferPointer<Double>?, _ found: [Double], _ what: String,
      _ number: Int
    ) throws {
      guard found.count == values?.count ?? 0 else {
        throw BacktuneError.size(
          "\(what): sequence \(number) has \(found.count) values, expected \(values?.count ?? 0)"
        )
      }
      _ = values?.update(fromContentsOf: found)
    }
    try self.init(network, lengths: lengths, hasTargets: hasTargets, hasGains: hasGains) {
      number, inputs, desired, gains in
      let found = try read(number)
      try fill(inputs, found.inputs, "inputs", number)
      try fill(desired, found.desired, "desired", number)
      try fill(gains, found.gains, "gains", number)
    }
  }

  /// Gives every sequence its state before t = 0, sequences x `stateSize` values; nil for the network's.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite.
  public mutating func setInitialStates(_ network: Network, _ values: [Double]?) throws {
    try values.withBuffer { try setInitialStates(network, $0) }
  }
}
