import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Sequences that are read when they are wanted, as they are asked for: observed after a washout, in units of the outputs.
final class LoadedSequences: SequenceReader, @unchecked Sendable {
  let lengths: [Int]
  let inputCount: Int
  let outputCount: Int
  let hasTargets: Bool
  private let hasGains: Bool
  private let load: Sequences.Load
  /// How they are asked for.
  private var washout = 0
  private var isStatic = false
  private var units: [Double]?

  init(
    _ network: Network, lengths: [Int], hasTargets: Bool, hasGains: Bool,
    _ load: @escaping Sequences.Load
  ) {
    self.lengths = lengths
    (inputCount, outputCount) = (network.inputs, network.outputCount)
    (self.hasTargets, self.hasGains, self.load) = (hasTargets, hasGains, load)
  }

  private init(_ other: LoadedSequences) {
    lengths = other.lengths
    (inputCount, outputCount) = (other.inputCount, other.outputCount)
    (hasTargets, hasGains, load) = (other.hasTargets, other.hasGains, other.load)
    (washout, isStatic, units) = (other.washout, other.isStatic, other.units)
  }

  func observed(washout: Int, isStatic: Bool) -> LoadedSequences {
    let result = LoadedSequences(self)
    (result.washout, result.isStatic) = (washout, isStatic)
    return result
  }

  func divided(by units: [Double]) -> LoadedSequences {
    let result = LoadedSequences(self)
    result.units = units
    return result
  }

  /// - Throws: what the loader throws; `.argument` for values that may not be.
  func read(_ number: Int) throws -> SequenceValues {
    let steps = lengths[number]
    var inputs = try [Double].zeros([steps, inputCount], for: "inputs")
    var desired = try [Double].zeros([hasTargets ? steps : 0, outputCount], for: "desired outputs")
    var gains = [Double](repeating: 1, count: desired.count)
    try inputs.withUnsafeMutableBufferPointer { inputs in
      try desired.withUnsafeMutableBufferPointer { desired in
        try gains.withUnsafeMutableBufferPointer { gains in
          try load(
            number, inputs, hasTargets ? desired : nil, hasTargets && hasGains ? gains : nil)
        }
      }
    }
    try check(inputs, inputCount, number, "inputs", "a finite number", \.isFinite)
    try check(desired, outputCount, number, "desired", "a finite number, or NaN where not observed")
    {
      !$0.isInfinite
    }
    try check(gains, outputCount, number, "gains", "a finite number of 0 or more") {
      $0 >= 0 && $0.isFinite
    }
    for place in desired.indices {
      if desired[place].isNaN { gains[place] = 0 }
      if gains[place] == 0 { desired[place] = 0 }
      let t = place / outputCount
      if t < washout || (isStatic && t < steps - 1) { gains[place] = 0 }
      if let units { desired[place] /= units[place % outputCount] }
    }
    return SequenceValues(inputs: inputs, desired: desired, gains: gains)
  }

  private func check(
    _ values: [Double], _ channels: Int, _ number: Int, _ what: String, _ expected: String,
    _ isAllowed: (Double) -> Bool
  ) throws {
    guard let place = values.firstIndex(where: { !isAllowed($0) }) else { return }
    throw BacktuneError.argument(
      "\(what): sequence \(number), step \(place / channels), channel \(place % channels) is \(values[place]), expected \(expected)"
    )
  }
}

/// Sequences that are read when they are wanted.
extension Sequences {
  /// Writes a sequence, the same whenever it is asked: `(sequence, inputs, desired, gains)`, T x M and T x O values, NaN
  /// where an output is not observed; the last two where such were announced. Called on the thread that called the engine.
  package typealias Load = (
    Int, UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>?,
    UnsafeMutableBufferPointer<Double>?
  ) throws -> Void

  /// Sequences that are not in memory: each is read when it is worked on, in every pass over the data again.
  ///
  /// - Parameters:
  ///   - network: the one that they are for; outputs are those that it observes.
  ///   - lengths: T of each sequence, 0 or more.
  ///   - hasTargets: whether anything is desired value by value.
  ///   - hasGains: whether gains come; else they are 1.
  ///   - load: reads a sequence; what it throws ends the call that wanted it.
  /// - Throws: as for sequences in memory, and what `load` throws: all are read three times.
  package init(
    _ network: Network, lengths: [Int], hasTargets: Bool = true, hasGains: Bool = false,
    load: @escaping Load
  ) throws {
    try self.init(
      network, lengths: lengths, hasTargets: hasTargets, hasGains: hasGains, isShare: false, load)
  }

