import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Sequences of inputs with what is desired of the outputs; each starts from the network's initial state (zero, or
/// learnt), unless one is given for each.
public struct Sequences: Sendable {
  /// Time steps of each sequence.
  public let lengths: [Int]
  /// Number of inputs.
  public let inputCount: Int
  /// Number of outputs.
  public let outputCount: Int
  /// sum T x M and sum T x O values, one sequence after the other, time first.
  package let inputs: [Double]
  package let desired: [Double]
  /// Gains kappa; 0 where nothing is observed (a NaN desired value, or a zero gain).
  package let gains: [Double]
  /// Whether anything is desired value by value.
  package internal(set) var hasTargets: Bool
  /// Desired values as they came, NaN where not known: what may be measured of the outputs, whatever their gains.
  let known: [Double]
  /// Measured values of groups, sum T x size, NaN where not known.
  private(set) var measured: [GroupID: [Double]] = [:]
  /// The state before t = 0 of every sequence, sequences x flat state; nil for the network's.
  package internal(set) var initial: [Double]?
  /// Sums over the observed values.
  var sums: DesiredSums
  /// Of every input, and of the observed values of every output, gains not counted (none where nothing is desired).
  package internal(set) var inputMoments: [ChannelMoments]
  package internal(set) var outputMoments: [ChannelMoments]
  /// Whether other processes have sequences too, so that these may be few: one of no step stands for none.
  package let isShare: Bool
  /// Whether that is so.
  package let isNone: Bool
  /// The number of the first among those of all processes, and how many these have; of what is repeated, before it is.
  var (firstNumber, allCount) = (0, 0)
  /// How many times they are repeated.
  private(set) var copies = 1
  /// Where values come from that are read when they are wanted; then there are none here.
  let loaded: LoadedSequences?

  /// Sum of the gains of the observed values.
  package var gainSum: Double { sums.gainSum }
  /// sum kappa o^2.
  package var squares: Double { sums.squares }
  /// sum kappa (o - mean o)^2 of every output, its mean weighted by the gains: what NMSE divides by. 0 where it is
  /// constant up to rounding.
  package var spreads: [Double] { sums.spreads }
  /// Deviation of the observed values about the mean of their output, gains not counted.
  package var deviation: Double { ChannelMoments.deviation(of: outputMoments) }

