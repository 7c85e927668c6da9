import BacktuneNetwork
import BacktuneNumerics

/// Mean and deviation of a channel: what the units of a problem are taken from (2.13 of the design).
package struct ChannelMoments: Sendable {
  package private(set) var mean = 0.0
  /// The first value, and how far the mean is from it, which the mean itself may round away.
  private var (origin, shift) = (0.0, 0.0)
  /// About the mean, of all values; 0 of a constant, up to rounding.
  package private(set) var deviation = 0.0
  package private(set) var lowest = Double.infinity
  package private(set) var highest = -Double.infinity
  package private(set) var count = 0

  /// s: the deviation; |m| of a constant, 1 of zeros and of no values. Within bounds that leave weights finite, and above 0,
  /// in units of any two channels.
  package var scale: Double {
    let own = deviation > 0 ? deviation : abs(mean)
    return own == 0 ? 1 : min(max(own, 0x1p-500), 0x1p500)
  }

  /// What such a channel is taken to be before it begins: its mean where it never comes to 0.
  var rest: Double { lowest <= 0 && highest >= 0 || count == 0 ? 0 : mean }

  /// The same of what the network makes itself, which may well begin at 0: its mean where half of its range would not
  /// reach 0.
  var restOfOutput: Double {
    let gap = max(lowest, -highest)
    return count == 0 || gap <= (highest - lowest) / 2 ? 0 : mean
  }

  /// A deviation below this, times the mean, is rounding.
  private static let rounding = 1e-14

  /// Of the values at `first`, `first` + `stride` ... that are to be taken. All sums are of differences from the first
  /// value, so that the mean of a constant is that constant to the bit; of large or small values times a power of two.
  init(
    _ values: UnsafeBufferPointer<Double>, first: Int, stride: Int,
    where isTaken: (Int) -> Bool = { _ in true }
  ) {
    var collector = Collector()
    for _ in 0..<Collector.passes {
      for place in Swift.stride(from: first, to: values.count, by: stride) where isTaken(place) {
        collector.add(values[place])
      }
      collector.endPass()
    }
    self = collector.moments
  }

  private init() {}

  /// Takes all values of a channel, in the same order, several times.
  struct Collector {
    static let passes = 3

    private(set) var moments = ChannelMoments()
    private var pass = 0
    private var unit = 1.0
    private var sum = 0.0
    /// The first value, and the mean's distance from it, in the unit.
    private var (origin, shift) = (0.0, 0.0)

    init() {}

    mutating func add(_ value: Double) {
      switch pass {
      case 0:
        if moments.count == 0 { moments.origin = value }
        moments.lowest = min(moments.lowest, value)
        moments.highest = max(moments.highest, value)
        moments.count += 1
      case 1:
        sum += (value / unit - origin)
      default:
        let difference = value / unit - origin - shift
        sum += difference * difference
      }
    }

    mutating func endPass() {
      defer { (pass, sum) = (pass + 1, 0) }
      let count = Double(moments.count)
      guard count > 0 else { return }
      switch pass {
      case 0:
        unit = ChannelMoments.unit(max(abs(moments.lowest), abs(moments.highest)))
        origin = moments.origin / unit
      case 1:
        shift = sum / count
        moments.mean = (origin + shift) * unit
        moments.shift = shift * unit
      default:
        let own = (sum / count).squareRoot() * unit
        moments.deviation = own > ChannelMoments.rounding * abs(moments.mean) ? own : 0
      }
    }
  }

  // MARK: over processes

  static let numberCount = 6

  var numbers: [Double] { [Double(count), origin, shift, deviation, lowest, highest] }

  /// Of several parts of a channel, by their numbers.
  init(joining parts: [[Double]], _ processes: Processes? = nil) {
    let known = parts.filter { $0[0] > 0 }
    guard let first = known.first else { return }
    lowest = known.reduce(first[4]) { min($0, $1[4]) }
    highest = known.reduce(first[5]) { max($0, $1[5]) }
    count = processes.number(known.reduce(0) { $0 + $1[0] })
    let unit = Self.unit(max(abs(lowest), abs(highest)))
    let total = Double(count)
    // Of every part, from the origin of the first.
    let shifts = known.map { $0[1] / unit - first[1] / unit + $0[2] / unit }
    let shift = zip(known, shifts).reduce(0) { $0 + $1.0[0] * $1.1 } / total
    let squares = zip(known, shifts).reduce(0.0) { sum, part in
      let (difference, own) = (part.1 - shift, part.0[3] / unit)
      return sum + part.0[0] * (own * own + difference * difference)
    }
    mean = (first[1] / unit + shift) * unit
    (origin, self.shift) = (first[1], shift * unit)
    let own = (squares / total).squareRoot() * unit
    deviation = own > Self.rounding * abs(mean) ? own : 0
  }

  /// What sums of such large or small values are taken in.
  private static func unit(_ largest: Double) -> Double {
    largest == 0 || (1e-140...1e140).contains(largest)
      ? 1 : Double(sign: .plus, exponent: largest.exponent, significand: 1)
  }

  /// Of the values of all channels, each about its mean and in a unit of its own; 0 of none.
  static func deviation(of channels: [ChannelMoments], units: [Double]? = nil) -> Double {
    var (sum, count) = (0.0, 0)
    for (k, channel) in channels.enumerated() {
      let own = channel.deviation / (units?[k] ?? 1)
      sum += own * own * Double(channel.count)
      count += channel.count
    }
    return count > 0 ? (sum / Double(count)).squareRoot() : 0
  }

  /// Of every channel of values that stand channel by channel, those that are to be taken.
  static func of(
    _ values: [Double], channels: Int, where isTaken: (Int) -> Bool = { _ in true }
  ) -> [ChannelMoments] {
    values.withUnsafeBufferPointer { buffer in
      (0..<channels).map {
        ChannelMoments(buffer, first: $0, stride: channels, where: isTaken)
      }
    }
  }
}