  package init(
    _ network: Network, lengths: [Int], hasTargets: Bool, hasGains: Bool, isShare: Bool,
    _ load: @escaping Load
  ) throws {
    if lengths.isEmpty {
      // Of a process that has none; or the error of it.
      let none = UnsafeBufferPointer<Double>(start: nil, count: 0)
      try self.init(
        network, lengths: [], inputs: none, desired: hasTargets ? none : nil, isShare: isShare)
      return
    }
    guard network.outputCount > 0 else {
      throw BacktuneError.network("the network has no output: add a unit first")
    }
    _ = try Batch.totalSteps(of: lengths)
    let loaded = LoadedSequences(
      network, lengths: lengths, hasTargets: hasTargets, hasGains: hasGains, load)
    try self.init(loaded, isShare: isShare)
    guard isShare || !hasTargets || outputMoments.contains(where: { $0.count > 0 }) else {
      throw BacktuneError.argument(
        "desired: none of the values is observed (NaN, or a gain of 0), expected at least one")
    }
  }

  private init(_ loaded: LoadedSequences, isShare: Bool) throws {
    self.loaded = loaded
    lengths = loaded.lengths
    (inputCount, outputCount) = (loaded.inputCount, loaded.outputCount)
    (inputs, desired, gains, known) = ([], [], [], [])
    hasTargets = loaded.hasTargets
    (self.isShare, isNone) = (isShare, false)
    (inputMoments, outputMoments, sums) = try loaded.statistics()
    (firstNumber, allCount) = (0, lengths.count)
    try checkGainSum()
  }

  /// As others, but read so.
  init(_ other: Sequences, _ loaded: LoadedSequences) throws {
    self = try Sequences(loaded, isShare: other.isShare)
    initial = other.initial
    (firstNumber, allCount) = (other.firstNumber, other.allCount)
  }

  /// See `observed(washout:isStatic:)`.
  func observed(_ loaded: LoadedSequences, washout: Int, isStatic: Bool) throws -> Sequences {
    let result = try Sequences(
      self, loaded.observed(washout: washout, isStatic: isStatic))
    guard isShare || result.outputMoments.contains(where: { $0.count > 0 }) else {
      throw Self.nothingObserved(washout: washout, isStatic: isStatic)
    }
    return result
  }

  /// Gives the values of a sequence when they are wanted, where they are not in memory.
  package var reader: (any SequenceReader)? { loaded }

  /// The first desired value that is not as it may be.
  func firstDesired(where isWrong: (Double) -> Bool) throws -> Double? {
    guard let loaded else { return desired.first(where: isWrong) }
    for place in loaded.lengths.indices {
      if let value = try loaded.read(place).desired.first(where: isWrong) { return value }
    }
    return nil
  }

  static func unreadable(_ network: Network) -> BacktuneError {
    let source = network.measuredSources.first.map { network.groups[$0.group].name } ?? ""
    return .argument(
      "sequences: they are read when they are wanted, and what is measured of group \(source) with them, expected all in memory, or a network that reads no measurements"
    )
  }
}

extension LoadedSequences {
  typealias Statistics = (inputs: [ChannelMoments], outputs: [ChannelMoments], sums: DesiredSums)

  /// What sequences in memory are asked, to the same bits, in three passes over them.
  func statistics() throws -> Statistics {
    var inputs = [ChannelMoments.Collector](repeating: .init(), count: inputCount)
    var outputs = [ChannelMoments.Collector](
      repeating: .init(), count: hasTargets ? outputCount : 0)
    var sums = DesiredSums.Collector(outputs: outputCount)
    for pass in 0..<ChannelMoments.Collector.passes {
      for place in lengths.indices {
        let values = try read(place)
        let steps =
          hasTargets
          ? Sequences.observedSteps(0..<lengths[place], values.gains, outputCount)
          : lengths[place]
        for m in 0..<inputCount {
          for t in 0..<steps { inputs[m].add(values.inputs[t * inputCount + m]) }
        }
        for k in outputs.indices {
          for place in stride(from: k, to: values.gains.count, by: outputCount)
          where values.gains[place] > 0 { outputs[k].add(values.desired[place]) }
        }
        if pass < DesiredSums.Collector.passes {
          sums.add(gains: values.gains, desired: values.desired)
        }
      }
      for m in inputs.indices { inputs[m].endPass() }
      for k in outputs.indices { outputs[k].endPass() }
      sums.endPass()
    }
    return (inputs.map(\.moments), outputs.map(\.moments), sums.sums)
  }
}
