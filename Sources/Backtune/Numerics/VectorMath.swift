/// Elementary functions on all lanes of a vector, within 2 ulp of the C library over the whole range, by one
/// path without branches. The scalar forms run the same code, so that a value has the same bits in
/// any lane.
///
/// The coefficients are our own fits (rational or polynomial interpolation at Chebyshev nodes, 60
/// digits); beside each stands its error in units of 2^-53.
///
/// Public only because methods with package access are not inlined in other modules (5 ns of 65 a step at N = 8); `Backtune`
/// does not export it.
@_documentation(visibility: internal)
public enum VectorMath {
  /// tanh x. Keeps the sign of zero, is x itself for tiny and denormal x, +-1 at +-infinity, NaN
  /// for NaN.
  ///
  /// |x| < 0.7: x + x^3 P(x^2)/Q(x^2); elsewhere 1 - 2/(exp(2|x|) + 1). Both share one division,
  /// and in both the quotient is a correction to an exact value, so that its rounding hardly
  /// counts.
  @inlinable @inline(__always)
  public static func tanh(_ x: Vector) -> Vector {
    // 1 - tanh 20 is less than half an ulp of 1.
    let magnitude = clearingSign(x)
    let a = magnitude.replacing(with: 20, where: magnitude .> 20)

    // 2|x| log2 e = k + r. Its rounding counts little, since exp(2|x|) only enters a correction that falls with it.
    let slope = Vector(repeating: 2 * 1.4426950408889634)
    let shifted = multiplyAdd(a, slope, shifter)
    let sum = onePlusPower(
      bits(shifted), multiplyAdd(a, slope, shifter - shifted), isCareful: false)

    // Error 0.11.
    let z = a * a
    let p = multiplyAdd(
      multiplyAdd(Vector(repeating: -0.9644101820427343), z, Vector(repeating: -99.31572920912748)),
      z, Vector(repeating: -1615.2658398537353))
    let q = multiplyAdd(
      multiplyAdd(z + 112.84201508487322, z, Vector(repeating: 2236.2661954518126)),
      z, Vector(repeating: 4845.797519561206))

    let isSmall = a .< 0.7
    let exact = Vector(repeating: 1).replacing(with: a, where: isSmall)
    let numerator = Vector(repeating: -2).replacing(with: a * z * p, where: isSmall)
    let denominator = sum.replacing(with: q, where: isSmall)
    return settingSign(exact + numerator / denominator, of: x)
  }

  /// height/(1 + 2^y), within 3 ulp of the C library: 0 for y > 1000, the height for y < -1000, NaN for NaN.
  @inlinable @inline(__always)
  public static func overOnePlusPower(_ height: Vector, _ y: Vector) -> Vector {
    let shifted = y + shifter
    let sum = onePlusPower(bits(shifted), y - (shifted - shifter), isCareful: true)
    let limit = Vector(repeating: 1).replacing(with: .infinity, where: y .> 0)
    return height / sum.replacing(with: limit, where: clearingSign(y) .> 1000)
  }

  /// tanh x of one value: the bits of the vector form.
  @inlinable @inline(__always)
  public static func tanh(_ x: Double) -> Double { tanh(Vector(repeating: x))[0] }

  /// e^x of one value: the bits of the vector form.
  @inlinable @inline(__always)
  public static func exp(_ x: Double) -> Double { exp(Vector(repeating: x))[0] }

  /// e^x - 1 of one value: the bits of the vector form.
  @inlinable @inline(__always)
  public static func expm1(_ x: Double) -> Double { expm1(Vector(repeating: x))[0] }

  /// The natural logarithm of one value: the bits of the vector form.
  @inlinable @inline(__always)
  public static func log(_ x: Double) -> Double { log(Vector(repeating: x))[0] }

  /// log(1 + x) of one value: the bits of the vector form.
  @inlinable @inline(__always)
  public static func log1p(_ x: Double) -> Double { log1p(Vector(repeating: x))[0] }

  // MARK: - Bits

  @inlinable @inline(__always)
  public static func bits(_ x: Vector) -> VectorBits {
    unsafeBitCast(x, to: VectorBits.self)
  }

  @inlinable @inline(__always)
  public static func double(_ bits: VectorBits) -> Vector {
    unsafeBitCast(bits, to: Vector.self)
  }

  /// |x|
  @inlinable @inline(__always)
  public static func clearingSign(_ x: Vector) -> Vector {
    double(bits(x) & 0x7FFF_FFFF_FFFF_FFFF)
  }

  /// `y`, made negative where the sign bit of `x` is set.
  @inlinable @inline(__always)
  public static func settingSign(_ y: Vector, of x: Vector) -> Vector {
    double(bits(y) | (bits(x) & 0x8000_0000_0000_0000))
  }
}
