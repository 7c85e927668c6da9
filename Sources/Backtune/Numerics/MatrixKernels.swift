/// Products of small matrices inside the time loops.
///
/// Matrices are packed in panels of 4 rows, each panel column by column, so that every loop reads its matrix straight
/// on; the rows that fill up the last panel are zero. Column by column over all rows, a product of order 128 with 32
/// columns took 1.5 times as long, a cache line being fetched for each half of it that is used.
@_documentation(visibility: internal)
public enum MatrixKernels {
  @inlinable @inline(__always)
  public static func load(_ p: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Double>.self)
  }

  @inlinable @inline(__always)
  public static func store(_ v: SIMD4<Double>, _ p: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD4<Double>.self)
  }

  /// The next multiple of 4.
  @inlinable @inline(__always)
  public static func padded(_ count: Int) -> Int { (count + 3) & ~3 }

  /// Values of a packed matrix.
  package static func packedCount(rows: Int, columns: Int) -> Int { padded(rows) * columns }

  /// Place of an entry in a packed matrix.
  @inlinable @inline(__always)
  public static func packedPlace(row i: Int, column j: Int, columns: Int) -> Int {
    (i & ~3) * columns + 4 * j + (i & 3)
  }

  /// y = y0 + A x over whole panels; y0 may be y.
  package static func addMatrixVector(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int,
    _ x: UnsafePointer<Double>, from y0: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>
  ) {
    let panel = 4 * columns
    let rows = padded(rows)
    var (p, i) = (a, 0)
    while i + 16 <= rows {
      var (s0, s1, s2, s3) = (load(y0 + i), load(y0 + i + 4), load(y0 + i + 8), load(y0 + i + 12))
      for j in 0..<columns {
        let v = SIMD4(repeating: x[j])
        let q = p + 4 * j
        s0 = multiplyAdd(load(q), v, s0)
        s1 = multiplyAdd(load(q + panel), v, s1)
        s2 = multiplyAdd(load(q + 2 * panel), v, s2)
        s3 = multiplyAdd(load(q + 3 * panel), v, s3)
      }
      store(s0, y + i)
      store(s1, y + i + 4)
      store(s2, y + i + 8)
      store(s3, y + i + 12)
      p += 4 * panel
      i += 16
    }
    while i + 8 <= rows {
      // Even and odd columns apart: the chain of dependent additions is what bounds a small product.
      var (s0, s1) = (load(y0 + i), load(y0 + i + 4))
      var (r0, r1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
      var j = 0
      while j + 2 <= columns {
        let (v, w, q) = (SIMD4(repeating: x[j]), SIMD4(repeating: x[j + 1]), p + 4 * j)
        s0 = multiplyAdd(load(q), v, s0)
        s1 = multiplyAdd(load(q + panel), v, s1)
        r0 = multiplyAdd(load(q + 4), w, r0)
        r1 = multiplyAdd(load(q + panel + 4), w, r1)
        j += 2
      }
      if j < columns {
        let (v, q) = (SIMD4(repeating: x[j]), p + 4 * j)
        s0 = multiplyAdd(load(q), v, s0)
        s1 = multiplyAdd(load(q + panel), v, s1)
      }
      store(s0 + r0, y + i)
      store(s1 + r1, y + i + 4)
      p += 2 * panel
      i += 8
    }
    if i < rows {
      var (s, r) = (load(y0 + i), SIMD4<Double>.zero)
      var j = 0
      while j + 2 <= columns {
        s = multiplyAdd(load(p + 4 * j), SIMD4(repeating: x[j]), s)
        r = multiplyAdd(load(p + 4 * j + 4), SIMD4(repeating: x[j + 1]), r)
        j += 2
      }
      if j < columns { s = multiplyAdd(load(p + 4 * j), SIMD4(repeating: x[j]), s) }
      store(s + r, y + i)
    }
  }

  /// Y += A X for `lanes` of the `width` columns of X and Y, stored row by row. Every lane sums in the same order: its
  /// bits do not depend on its place.
  package static func addMatrixMatrix(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, width: Int, lanes: Int
  ) {
    var (p, i) = (a, 0)
    while i + 4 <= rows {
      tile4(p, columns, x, y + i * width, width, lanes)
      p += 4 * columns
      i += 4
    }
    for row in i..<rows { tile1(p + (row - i), columns, x, y + row * width, width, lanes) }
  }

  @inline(__always)
  private static func tile4(
    _ a: UnsafePointer<Double>, _ columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ width: Int, _ lanes: Int
  ) {
    let (y0, y1, y2, y3) = (y, y + width, y + 2 * width, y + 3 * width)
    var b = 0
    while b + 8 <= lanes {
      var (s00, s01, s10, s11) = (load(y0 + b), load(y0 + b + 4), load(y1 + b), load(y1 + b + 4))
      var (s20, s21, s30, s31) = (load(y2 + b), load(y2 + b + 4), load(y3 + b), load(y3 + b + 4))
      var (p, q) = (a, x + b)
      for _ in 0..<columns {
        let (v, w) = (load(q), load(q + 4))
        let (a0, a1) = (SIMD4(repeating: p[0]), SIMD4(repeating: p[1]))
        let (a2, a3) = (SIMD4(repeating: p[2]), SIMD4(repeating: p[3]))
        s00 = multiplyAdd(a0, v, s00)
        s01 = multiplyAdd(a0, w, s01)
        s10 = multiplyAdd(a1, v, s10)
        s11 = multiplyAdd(a1, w, s11)
        s20 = multiplyAdd(a2, v, s20)
        s21 = multiplyAdd(a2, w, s21)
        s30 = multiplyAdd(a3, v, s30)
        s31 = multiplyAdd(a3, w, s31)
        p += 4
        q += width
      }
      store(s00, y0 + b)
      store(s01, y0 + b + 4)
      store(s10, y1 + b)
      store(s11, y1 + b + 4)
      store(s20, y2 + b)
      store(s21, y2 + b + 4)
      store(s30, y3 + b)
      store(s31, y3 + b + 4)
      b += 8
    }
    if b < lanes {
      for row in 0..<4 { tail(a + row, columns, x, y + row * width, width, b, lanes) }
    }
  }

  @inline(__always)
  private static func tile1(
    _ a: UnsafePointer<Double>, _ columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ width: Int, _ lanes: Int
  ) {
    var b = 0
    while b + 8 <= lanes {
      var (s0, s1) = (load(y + b), load(y + b + 4))
      var (p, q) = (a, x + b)
      for _ in 0..<columns {
        let v = SIMD4(repeating: p[0])
        s0 = multiplyAdd(v, load(q), s0)
        s1 = multiplyAdd(v, load(q + 4), s1)
        p += 4
        q += width
      }
      store(s0, y + b)
      store(s1, y + b + 4)
      b += 8
    }
    if b < lanes { tail(a, columns, x, y, width, b, lanes) }
  }

  /// The last lanes, fewer than 8, of one row.
  private static func tail(
    _ a: UnsafePointer<Double>, _ columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ width: Int, _ first: Int,
    _ lanes: Int
  ) {
    var b = first
    if b + 4 <= lanes {
      var s = load(y + b)
      for j in 0..<columns {
        s = multiplyAdd(SIMD4(repeating: a[4 * j]), load(x + j * width + b), s)
      }
      store(s, y + b)
      b += 4
    }
    while b < lanes {
      var s = y[b]
      for j in 0..<columns { s = multiplyAdd(a[4 * j], x[j * width + b], s) }
      y[b] = s
      b += 1
    }
  }
}
