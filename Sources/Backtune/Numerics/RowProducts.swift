/// Inner products between rows of a matrix: what Gram matrices and Cholesky factors are made of.
///
/// Own loops and not BLAS: Debian's OpenBLAS 0.3.21 falls back on kernels of 2004 (Prescott) on processors that it does
/// not know.
package enum RowProducts {
  /// The distance at which rows of `count` values had best stand: a multiple of 8, and an odd one, so that rows do not
  /// compete for the same cache lines.
  package static func stride(_ count: Int) -> Int { (count + 7) / 16 * 16 + 8 }

  /// G += A A^T, rows and columns of the lower triangle (whole tiles of it: some values above the diagonal change too).
  /// Bands of columns side by side.
  ///
  /// - Parameters:
  ///   - a: `rows` rows, `stride` apart, of `count` values; rows and count are multiples of 4.
  ///   - g: row-major, `target` apart.
  /// - Throws: `.memory`, and what `poll` throws.
  package static func addGram(
    _ a: UnsafePointer<Double>, rows: Int, stride: Int, count: Int,
    into g: UnsafeMutablePointer<Double>, target: Int, poll: Poll
  ) throws {
    if rows <= RowTiles.band { return addSmallGram(a, rows, stride, count, g, target) }
    let bands = Reduction(
      count: (rows + RowTiles.band - 1) / RowTiles.band, work: rows * rows / 2 * count)
    let copies = try (0..<bands.workers).map { _ in
      try Buffer(dimensions: [RowTiles.band, RowTiles.depth], for: "products of rows")
    }
    try bands.forEach(poll: poll, scratch: copies) { band, copy, poll in
      let first = band * RowTiles.band
      let columns = min(RowTiles.band, rows - first)
      for start in Swift.stride(from: 0, to: count, by: RowTiles.depth) {
        let depth = min(RowTiles.depth, count - start)
        let source = a + first * stride + start
        RowTiles.pack(source, rows: columns, stride: stride, count: depth, into: copy.pointer)
        // Blocks of rows that stay in the second-level cache while all groups of the band are taken.
        for i in Swift.stride(from: first, to: rows, by: blockRows) {
          RowTiles.addBlock(
            a + i * stride + start, rows: min(blockRows, rows - i), stride: stride, copy.pointer,
            columns: columns, packed: depth, count: depth, scale: 1,
            into: g + i * target + first, target: target
          ) { i == first ? $0 : 0 }
          try poll()
        }
      }
    }
  }

  private static let blockRows = 96

  /// The same of rows so few that copies do not pay.
  private static func addSmallGram(
    _ a: UnsafePointer<Double>, _ rows: Int, _ stride: Int, _ count: Int,
    _ g: UnsafeMutablePointer<Double>, _ target: Int
  ) {
    for i in Swift.stride(from: 0, to: rows, by: 4) {
      for j in Swift.stride(from: 0, to: i + 4, by: 2) {
        tile(a + i * stride, a + j * stride, stride, count, 1, g + i * target + j, target)
      }
    }
  }

  /// C += scale A B^T for 4 rows of A and 2 of B, `stride` apart; C is row-major, `target` apart.
  @inline(__always)
  static func tile(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ stride: Int, _ count: Int,
    _ scale: Double, _ c: UnsafeMutablePointer<Double>, _ target: Int
  ) {
    typealias K = MatrixKernels
    let zero = SIMD4<Double>.zero
    var (s00, s01, s10, s11) = (zero, zero, zero, zero)
    var (s20, s21, s30, s31) = (zero, zero, zero, zero)
    let (a1, a2, a3, b1) = (a + stride, a + 2 * stride, a + 3 * stride, b + stride)
    var k = 0
    while k < count {
      let (x, y) = (K.load(b + k), K.load(b1 + k))
      let (p, q) = (K.load(a + k), K.load(a1 + k))
      s00 = multiplyAdd(p, x, s00)
      s01 = multiplyAdd(p, y, s01)
      s10 = multiplyAdd(q, x, s10)
      s11 = multiplyAdd(q, y, s11)
      let (r, s) = (K.load(a2 + k), K.load(a3 + k))
      s20 = multiplyAdd(r, x, s20)
      s21 = multiplyAdd(r, y, s21)
      s30 = multiplyAdd(s, x, s30)
      s31 = multiplyAdd(s, y, s31)
      k += 4
    }
    put(s00, s01, scale, c)
    put(s10, s11, scale, c + target)
    put(s20, s21, scale, c + 2 * target)
    put(s30, s31, scale, c + 3 * target)
  }

  @inline(__always)
  private static func put(
    _ s: SIMD4<Double>, _ t: SIMD4<Double>, _ scale: Double, _ c: UnsafeMutablePointer<Double>
  ) {
    let (s2, t2) = (s.lowHalf + s.highHalf, t.lowHalf + t.highHalf)
    c[0] += scale * (s2[0] + s2[1])
    c[1] += scale * (t2[0] + t2[1])
  }

  /// a . b
  package static func dot(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int
  ) -> Double {
    var sums = SIMD4<Double>.zero
    var k = 0
    while k + 4 <= count {
      sums = multiplyAdd(MatrixKernels.load(a + k), MatrixKernels.load(b + k), sums)
      k += 4
    }
    var sum = sums.sum()
    while k < count {
      sum += a[k] * b[k]
      k += 1
    }
    return sum
  }
}
