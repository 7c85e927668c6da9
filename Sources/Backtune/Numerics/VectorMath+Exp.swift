extension VectorMath {
  /// e^x. Infinity above 709.78, denormal below -708.4, 0 below -745.13, NaN for NaN.
  @inlinable @inline(__always)
  public static func exp(_ x: Vector) -> Vector {
    let below = x.replacing(with: 710, where: x .> 710)
    let (shifted, r, _) = reduce(below.replacing(with: -746, where: below .< -746))
    let (first, second) = twoPowers(shifted)
    return (1 + (r + expTail(r))) * double(first) * double(second)
  }

  /// e^x - 1. Keeps the sign of zero, is x itself for tiny and denormal x, infinity above 709.78,
  /// -1 at -infinity, NaN for NaN.
  @inlinable @inline(__always)
  public static func expm1(_ x: Vector) -> Vector {
    // Below -40 the result is -1.
    let below = x.replacing(with: 710, where: x .> 710)
    let (shifted, r, error) = reduce(below.replacing(with: -40, where: below .< -40))
    let (first, second) = twoPowers(shifted)

    // 2^second (2^first (e^r - 1) + (2^first - 2^-second)): the last difference is exact where it
    // counts, and e^r - 1 enters in two parts, since the sum may cancel.
    let scale = double(first)
    let inverse = double(0x7FE0_0000_0000_0000 &- second)
    let sum = multiplyAdd(scale, r, scale - inverse)
    return settingSign(
      multiplyAdd(scale, expTail(r) + error, sum) * double(second), of: x)
  }

  /// x = k ln 2 + r + error, |r| <= 0.347 (Cody and Waite 1980), for |x| <= 746.
  ///
  /// `shifted` are the bits of k + 1.5 2^52, whose lowest twelve are those of k; adding that number
  /// also rounds k, at the price of one addition. All is NaN or of no consequence where x is NaN.
  @inlinable @inline(__always)
  public static func reduce(
    _ x: Vector
  ) -> (shifted: VectorBits, r: Vector, error: Vector) {
    let shifted = multiplyAdd(x, Vector(repeating: 1.4426950408889634), shifter)
    let minusK = shifter - shifted
    // The first part of ln 2 has 36 bits, so that its product with k is exact, and so is the sum.
    let high = multiplyAdd(minusK, Vector(repeating: 0x1.62e42fefap-1), x)
    let low = minusK * 0x1.cf79abc9e3b3ap-40
    let r = high + low
    return (bits(shifted), r, (high - r) + low)
  }

  @inlinable @inline(__always)
  static var shifter: Vector { Vector(repeating: 0x1.8p52) }

  /// 1 + 2^(k + r), |r| <= 0.5, `shifted` being as of `reduce`, -1023 < k < 1024; error 0.24 in 2^r.
  ///
  /// The power of two enters its summands one by one: a step waits for the last of them only. They are added to 1 + 2^k one
  /// after the other, or, `isCareful`, together, by one addition more: within 3 ulp and within 2.
  @inlinable @inline(__always)
  static func onePlusPower(_ shifted: VectorBits, _ r: Vector, isCareful: Bool) -> Vector {
    let scale = powerOfTwo(shifted)
    let r2 = r * r
    let c23 = multiplyAdd(
      r, Vector(repeating: 0.05550410866482158), Vector(repeating: 0.24022650695910075))
    let c45 = multiplyAdd(
      r, Vector(repeating: 0.0013333558146423213), Vector(repeating: 0.009618129107618665))
    let c67 = multiplyAdd(
      r, Vector(repeating: 1.5252733820795803e-05), Vector(repeating: 0.00015403530424776529))
    let c89 = multiplyAdd(
      r, Vector(repeating: 1.0178067267449427e-07), Vector(repeating: 1.3215451633221434e-06))
    let c1011 = multiplyAdd(
      r, Vector(repeating: 4.45410341058704e-10), Vector(repeating: 7.070977866508138e-09))
    let (scale2, r4) = (scale * r2, r2 * r2)
    let (whole, c1) = (scale + 1, scale * 0.6931471805599453)
    let rest = multiplyAdd(r4, multiplyAdd(r2, c1011, c89), multiplyAdd(r2, c67, c45))
    if isCareful {
      return whole + multiplyAdd(scale2 * r2, rest, multiplyAdd(scale2, c23, c1 * r))
    }
    return multiplyAdd(scale2 * r2, rest, multiplyAdd(scale2, c23, multiplyAdd(c1, r, whole)))
  }

  /// e^r - 1 - r for |r| <= 0.347, error 0.02 in e^r: a tree and no chain.
  @inlinable @inline(__always)
  public static func expTail(_ r: Vector) -> Vector {
    let r2 = r * r
    let r4 = r2 * r2
    let c23 = multiplyAdd(r, Vector(repeating: 0.16666666666666669), Vector(repeating: 0.5))
    let c45 = multiplyAdd(
      r, Vector(repeating: 0.008333333333330062), Vector(repeating: 0.041666666666666664))
    let c67 = multiplyAdd(
      r, Vector(repeating: 0.00019841269863053618), Vector(repeating: 0.0013888888888886552))
    let c89 = multiplyAdd(
      r, Vector(repeating: 2.7557268459997064e-06), Vector(repeating: 2.4801587317144498e-05))
    let c1011 = multiplyAdd(
      r, Vector(repeating: 2.510038549551032e-08), Vector(repeating: 2.755728296954995e-07))
    let c2345 = multiplyAdd(r2, c45, c23)
    let c6789 = multiplyAdd(r2, c89, c67)
    let c10to12 = multiplyAdd(r2, Vector(repeating: 2.0911236630261545e-09), c1011)
    return r2 * multiplyAdd(r4, multiplyAdd(r4, c10to12, c6789), c2345)
  }

  /// 2^k, for -1023 < k < 1024.
  @inlinable @inline(__always)
  public static func powerOfTwo(_ shifted: VectorBits) -> Vector {
    double((shifted &<< 52) &+ 0x3FF0_0000_0000_0000)
  }

  /// The bits of two powers of two, about equal, with the product 2^k, which itself may be no
  /// normal number.
  @inlinable @inline(__always)
  public static func twoPowers(
    _ shifted: VectorBits
  ) -> (first: VectorBits, second: VectorBits) {
    let half = shifted &>> 1
    let one = VectorBits(repeating: 0x3FF0_0000_0000_0000)
    return ((half &<< 52) &+ one, ((shifted &- half) &<< 52) &+ one)
  }
}
