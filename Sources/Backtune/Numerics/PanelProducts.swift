/// Products of one packed matrix with values that stand in several places: a learnware group reads all its sources in one
/// pass over its rows, each of which is written once.
///
/// The matrix is packed in panels (see `MatrixKernels`), its columns being those of all segments, one after the other.
package enum PanelProducts {
  private typealias K = MatrixKernels

  /// Columns whose values stand side by side, from `shift` on.
  package struct Segment {
    let shift: Int
    let columns: Int

    package init(shift: Int, columns: Int) { (self.shift, self.columns) = (shift, columns) }
  }

  /// y = y0 + A x over whole panels.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int,
    _ segments: UnsafeBufferPointer<Segment>, _ x: UnsafePointer<Double>,
    from y0: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>
  ) {
    let panel = 4 * columns
    let rows = K.padded(rows)
    var (p, i) = (a, 0)
    while i + 16 <= rows {
      var (s0, s1) = (K.load(y0 + i), K.load(y0 + i + 4))
      var (s2, s3) = (K.load(y0 + i + 8), K.load(y0 + i + 12))
      var q = p
      for segment in segments {
        let v = x + segment.shift
        for j in 0..<segment.columns {
          let w = SIMD4(repeating: v[j])
          s0 = multiplyAdd(K.load(q), w, s0)
          s1 = multiplyAdd(K.load(q + panel), w, s1)
          s2 = multiplyAdd(K.load(q + 2 * panel), w, s2)
          s3 = multiplyAdd(K.load(q + 3 * panel), w, s3)
          q += 4
        }
      }
      K.store(s0, y + i)
      K.store(s1, y + i + 4)
      K.store(s2, y + i + 8)
      K.store(s3, y + i + 12)
      p += 4 * panel
      i += 16
    }
    while i + 8 <= rows {
      // Even and odd columns apart: the chain of dependent additions is what bounds a small product.
      var (s0, s1) = (K.load(y0 + i), K.load(y0 + i + 4))
      var (r0, r1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
      var q = p
      for segment in segments {
        let v = x + segment.shift
        var j = 0
        while j + 2 <= segment.columns {
          let (w, z) = (SIMD4(repeating: v[j]), SIMD4(repeating: v[j + 1]))
          s0 = multiplyAdd(K.load(q), w, s0)
          s1 = multiplyAdd(K.load(q + panel), w, s1)
          r0 = multiplyAdd(K.load(q + 4), z, r0)
          r1 = multiplyAdd(K.load(q + panel + 4), z, r1)
          q += 8
          j += 2
        }
        if j < segment.columns {
          let w = SIMD4(repeating: v[j])
          s0 = multiplyAdd(K.load(q), w, s0)
          s1 = multiplyAdd(K.load(q + panel), w, s1)
          q += 4
        }
      }
      K.store(s0 + r0, y + i)
      K.store(s1 + r1, y + i + 4)
      p += 2 * panel
      i += 8
    }
    if i < rows {
      var (s, r) = (K.load(y0 + i), SIMD4<Double>.zero)
      var q = p
      for segment in segments {
        let v = x + segment.shift
        var j = 0
        while j + 2 <= segment.columns {
          s = multiplyAdd(K.load(q), SIMD4(repeating: v[j]), s)
          r = multiplyAdd(K.load(q + 4), SIMD4(repeating: v[j + 1]), r)
          q += 8
          j += 2
        }
        if j < segment.columns {
          s = multiplyAdd(K.load(q), SIMD4(repeating: v[j]), s)
          q += 4
        }
      }
      K.store(s + r, y + i)
    }
  }

  /// Y = bias + A X (Y += A X without one) for `lanes` of the `width` columns of X and Y, stored row by row, one bias a row. Every lane sums in
  /// the same order: its bits do not depend on its place.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int,
    _ segments: UnsafeBufferPointer<Segment>, _ x: UnsafePointer<Double>,
    bias: UnsafePointer<Double>?, into y: UnsafeMutablePointer<Double>, width: Int, lanes: Int
  ) {
    var (p, i) = (a, 0)
    while i + 4 <= rows {
      tile(p, segments, x, bias.map { $0 + i }, y + i * width, width, lanes)
      p += 4 * columns
      i += 4
    }
    for row in i..<rows {
      tail(
        p + (row - i), segments, x, bias.map { $0 + row }, y + row * width, width, 0, lanes)
    }
  }

  @inline(__always)
  private static func tile(
    _ a: UnsafePointer<Double>, _ segments: UnsafeBufferPointer<Segment>,
    _ x: UnsafePointer<Double>, _ bias: UnsafePointer<Double>?,
    _ y: UnsafeMutablePointer<Double>, _ width: Int, _ lanes: Int
  ) {
    let (y0, y1, y2, y3) = (y, y + width, y + 2 * width, y + 3 * width)
    var b = 0
    while b + 8 <= lanes {
      var s00: SIMD4<Double>
      var s01: SIMD4<Double>
      var s10: SIMD4<Double>
      var s11: SIMD4<Double>
      var s20: SIMD4<Double>
      var s21: SIMD4<Double>
      var s30: SIMD4<Double>
      var s31: SIMD4<Double>
      if let bias {
        (s00, s10) = (SIMD4(repeating: bias[0]), SIMD4(repeating: bias[1]))
        (s20, s30) = (SIMD4(repeating: bias[2]), SIMD4(repeating: bias[3]))
        (s01, s11, s21, s31) = (s00, s10, s20, s30)
      } else {
        (s00, s01, s10, s11) = (
          K.load(y0 + b), K.load(y0 + b + 4), K.load(y1 + b), K.load(y1 + b + 4)
        )
        (s20, s21, s30, s31) = (
          K.load(y2 + b), K.load(y2 + b + 4), K.load(y3 + b), K.load(y3 + b + 4)
        )
      }
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let (v, w) = (K.load(q), K.load(q + 4))
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
      }
      store(s00, s01, y0 + b)
      store(s10, s11, y1 + b)
      store(s20, s21, y2 + b)
      store(s30, s31, y3 + b)
      b += 8
    }
    if b < lanes {
      for row in 0..<4 {
        tail(a + row, segments, x, bias.map { $0 + row }, y + row * width, width, b, lanes)
      }
    }
  }

  @inline(__always)
  private static func store(
    _ s: SIMD4<Double>, _ t: SIMD4<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    K.store(s, y)
    K.store(t, y + 4)
  }

  /// The last lanes, fewer than 8, of one row.
  private static func tail(
    _ a: UnsafePointer<Double>, _ segments: UnsafeBufferPointer<Segment>,
    _ x: UnsafePointer<Double>, _ bias: UnsafePointer<Double>?,
    _ y: UnsafeMutablePointer<Double>, _ width: Int,
    _ first: Int, _ lanes: Int
  ) {
    var b = first
    if b + 4 <= lanes {
      var s = bias.map { SIMD4(repeating: $0[0]) } ?? K.load(y + b)
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s = multiplyAdd(SIMD4(repeating: p[0]), K.load(q), s)
          p += 4
          q += width
        }
      }
      K.store(s, y + b)
      b += 4
    }
    while b < lanes {
      var s = bias?[0] ?? y[b]
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s = multiplyAdd(p[0], q[0], s)
          p += 4
          q += width
        }
      }
      y[b] = s
      b += 1
    }
  }
}
