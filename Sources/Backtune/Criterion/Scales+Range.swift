import BacktuneNetwork
import BacktuneNumerics

/// Units in which no weights can be written.
extension Scales {
  /// W/V at most, and the least: V times that has to be a number, to some digits.
  private static let largest = 0x1p1010
  private static let least = 0x1p-1010

  /// - Throws: `.argument` where weights of the network would be beyond what a double can be.
  func checkRange(
    _ network: Network, inputs: [ChannelMoments], outputs moments: [ChannelMoments]
  ) throws {
    guard
      let slot = factors.firstIndex(where: { !(Self.least...Self.largest).contains($0) }),
      let array = network.arrays.first(where: { $0.slots.contains(slot) })
    else { return }
    let named =
      deviations.enumerated().map { ("input \($0)", $1) }
      + outputs.enumerated().map { ("desired output \($0)", $1) }
    let farthest = named.max { Self.distance($0.1) < Self.distance($1.1) }
    throw BacktuneError.argument(
      "\(farthest?.0 ?? "data"): its deviation is \(farthest?.1 ?? 1), and weights \(array.name) would have to be "
        + "about \(factors[slot]), expected deviations of about 1: bring inputs and outputs to other units"
    )
  }

  /// Of a size from 1, in powers of two.
  private static func distance(_ scale: Double) -> Int {
    scale > 0 && scale.isFinite ? abs(Int(scale.exponent)) : .max
  }
}
