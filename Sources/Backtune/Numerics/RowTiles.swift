/// Inner products of many rows, in tiles that fill the registers: four rows read as they stand, times some that were
/// copied side by side.
enum RowTiles {
  /// Rows that are copied side by side: vectors of a tile, as many as the registers hold beside their factors.
  #if BACKTUNE_FMA || arch(arm64)
    static let width = 3 * Vector.width
  #else
    static let width = Vector.width
  #endif
  /// Rows that are copied for one thread, and values of them that are taken at once: they stay in the second-level
  /// cache, `width` of them in the first.
  static let band = 48
  static let depth = 256

  /// Copies rows, `stride` apart, in groups of `width`, value after value; those missing in the last group are zero.
  ///
  /// - Parameter rows, count: multiples of 4.
  static func pack(
    _ a: UnsafePointer<Double>, rows: Int, stride: Int, count: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    typealias K = MatrixKernels
    for first in Swift.stride(from: 0, to: rows, by: width) {
      let group = target + first * count
      for row in Swift.stride(from: 0, to: width, by: 4) {
        var place = group + row
        guard first + row < rows else {
          for _ in 0..<count {
            K.store(.zero, place)
            place += width
          }
          continue
        }
        let p = a + (first + row) * stride
        var k = 0
        while k < count {
          let (x, y) = (K.load(p + k), K.load(p + stride + k))
          let (z, w) = (K.load(p + 2 * stride + k), K.load(p + 3 * stride + k))
          K.store(SIMD4(x[0], y[0], z[0], w[0]), place)
          K.store(SIMD4(x[1], y[1], z[1], w[1]), place + width)
          K.store(SIMD4(x[2], y[2], z[2], w[2]), place + 2 * width)
          K.store(SIMD4(x[3], y[3], z[3], w[3]), place + 3 * width)
          place += 4 * width
          k += 4
        }
      }
    }
  }

  /// C += scale A B^T, for A of four rows, `stride` apart, and B of a group that was packed; C is row-major, `target`
  /// apart, and takes the first `columns`.
  @inline(__always)
  static func add(
    _ a: UnsafePointer<Double>, stride: Int, _ b: UnsafePointer<Double>, count: Int,
    scale: Double, into c: UnsafeMutablePointer<Double>, target: Int, columns: Int
  ) {
    let (zero, one) = (Vector.zero, Vector.width)
    let (a1, a2, a3) = (a + stride, a + 2 * stride, a + 3 * stride)
    var q = b
    #if BACKTUNE_FMA || arch(arm64)
      var (s00, s01, s02) = (zero, zero, zero)
      var (s10, s11, s12) = (zero, zero, zero)
      var (s20, s21, s22) = (zero, zero, zero)
      var (s30, s31, s32) = (zero, zero, zero)
      for k in 0..<count {
        let (x, y, z) = (Vector(at: q), Vector(at: q + one), Vector(at: q + 2 * one))
        let (f0, f1) = (Vector(repeating: a[k]), Vector(repeating: a1[k]))
        s00 = multiplyAdd(x, f0, s00)
        s01 = multiplyAdd(y, f0, s01)
        s02 = multiplyAdd(z, f0, s02)
        s10 = multiplyAdd(x, f1, s10)
        s11 = multiplyAdd(y, f1, s11)
        s12 = multiplyAdd(z, f1, s12)
        let (f2, f3) = (Vector(repeating: a2[k]), Vector(repeating: a3[k]))
        s20 = multiplyAdd(x, f2, s20)
        s21 = multiplyAdd(y, f2, s21)
        s22 = multiplyAdd(z, f2, s22)
        s30 = multiplyAdd(x, f3, s30)
        s31 = multiplyAdd(y, f3, s31)
        s32 = multiplyAdd(z, f3, s32)
        q += width
      }
      put(s00, s10, s20, s30, scale, c, target, columns)
      if columns > one { put(s01, s11, s21, s31, scale, c + one, target, columns - one) }
      if columns > 2 * one {
        put(s02, s12, s22, s32, scale, c + 2 * one, target, columns - 2 * one)
      }
    #else
      var (s0, s1, s2, s3) = (zero, zero, zero, zero)
      for k in 0..<count {
        let x = Vector(at: q)
        s0 = multiplyAdd(x, Vector(repeating: a[k]), s0)
        s1 = multiplyAdd(x, Vector(repeating: a1[k]), s1)
        s2 = multiplyAdd(x, Vector(repeating: a2[k]), s2)
        s3 = multiplyAdd(x, Vector(repeating: a3[k]), s3)
        q += width
      }
      put(s0, s1, s2, s3, scale, c, target, columns)
    #endif
  }

  /// Adds vectors to four rows, the first `columns` values of each.
  @inline(__always)
  private static func put(
    _ s0: Vector, _ s1: Vector, _ s2: Vector, _ s3: Vector, _ scale: Double,
    _ c: UnsafeMutablePointer<Double>, _ target: Int, _ columns: Int
  ) {
    let (factor, n) = (Vector(repeating: scale), min(columns, Vector.width))
    multiplyAdd(factor, s0, Vector(at: c, count: n)).store(c, count: n)
    let (c1, c2, c3) = (c + target, c + 2 * target, c + 3 * target)
    multiplyAdd(factor, s1, Vector(at: c1, count: n)).store(c1, count: n)
    multiplyAdd(factor, s2, Vector(at: c2, count: n)).store(c2, count: n)
    multiplyAdd(factor, s3, Vector(at: c3, count: n)).store(c3, count: n)
  }

  /// C += scale A B^T of blocks: of each group of B only the rows of A from `from(its first row)` on.
  ///
  /// - Parameters:
  ///   - a: rows, `stride` apart.
  ///   - b: `columns` packed rows, of `packed` values each, the first that counts being at `b`.
  ///   - count: values that are multiplied.
  @inline(__always)
  static func addBlock(
    _ a: UnsafePointer<Double>, rows: Int, stride: Int, _ b: UnsafePointer<Double>, columns: Int,
    packed: Int, count: Int, scale: Double, into c: UnsafeMutablePointer<Double>, target: Int,
    from: (Int) -> Int = { _ in 0 }
  ) {
    var j = 0
    while j < columns {
      var i = from(j)
      while i < rows {
        add(
          a + i * stride, stride: stride, b + j * packed, count: count, scale: scale,
          into: c + i * target + j, target: target, columns: min(columns - j, width))
        i += 4
      }
      j += width
    }
  }
}
