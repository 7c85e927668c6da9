import CLAPACK

/// Products of small matrices inside the time loops. Matrices are packed column by column, `stride` values apart, a
/// multiple of 4 whose surplus rows are zero. BLAS takes over where it is measured faster; below that its call alone
/// costs more than the product (45 ns for a dgemv of order 4).
package enum MatrixKernels {
  @inlinable @inline(__always)
  package static func load(_ p: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Double>.self)
  }

  @inlinable @inline(__always)
  package static func store(_ v: SIMD4<Double>, _ p: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD4<Double>.self)
  }

  /// The next multiple of 4.
  @inlinable @inline(__always)
  package static func padded(_ count: Int) -> Int { (count + 3) & ~3 }

  /// y = y0 + A x, `rows` a multiple of 4; y0 may be y.
  package static func addMatrixVector(
    _ a: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int,
    _ x: UnsafePointer<Double>, from y0: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>
  ) {
    var i = 0
    while i + 16 <= rows {
      var (s0, s1, s2, s3) = (load(y0 + i), load(y0 + i + 4), load(y0 + i + 8), load(y0 + i + 12))
      var p = a + i
      for j in 0..<columns {
        let v = SIMD4(repeating: x[j])
        s0 = multiplyAdd(load(p), v, s0)
        s1 = multiplyAdd(load(p + 4), v, s1)
        s2 = multiplyAdd(load(p + 8), v, s2)
        s3 = multiplyAdd(load(p + 12), v, s3)
        p += stride
      }
      store(s0, y + i)
      store(s1, y + i + 4)
      store(s2, y + i + 8)
      store(s3, y + i + 12)
      i += 16
    }
    while i + 8 <= rows {
      // Even and odd columns apart: the chain of dependent additions is what bounds a small product.
      var (s0, s1) = (load(y0 + i), load(y0 + i + 4))
      var (r0, r1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
      var p = a + i
      var j = 0
      while j + 2 <= columns {
        let (v, w) = (SIMD4(repeating: x[j]), SIMD4(repeating: x[j + 1]))
        s0 = multiplyAdd(load(p), v, s0)
        s1 = multiplyAdd(load(p + 4), v, s1)
        r0 = multiplyAdd(load(p + stride), w, r0)
        r1 = multiplyAdd(load(p + stride + 4), w, r1)
        p += 2 * stride
        j += 2
      }
      if j < columns {
        let v = SIMD4(repeating: x[j])
        s0 = multiplyAdd(load(p), v, s0)
        s1 = multiplyAdd(load(p + 4), v, s1)
      }
      store(s0 + r0, y + i)
      store(s1 + r1, y + i + 4)
      i += 8
    }
    if i < rows {
      var (s, r) = (load(y0 + i), SIMD4<Double>.zero)
      var p = a + i
      var j = 0
      while j + 2 <= columns {
        s = multiplyAdd(load(p), SIMD4(repeating: x[j]), s)
        r = multiplyAdd(load(p + stride), SIMD4(repeating: x[j + 1]), r)
        p += 2 * stride
        j += 2
      }
      if j < columns { s = multiplyAdd(load(p), SIMD4(repeating: x[j]), s) }
      store(s + r, y + i)
    }
  }

  /// Y += A X for `lanes` of the `width` columns of X and Y, stored row by row. Every lane sums in the same order: its
  /// bits do not depend on its place.
  package static func addMatrixMatrix(
    _ a: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, width: Int, lanes: Int
  ) {
    var i = 0
    while i + 4 <= rows {
      tile4(a + i, stride, columns, x, y + i * width, width, lanes)
      i += 4
    }
    while i < rows {
      tile1(a + i, stride, columns, x, y + i * width, width, lanes)
      i += 1
    }
  }

  @inline(__always)
  private static func tile4(
    _ a: UnsafePointer<Double>, _ stride: Int, _ columns: Int,
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
        p += stride
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
      for row in 0..<4 { tail(a + row, stride, columns, x, y + row * width, width, b, lanes) }
    }
  }

  @inline(__always)
  private static func tile1(
    _ a: UnsafePointer<Double>, _ stride: Int, _ columns: Int,
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
        p += stride
        q += width
      }
      store(s0, y + b)
      store(s1, y + b + 4)
      b += 8
    }
    if b < lanes { tail(a, stride, columns, x, y, width, b, lanes) }
  }

  /// The last lanes, fewer than 8, of one row.
  private static func tail(
    _ a: UnsafePointer<Double>, _ stride: Int, _ columns: Int,
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ width: Int, _ first: Int,
    _ lanes: Int
  ) {
    var b = first
    if b + 4 <= lanes {
      var s = load(y + b)
      for j in 0..<columns {
        s = multiplyAdd(SIMD4(repeating: a[j * stride]), load(x + j * width + b), s)
      }
      store(s, y + b)
      b += 4
    }
    while b < lanes {
      var s = y[b]
      for j in 0..<columns { s = multiplyAdd(a[j * stride], x[j * width + b], s) }
      y[b] = s
      b += 1
    }
  }
}
