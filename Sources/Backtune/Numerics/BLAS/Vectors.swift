/// Loops over contiguous values that products are made of.
///
/// Public only because methods with package access are not inlined in other modules.
public enum Vectors {
  @usableFromInline typealias K = MatrixKernels

  /// Whether no value is infinite or NaN.
  @inlinable @inline(__always)
  public static func isFinite(_ x: UnsafePointer<Double>, count: Int) -> Bool {
    // 0 times a finite number is 0; what is none stays NaN in any sum.
    var (sums, sum, i) = (SIMD4<Double>.zero, 0.0, 0)
    while i + 4 <= count {
      sums += K.load(x + i) * 0
      i += 4
    }
    while i < count {
      sum += x[i] * 0
      i += 1
    }
    return sums.sum() + sum == 0
  }

  /// y += c
  @inlinable @inline(__always)
  public static func add(_ c: Double, to y: UnsafeMutablePointer<Double>, count: Int) {
    for i in 0..<count { y[i] += c }
  }

  /// y += x z, one by one; whole vectors.
  @inlinable @inline(__always)
  public static func addProduct(
    _ x: UnsafePointer<Double>, _ z: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>,
    count: Int
  ) {
    var i = 0
    while i < count {
      multiplyAdd(Vector(at: x + i), Vector(at: z + i), Vector(at: y + i)).store(y + i)
      i += Vector.width
    }
  }

  /// y += factor x
  @inlinable @inline(__always)
  public static func add(
    _ factor: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let v = SIMD4(repeating: factor)
    var i = 0
    while i + 8 <= count {
      K.store(multiplyAdd(v, K.load(x + i), K.load(y + i)), y + i)
      K.store(multiplyAdd(v, K.load(x + i + 4), K.load(y + i + 4)), y + i + 4)
      i += 8
    }
    while i < count {
      y[i] = multiplyAdd(factor, x[i], y[i])
      i += 1
    }
  }

  /// y += sum_k factors[k] x_k over four columns, `stride` apart.
  @inline(__always)
  static func addFour(
    _ factors: SIMD4<Double>, _ x: UnsafePointer<Double>, stride: Int,
    to y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let (x1, x2, x3) = (x + stride, x + 2 * stride, x + 3 * stride)
    let (f0, f1) = (SIMD4(repeating: factors[0]), SIMD4(repeating: factors[1]))
    let (f2, f3) = (SIMD4(repeating: factors[2]), SIMD4(repeating: factors[3]))
    var i = 0
    while i + 4 <= count {
      var s = multiplyAdd(f0, K.load(x + i), K.load(y + i))
      s = multiplyAdd(f1, K.load(x1 + i), s)
      s = multiplyAdd(f2, K.load(x2 + i), s)
      K.store(multiplyAdd(f3, K.load(x3 + i), s), y + i)
      i += 4
    }
    while i < count {
      var s = multiplyAdd(factors[0], x[i], y[i])
      s = multiplyAdd(factors[1], x1[i], s)
      s = multiplyAdd(factors[2], x2[i], s)
      y[i] = multiplyAdd(factors[3], x3[i], s)
      i += 1
    }
  }

  /// x . y
  @inlinable @inline(__always)
  public static func dot(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int
  ) -> Double {
    var (s, r) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var i = 0
    while i + 8 <= count {
      s = multiplyAdd(K.load(x + i), K.load(y + i), s)
      r = multiplyAdd(K.load(x + i + 4), K.load(y + i + 4), r)
      i += 8
    }
    var sum = (s + r).sum()
    while i < count {
      sum = multiplyAdd(x[i], y[i], sum)
      i += 1
    }
    return sum
  }

  /// Inner products of four columns, `stride` apart, with y.
  @inline(__always)
  static func dotFour(
    _ x: UnsafePointer<Double>, stride: Int, _ y: UnsafePointer<Double>, count: Int
  ) -> SIMD4<Double> {
    let (x1, x2, x3) = (x + stride, x + 2 * stride, x + 3 * stride)
    let zero = SIMD4<Double>.zero
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    var i = 0
    while i + 4 <= count {
      let v = K.load(y + i)
      s0 = multiplyAdd(K.load(x + i), v, s0)
      s1 = multiplyAdd(K.load(x1 + i), v, s1)
      s2 = multiplyAdd(K.load(x2 + i), v, s2)
      s3 = multiplyAdd(K.load(x3 + i), v, s3)
      i += 4
    }
    var sums = SIMD4(s0.sum(), s1.sum(), s2.sum(), s3.sum())
    while i < count {
      sums = multiplyAdd(SIMD4(x[i], x1[i], x2[i], x3[i]), SIMD4(repeating: y[i]), sums)
      i += 1
    }
    return sums
  }

  /// y += factor a, and the result a . x: both halves of a product with a symmetric matrix, in one pass over its column.
  @inline(__always)
  static func addAndDot(
    _ a: UnsafePointer<Double>, _ factor: Double, _ x: UnsafePointer<Double>,
    to y: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    let v = SIMD4(repeating: factor)
    var (s, r) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var i = 0
    while i + 8 <= count {
      let (p, q) = (K.load(a + i), K.load(a + i + 4))
      K.store(multiplyAdd(v, p, K.load(y + i)), y + i)
      K.store(multiplyAdd(v, q, K.load(y + i + 4)), y + i + 4)
      s = multiplyAdd(p, K.load(x + i), s)
      r = multiplyAdd(q, K.load(x + i + 4), r)
      i += 8
    }
    var sum = (s + r).sum()
    while i < count {
      y[i] = multiplyAdd(factor, a[i], y[i])
      sum = multiplyAdd(a[i], x[i], sum)
      i += 1
    }
    return sum
  }
}
