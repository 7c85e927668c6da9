import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Sequences of inputs with what is desired of the outputs; each starts from the network's initial state (zero, or
/// learnt), unless one is given for each.
public struct Sequences: Sendable {
  /// Time steps of each sequence.
  public let lengths: [Int]
  public let inputCount: Int
  public let outputCount: Int
  /// sum T x M and sum T x O values, one sequence after the other, time first.
  package let inputs: [Double]
  package private(set) var desired: [Double]
  /// Gains kappa; 0 where nothing is observed (a NaN desired value, or a zero gain).
  package let gains: [Double]
  /// Whether anything is desired value by value.
  package let hasTargets: Bool
  /// The state before t = 0 of every sequence, sequences x flat state; nil for the network's.
  package private(set) var initial: [Double]?

  /// - Parameters:
  ///   - desired: NaN where not observed; nil where nothing is desired value by value.
  ///   - gains: 0 or more; nil for 1 everywhere.
  /// - Throws: `.size` for counts that do not fit, `.argument` for an input or a gain that is not finite, a negative
  ///   gain, an infinite desired value, or no observed value at all; `.network` where nothing can be observed.
  public init(
    _ network: Network, lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    desired: UnsafeBufferPointer<Double>?, gains: UnsafeBufferPointer<Double>? = nil
  ) throws {
    let batch = try Batch(lengths: lengths)
    let (m, o) = (network.inputs, network.outputCount)
    guard o > 0 else {
      throw BacktuneError.network("the network has no output: add a unit first")
    }
    let total = batch.totalSteps
    try MemoryBudget.bytes(doubles: [total, m], for: "inputs")
    try MemoryBudget.bytes(doubles: [total, o], for: "desired outputs")
    try Self.check(inputs.count, total, m, "inputs")
    if let desired { try Self.check(desired.count, total, o, "desired") }
    guard desired != nil || gains == nil else {
      throw BacktuneError.argument("gains: they came without desired outputs")
    }
    if let gains { try Self.check(gains.count, total, o, "gains") }
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
    try MemoryBudget.bytes(doubles: [total, m + 3 * o], for: "sequences")
    self.lengths = lengths
    (inputCount, outputCount) = (m, o)
    self.inputs = Array(inputs)
    hasTargets = desired != nil
    let goals = desired.map { Array($0) } ?? []
    let weights = goals.indices.map { goals[$0].isNaN ? 0 : gains?[$0] ?? 1 }
    self.gains = weights
    self.desired = goals.indices.map { weights[$0] == 0 ? 0 : goals[$0] }
    // The cost is divided by it.
    guard weights.reduce(0, +).isFinite else {
      throw BacktuneError.argument("gains: their sum is infinite, expected a finite one")
    }
    guard !hasTargets || weights.contains(where: { $0 > 0 }) else {
      throw BacktuneError.argument(
        "desired: none of the \(goals.count) values is observed (NaN, or a gain of 0), expected at least one"
      )
    }
  }

  private init(_ other: Sequences, gains: [Double]) {
    (lengths, inputCount, outputCount) = (other.lengths, other.inputCount, other.outputCount)
    (inputs, desired, self.gains) = (other.inputs, other.desired, gains)
    (hasTargets, initial) = (other.hasTargets, other.initial)
  }

  /// Gives every sequence its state before t = 0; nil for the network's.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite.
  public mutating func setInitialStates(
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
    var kept = gains
    var first = 0
    for length in lengths {
      for t in 0..<length where t < washout || (isStatic && t < length - 1) {
        for k in 0..<outputCount { kept[(first + t) * outputCount + k] = 0 }
      }
      first += length
    }
    guard kept.contains(where: { $0 > 0 }) else {
      throw BacktuneError.argument(
        "desired: no value is observed after a washout of \(washout) steps\(isStatic ? ", at the last step" : ""), expected at least one"
      )
    }
    return Sequences(self, gains: kept)
  }

  /// The same, desired values divided by a unit of their output.
  package func divided(by units: [Double]) -> Sequences {
    var other = Sequences(self, gains: gains)
    for place in desired.indices { other.desired[place] /= units[place % outputCount] }
    return other
  }

  private static func check(_ count: Int, _ steps: Int, _ channels: Int, _ what: String) throws {
    guard count == steps * channels else {
      throw BacktuneError.size("\(what): \(count) values, expected \(steps) steps x \(channels)")
    }
  }

  /// Sum of the gains of the observed values.
  package var gainSum: Double { gains.reduce(0, +) }

  /// sum kappa o^2.
  package var squares: Double { zip(gains, desired).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } }

  /// sum kappa (o - mean o)^2, the mean of each output weighted by the gains: what NMSE divides by. 0 where the outputs
  /// are constant up to rounding.
  package var spread: Double { outputSpreads.reduce(0, +) }

  /// The same of every output.
  package var outputSpreads: [Double] {
    let means = weightedMeans { $0 }
    var sums = [Double](repeating: 0, count: outputCount)
    var sizes = sums
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputCount
      let difference = desired[place] - means[output]
      sums[output] += gain * difference * difference
      sizes[output] += gain * means[output] * means[output]
    }
    return zip(sums, sizes).map { $0 <= $1 * 1e-28 ? 0 : $0 }
  }

  /// Deviation of the observed values about the mean of their output, gains not counted.
  package var deviation: Double {
    let means = weightedMeans { $0 > 0 ? 1 : 0 }
    var (sum, count) = (0.0, 0.0)
    for (place, gain) in gains.enumerated() where gain > 0 {
      let difference = desired[place] - means[place % outputCount]
      sum += difference * difference
      count += 1
    }
    return count > 0 ? (sum / count).squareRoot() : 0
  }

  /// Taken about the first observed value of each output, so that the mean of a constant is that constant to the bit,
  /// however many values there are.
  private func weightedMeans(_ weight: (Double) -> Double) -> [Double] {
    var origins = [Double?](repeating: nil, count: outputCount)
    var sums = [Double](repeating: 0, count: outputCount)
    var weights = sums
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputCount
      let origin = origins[output] ?? desired[place]
      origins[output] = origin
      sums[output] += weight(gain) * (desired[place] - origin)
      weights[output] += weight(gain)
    }
    return origins.indices.map {
      (origins[$0] ?? 0) + (weights[$0] > 0 ? sums[$0] / weights[$0] : 0)
    }
  }
}
