/// A reproducible stream of random numbers: the same seed and name give the same bits on every
/// machine and in every build. Streams of different names are independent, so that one seed serves
/// a whole estimation and an added stream changes no other.
///
/// xoshiro256++ (Blackman and Vigna 2019), its state filled by SplitMix64 (Steele et al. 2014) from
/// the seed and the FNV-1a hash of the name.
package struct RandomStream: Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)
  /// The polar method gives normal values in pairs.
  private var spareNormal: Double?

  package init(seed: UInt64, name: String) {
    var seeds = SplitMix64(state: seed)
    var mixed = SplitMix64(state: seeds.next() ^ Self.hash(name))
    state = (mixed.next(), mixed.next(), mixed.next(), mixed.next())
  }

  package mutating func nextUInt64() -> UInt64 {
    let result = rotated(state.0 &+ state.3, by: 23) &+ state.0
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return result
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  package mutating func uniform() -> Double {
    Double(nextUInt64() &>> 11) * 0x1p-53
  }

  /// Uniform between two bounds, which rounding may hit.
  package mutating func uniform(in lower: Double, _ upper: Double) -> Double {
    let (width, share) = (upper - lower, uniform())
    return width.isFinite ? lower + width * share : lower * (1 - share) + upper * share
  }

  /// Normally distributed, mean 0, deviation 1 (Marsaglia's polar method).
  package mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let x = uniform(in: -1, 1)
      let y = uniform(in: -1, 1)
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      let scale = (-2 * VectorMath.log(square) / square).squareRoot()
      spareNormal = y * scale
      return x * scale
    }
  }

  /// Uniform in 0..<bound without bias (Lemire 2019); 0 when `bound` is below 2.
  package mutating func integer(below bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let bound = UInt64(bound)
    var product = nextUInt64().multipliedFullWidth(by: bound)
    // The lowest 2^64 mod bound products would be one too many for some results.
    let surplus = (0 &- bound) % bound
    while product.low < surplus {
      product = nextUInt64().multipliedFullWidth(by: bound)
    }
    return Int(product.high)
  }

  private func rotated(_ x: UInt64, by count: UInt64) -> UInt64 {
    (x &<< count) | (x &>> (64 &- count))
  }

  /// FNV-1a, 64 bits, over the UTF-8 bytes.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
  }
}