  /// - Parameters:
  ///   - desired: NaN where not observed; nil where nothing is desired value by value.
  ///   - gains: 0 or more; nil for 1 everywhere.
  ///   - isShare: whether other processes have sequences too: there may be none here, or nothing observed.
  /// - Throws: `.size` for counts that do not fit, `.argument` for an input or a gain that is not finite, a negative
  ///   gain, an infinite desired value, or no observed value at all; `.network` where nothing can be observed.
  package init(
    _ network: Network, lengths given: [Int], inputs: UnsafeBufferPointer<Double>,
    desired: UnsafeBufferPointer<Double>?, gains: UnsafeBufferPointer<Double>? = nil,
    isShare: Bool = false
  ) throws {
    isNone = isShare && given.isEmpty
    let lengths = isNone ? [0] : given
    self.isShare = isShare
    loaded = nil
    let total = try Batch.totalSteps(of: lengths)
    let (m, o) = (network.inputs, network.outputCount)
    guard o > 0 else {
      throw BacktuneError.network("the network has no output: add a unit first")
    }
    try MemoryBudget.bytes(doubles: [total, m], for: "inputs")
    try MemoryBudget.bytes(doubles: [total, o], for: "desired outputs")
    try Self.check(inputs.count, total, m, "inputs")
    if let desired { try Self.check(desired.count, total, o, "desired") }
    guard desired != nil || gains == nil else {
      throw BacktuneError.argument("gains: they came without desired outputs")
    }
    if let gains { try Self.check(gains.count, total, o, "gains") }
    let batch = try Batch(lengths: lengths)
    if let place = inputs.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "inputs: \(batch.place(ofValue: place, channels: m)) is \(inputs[place]), expected a finite number"
      )
    }
    if let desired, let place = desired.firstIndex(where: \.isInfinite) {
      throw BacktuneError.argument(
        "desired: \(batch.place(ofValue: place, channels: o)) is \(desired[place]), expected a finite number, or NaN where not observed"
      )
    }
    if let gains, let place = gains.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw BacktuneError.argument(
        "gains: \(batch.place(ofValue: place, channels: o)) is \(gains[place]), expected a finite number of 0 or more"
      )
    }
    // All that is kept, with its growth.
    try MemoryBudget.bytes(doubles: [total, m + 4 * o], for: "sequences")
    self.lengths = lengths
    (inputCount, outputCount) = (m, o)
    self.inputs = Array(inputs)
    hasTargets = desired != nil
    let goals = desired.map { Array($0) } ?? []
    known = goals
    let weights = goals.indices.map { goals[$0].isNaN ? 0 : gains?[$0] ?? 1 }
    self.gains = weights
    self.desired = goals.indices.map { weights[$0] == 0 ? 0 : goals[$0] }
    inputMoments = Self.moments(
      ofInputs: self.inputs, channels: m, lengths: lengths, gains: weights, outputs: o)
    outputMoments =
      hasTargets ? ChannelMoments.of(self.desired, channels: o, where: { weights[$0] > 0 }) : []
    sums = DesiredSums(gains: weights, desired: self.desired, outputs: o)
    (firstNumber, allCount) = (0, lengths.count)
    try checkGainSum()
    guard isShare || !hasTargets || weights.contains(where: { $0 > 0 }) else {
      throw BacktuneError.argument(
        "desired: none of the \(goals.count) values is observed (NaN, or a gain of 0), expected at least one"
      )
    }
  }

  private init(_ other: Sequences, gains: [Double], desired: [Double]) {
    (lengths, inputCount, outputCount) = (other.lengths, other.inputCount, other.outputCount)
    (inputs, self.desired, self.gains) = (other.inputs, desired, gains)
    (hasTargets, initial) = (other.hasTargets, other.initial)
    (known, measured) = (other.known, other.measured)
    inputMoments = Self.moments(
      ofInputs: inputs, channels: inputCount, lengths: lengths, gains: gains, outputs: outputCount)
    outputMoments = ChannelMoments.of(desired, channels: outputCount, where: { gains[$0] > 0 })
    sums = DesiredSums(gains: gains, desired: desired, outputs: outputCount)
    (isShare, isNone, copies) = (other.isShare, other.isNone, other.copies)
    loaded = nil
    (firstNumber, allCount) = (other.firstNumber, other.allCount)
  }

  /// Gives what was measured of a group that is read so, in place of what is known of it as an output.
  ///
  /// - Parameter values: sum T x size of the group, NaN where not known; nil for what is known of it as an output.
  /// - Throws: `.argument` for a group of which nothing is read as measured, or an infinite value; `.size` for another
  ///   number of values.
  package mutating func setMeasured(
    _ network: Network, _ group: GroupID, _ values: UnsafeBufferPointer<Double>?
  ) throws {
    let own = try network.checkedGroup(group)
    guard loaded == nil else { throw Self.unreadable(network) }
    guard network.measuredSources.contains(where: { $0.group == group }) else {
      throw BacktuneError.argument(
        "group \(own.name): nothing is read as measured of it, add a measured group first")
    }
    if let values {
      try MemoryBudget.bytes(doubles: [totalSteps, own.size], for: "measured values")
      try Self.check(values.count, totalSteps, own.size, "measured values of \(own.name)")
      if let place = values.firstIndex(where: \.isInfinite) {
        throw BacktuneError.argument(
          "measured values of \(own.name): value \(place) is \(values[place]), expected a finite number, or NaN where not known"
        )
      }
    }
    measured[group] = values.map { Array($0) }
  }

  private var totalSteps: Int { lengths.reduce(0, +) }

  /// What was measured of the groups of a network.
  ///
  /// - Parameters:
  ///   - horizons: steps of the blocks of free simulation, in turn for all sequences.
  ///   - unit: of the values of a node.
  /// - Throws: `.argument` where nothing is known of a group whose measurements a finite horizon reads.
  func measurements(
    _ network: Network, horizons: [Double],
    unit: (GroupID, Int) -> (mean: Double, scale: Double) = { _, _ in (0, 1) }
  ) throws -> Measurements? {
    let sources = network.measuredSources
    if loaded != nil, !sources.isEmpty { throw Self.unreadable(network) }
    if sources.isEmpty {
      guard horizons.allSatisfy({ $0 == .infinity }) else {
        throw BacktuneError.argument(
          "option horizon: \(horizons.first ?? 1), expected infinity: the network has no measured group"
        )
      }
      return nil
    }
    let result = try known.withUnsafeBufferPointer {
      try Measurements(
        network, outputs: hasTargets ? $0 : nil, others: measured, steps: totalSteps,
        horizons: horizons, unit: unit)
    }
    // Other processes may know some.
    if isShare || horizons.allSatisfy({ $0 == .infinity }) { return result }
    for (group, _) in sources where result.values[group]?.contains(where: { !$0.isNaN }) != true {
      throw BacktuneError.argument(
        "measured values of \(network.groups[group].name): none is known, expected some with a horizon of \(horizons.first ?? 1)"
      )
    }
    return result
  }

  /// The same, one after the other so many times.
  /// - Throws: `.memory` past the budget.
  func repeated(_ count: Int) throws -> Sequences {
    if count == 1 { return self }
    guard loaded == nil else {
      throw BacktuneError.argument(
        "horizons: \(count) came, expected 1 with sequences that are read when they are wanted")
    }
    let others = measured.values.reduce(0) { $0 + $1.count }
    try MemoryBudget.bytes(
      doubles: [count, inputs.count + 4 * desired.count + others], for: "sequences")
    return Sequences(self, times: count)
  }

  private init(_ other: Sequences, times: Int) {
    func repeated<Value>(_ values: [Value]) -> [Value] {
      Array([[Value]](repeating: values, count: times).joined())
    }
    lengths = repeated(other.lengths)
    (inputCount, outputCount) = (other.inputCount, other.outputCount)
    (inputs, desired) = (repeated(other.inputs), repeated(other.desired))
    (gains, known) = (repeated(other.gains), repeated(other.known))
    measured = other.measured.mapValues(repeated)
    (hasTargets, initial) = (other.hasTargets, other.initial)
    (inputMoments, outputMoments) = (other.inputMoments, other.outputMoments)
    sums = DesiredSums(gains: gains, desired: desired, outputs: outputCount)
    (isShare, isNone, copies) = (other.isShare, other.isNone, times)
    loaded = nil
    (firstNumber, allCount) = (other.firstNumber, other.allCount)
  }

  /// Gives every sequence its state before t = 0; nil for the network's.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite.
  package mutating func setInitialStates(
    _ network: Network, _ values: UnsafeBufferPointer<Double>?
  ) throws {
    if let values {
      let size = network.stateSize
      try MemoryBudget.bytes(doubles: [lengths.count, size], for: "initial states")
      guard values.count == lengths.count * size else {
        throw BacktuneError.size(
          "initial states: \(values.count) values, expected \(lengths.count) sequences x \(size) (the state size)"
        )
      }
      if let place = values.firstIndex(where: { !$0.isFinite }) {
        throw BacktuneError.argument(
          "initial states: value \(place) is \(values[place]), expected a finite number")
      }
    }
    initial = values.map { Array($0) }
  }

  /// The same, observed from step `washout` on, at the last step only where `isStatic`.
  /// - Throws: `.argument` where nothing is observed then.
  package func observed(washout: Int, isStatic: Bool) throws -> Sequences {
    if !hasTargets || (washout == 0 && !isStatic) { return self }
    if let loaded { return try observed(loaded, washout: washout, isStatic: isStatic) }
    var kept = gains
    var first = 0
    for length in lengths {
      for t in 0..<length where t < washout || (isStatic && t < length - 1) {
        for k in 0..<outputCount { kept[(first + t) * outputCount + k] = 0 }
      }
      first += length
    }
    guard isShare || kept.contains(where: { $0 > 0 }) else {
      throw Self.nothingObserved(washout: washout, isStatic: isStatic)
    }
    return Sequences(self, gains: kept, desired: desired)
  }

  static func nothingObserved(washout: Int, isStatic: Bool) -> BacktuneError {
    .argument(
      "desired: no value is observed after a washout of \(washout) steps\(isStatic ? ", at the last step" : ""), expected at least one"
    )
  }

  /// The same, desired values divided by a unit of their output.
  package func divided(by units: [Double]) throws -> Sequences {
    if let loaded { return try Sequences(self, loaded.divided(by: units)) }
    return Sequences(
      self, gains: gains,
      desired: desired.indices.map { desired[$0] / units[$0 % outputCount] })
  }

  private static func check(_ count: Int, _ steps: Int, _ channels: Int, _ what: String) throws {
    guard count == steps * channels else {
      throw BacktuneError.size("\(what): \(count) values, expected \(steps) steps x \(channels)")
    }
  }
}