extension Sequences {
  /// What an estimation takes for the inputs before t = 0: 0, or the mean of a channel that never comes there.
  package var rest: [Double] { inputMoments.map(\.rest) }

  /// The same for observed groups of which measurements are read, those whose rest is not 0, see `restOfOutput`.
  package func groupRests(_ network: Network) -> [GroupID: [Double]] {
    var (result, output) = ([GroupID: [Double]](), 0)
    let sources = network.measuredSources.map(\.group)
    for item in network.outputs {
      let own =
        outputMoments.isEmpty ? [] : outputMoments[output..<output + item.count].map(\.restOfOutput)
      output += item.count
      guard sources.contains(item.group), own.contains(where: { $0 != 0 }) else { continue }
      let others = [Double](repeating: 0, count: network.size(of: item.group) - item.count)
      result[item.group] = own + others
    }
    return result
  }

  /// Of every input, up to the last observed value of each sequence: what follows may be padding.
  static func moments(
    ofInputs inputs: [Double], channels: Int, lengths: [Int], gains: [Double], outputs: Int
  ) -> [ChannelMoments] {
    guard let isUsed = stepsToLastObserved(lengths, gains, outputs) else {
      return ChannelMoments.of(inputs, channels: channels)
    }
    return ChannelMoments.of(inputs, channels: channels) { isUsed[$0 / channels] }
  }

  /// Time steps of the sequence that stands there up to its last observed value.
  func observedSteps(_ steps: Range<Int>) -> Int {
    gains.isEmpty ? steps.count : Self.observedSteps(steps, gains, outputCount)
  }

  static func observedSteps(
    _ steps: Range<Int>, _ gains: [Double], _ outputs: Int
  ) -> Int {
    var end = steps.upperBound
    while end > steps.lowerBound, gains[(end - 1) * outputs..<end * outputs].allSatisfy({ $0 == 0 })
    {
      end -= 1
    }
    return end - steps.lowerBound
  }

  /// Which time steps come before the end of what is observed of their sequence; nil where all do.
  private static func stepsToLastObserved(
    _ lengths: [Int], _ gains: [Double], _ outputs: Int
  ) -> [Bool]? {
    if gains.isEmpty { return nil }
    var result = [Bool](repeating: true, count: lengths.reduce(0, +))
    var first = 0
    for length in lengths {
      let end = first + observedSteps(first..<first + length, gains, outputs)
      for t in end..<first + length { result[t] = false }
      first += length
    }
    return result.allSatisfy { $0 } ? nil : result
  }
}
