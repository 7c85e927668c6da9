/// No product is fused with a sum here: logarithms, and with them random numbers, have the same
/// bits in every build.
extension VectorMath {
  /// The natural logarithm. -infinity at +-0, NaN below zero and for NaN, infinity at infinity.
  @inlinable @inline(__always)
  public static func log(_ x: Vector) -> Vector {
    // A denormal gets a full mantissa first.
    let isTiny = x .< 0x1p-1022
    let normal = x.replacing(with: x * 0x1p54, where: isTiny)
    let offset = Vector.zero.replacing(with: -54, where: isTiny)
    return withSpecialValues(finiteLog(normal, offset: offset, correction: .zero), x)
  }

  /// log(1 + x). Keeps the sign of zero, is x itself for tiny and denormal x, -infinity at -1, NaN
  /// below and for NaN, infinity at infinity.
  @inlinable @inline(__always)
  public static func log1p(_ x: Vector) -> Vector {
    // 1 + x = u + error (Knuth's sum), log(1 + x) = log u + error/u.
    let u = 1 + x
    let part = u - 1
    let error = (1 - (u - part)) + (x - part)
    let value = withSpecialValues(finiteLog(u, offset: .zero, correction: error / u), u)
    return settingSign(value, of: x)
  }

  /// log x + offset ln 2 + correction for normal x > 0; of no consequence elsewhere.
  ///
  /// x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt 2, s = f/(2 + f), log(1 + f) = f - f^2/2 + s (f^2/2
  /// + R(s^2)), as in Sun's fdlibm: only the last, small term is rounded more than once.
  @inlinable @inline(__always)
  public static func finiteLog(
    _ x: Vector, offset: Vector, correction: Vector
  ) -> Vector {
    let rootHalf: UInt64 = 0x3FE6_A09E_667F_3BCD
    let moved = bits(x) &+ (0x3FF0_0000_0000_0000 - rootHalf)
    // The exponent field in the mantissa of 2^52: an integer made a double by one subtraction.
    let k = double((moved &>> 52) | 0x4330_0000_0000_0000) - (0x1p52 + 1023) + offset
    let f = double((moved & 0x000F_FFFF_FFFF_FFFF) &+ rootHalf) - 1

    // Error 0.04.
    let s = f / (2 + f)
    let z = s * s
    let z2 = z * z
    let c01 = 0.666666666666667 + z * 0.39999999999899444
    let c23 = 0.2857142862600327 + z * 0.22222211130259878
    let c45 = 0.18182889455674947 + z * 0.15331710618210773
    let c456 = c45 + z2 * 0.14616585424888623
    let tail = z * (c01 + z2 * (c23 + z2 * c456))

    let half = 0.5 * f * f
    let small = s * (half + tail) + (k * 0x1.cf79abc9e3b3ap-40 + correction)
    return k * 0x1.62e42fefap-1 + (f - (half - small))
  }

  /// `value`, except where `x` has no finite logarithm.
  @inlinable @inline(__always)
  public static func withSpecialValues(
    _ value: Vector, _ x: Vector
  ) -> Vector {
    value
      .replacing(with: .infinity, where: x .== .infinity)
      .replacing(with: -.infinity, where: x .== 0)
      .replacing(with: .nan, where: .!(x .>= 0))
  }
}
