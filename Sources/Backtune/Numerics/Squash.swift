/// mean + half tanh(scale u + offset) of a vector: every sigmoid function.
///
/// Public only because methods with package access are not inlined in other modules.
public struct Squash: Sendable {
  public let mean: Double
  public let half: Double
  public let scale: Double
  public let offset: Double
  /// 1/half.
  @usableFromInline let inverseHalf: Double
  /// Whether it is tanh u.
  package let isPlain: Bool
  /// Whether it rises from 0: `rising` is the same with a shorter way, and small values that are exact.
  package let isRising: Bool
  /// 2 half/(1 + 2^(rate u + shift)).
  @usableFromInline let rate: Double
  @usableFromInline let shift: Double

  package init(mean: Double, half: Double, scale: Double, center: Double) {
    (self.mean, self.half, self.scale, offset) = (mean, half, scale, -center * scale)
    inverseHalf = 1 / half
    (rate, shift) = (-2 * 1.4426950408889634 * scale, 2 * 1.4426950408889634 * scale * center)
    isRising = mean == half && rate.isFinite && shift.isFinite
    isPlain = mean == 0 && half == 1 && scale == 1 && center == 0
  }

  @inlinable @inline(__always)
  public func callAsFunction(_ u: Vector) -> Vector {
    multiplyAdd(Vector(repeating: half), tanh(u), Vector(repeating: mean))
  }

  @inlinable @inline(__always)
  public func rising(_ u: Vector) -> Vector {
    VectorMath.overOnePlusPower(
      Vector(repeating: 2 * half),
      multiplyAdd(u, Vector(repeating: rate), Vector(repeating: shift)))
  }

  /// The derivative from its value, without its tanh.
  @inlinable @inline(__always)
  public func slope(value v: Vector) -> Vector { slope(tanh: (v - mean) * inverseHalf) }

  @inlinable @inline(__always)
  func tanh(_ u: Vector) -> Vector {
    VectorMath.tanh(multiplyAdd(u, Vector(repeating: scale), Vector(repeating: offset)))
  }

  @inlinable @inline(__always)
  func slope(tanh h: Vector) -> Vector {
    Self.slope(tanh: h) * Vector(repeating: half * scale)
  }

  /// That of tanh alone.
  @inlinable @inline(__always)
  public static func slope(tanh h: Vector) -> Vector {
    multiplyAdd(-h, h, Vector(repeating: 1))
  }
}
