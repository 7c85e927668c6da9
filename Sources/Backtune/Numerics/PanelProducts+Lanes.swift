/// Several lanes side by side.
extension PanelProducts {
  /// Y = bias + A X (Y += A X without one) for `lanes` of the `width` columns of X and Y, stored row by row, one bias a row. Every lane sums in
  /// the same order: its bits do not depend on its place.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    into y: UnsafeMutablePointer<Double>, width: Int, lanes: Int,
    fetching next: UnsafePointer<Double>? = nil
  ) {
    for i in stride(from: 0, to: rows, by: 4) {
      if let next {
        for k in stride(from: i * width, to: min(i + 4, rows) * width, by: Vector.width) {
          prefetch(next + k)
        }
      }
      let p = a + place(row: i, column: 0, columns: columns)
      let (own, target) = (bias.map { $0 + i }, y + i * width)
      if i + 4 <= rows {
        tile(p, segments, x, own, target, width, lanes)
      } else {
        for k in 0..<rows - i {
          tail(p + k, segments, x, own.map { $0 + k }, target + k * width, width, 0, lanes)
        }
      }
    }
  }

  @inline(__always)
  private static func first(
    _ bias: Values?, _ row: Int, _ y: Values
  ) -> Vector {
    if let bias { Vector(repeating: bias[row]) } else { Vector(at: y) }
  }

  /// Four rows.
  @inline(__always)
  private static func tile(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ lanes: Int
  ) {
    let size = Vector.width
    let (y0, y1, y2, y3) = (y, y + width, y + 2 * width, y + 3 * width)
    var b = 0
    while b + 2 * size <= lanes {
      let c = b + size
      var (s00, s01) = (first(bias, 0, y0 + b), first(bias, 0, y0 + c))
      var (s10, s11) = (first(bias, 1, y1 + b), first(bias, 1, y1 + c))
      var (s20, s21) = (first(bias, 2, y2 + b), first(bias, 2, y2 + c))
      var (s30, s31) = (first(bias, 3, y3 + b), first(bias, 3, y3 + c))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let (v, w) = (Vector(at: q), Vector(at: q + size))
          let (a0, a1) = (Vector(repeating: p[0]), Vector(repeating: p[1]))
          s00 = multiplyAdd(a0, v, s00)
          s01 = multiplyAdd(a0, w, s01)
          s10 = multiplyAdd(a1, v, s10)
          s11 = multiplyAdd(a1, w, s11)
          let (a2, a3) = (Vector(repeating: p[2]), Vector(repeating: p[3]))
          s20 = multiplyAdd(a2, v, s20)
          s21 = multiplyAdd(a2, w, s21)
          s30 = multiplyAdd(a3, v, s30)
          s31 = multiplyAdd(a3, w, s31)
          p += size
          q += width
        }
      }
      s00.store(y0 + b)
      s01.store(y0 + c)
      s10.store(y1 + b)
      s11.store(y1 + c)
      s20.store(y2 + b)
      s21.store(y2 + c)
      s30.store(y3 + b)
      s31.store(y3 + c)
      b += 2 * size
    }
    if b + size <= lanes {
      var (s0, s1) = (first(bias, 0, y0 + b), first(bias, 1, y1 + b))
      var (s2, s3) = (first(bias, 2, y2 + b), first(bias, 3, y3 + b))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let v = Vector(at: q)
          s0 = multiplyAdd(Vector(repeating: p[0]), v, s0)
          s1 = multiplyAdd(Vector(repeating: p[1]), v, s1)
          s2 = multiplyAdd(Vector(repeating: p[2]), v, s2)
          s3 = multiplyAdd(Vector(repeating: p[3]), v, s3)
          p += size
          q += width
        }
      }
      s0.store(y0 + b)
      s1.store(y1 + b)
      s2.store(y2 + b)
      s3.store(y3 + b)
      b += size
    }
    if b < lanes {
      for row in 0..<4 {
        tail(a + row, segments, x, bias.map { $0 + row }, y + row * width, width, b, lanes)
      }
    }
  }

  /// The last lanes of one row.
  private static func tail(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ start: Int, _ lanes: Int
  ) {
    let size = Vector.width
    var b = start
    while b + size <= lanes {
      var s = first(bias, 0, y + b)
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s = multiplyAdd(Vector(repeating: p[0]), Vector(at: q), s)
          p += size
          q += width
        }
      }
      s.store(y + b)
      b += size
    }
    while b < lanes {
      var s = bias?[0] ?? y[b]
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s = multiplyAdd(p[0], q[0], s)
          p += size
          q += width
        }
      }
      y[b] = s
      b += 1
    }
  }
}
