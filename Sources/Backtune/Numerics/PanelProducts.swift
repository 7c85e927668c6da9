/// Products of packed matrices inside the time loops, with values that stand in several places: a learnware group reads
/// all its sources in one pass over its rows, each of which is written once.
///
/// Matrices are packed in panels of as many rows as a vector has lanes, each panel column by column, so that every loop
/// reads its matrix straight on; the rows that fill up the last panel are zero. The columns are those of all segments, one
/// after the other. Column by column over all rows, a product of order 128 with 32 columns took 1.5 times as long, a cache
/// line being fetched for each half of it that is used.
package enum PanelProducts {
  private typealias Values = UnsafePointer<Double>
  private typealias Target = UnsafeMutablePointer<Double>
  package typealias Segments = UnsafeBufferPointer<Segment>

  /// Columns whose values stand side by side, from `shift` on.
  package struct Segment {
    let shift: Int
    let columns: Int

    package init(shift: Int, columns: Int) { (self.shift, self.columns) = (shift, columns) }
  }

  /// Values of a packed matrix.
  package static func count(rows: Int, columns: Int) -> Int { Vector.padded(rows) * columns }

  /// Place of an entry in a packed matrix.
  @inlinable @inline(__always)
  package static func place(row i: Int, column j: Int, columns: Int) -> Int {
    let lane = i & (Vector.width - 1)
    return (i - lane) * columns + Vector.width * j + lane
  }

  // MARK: one lane

  /// y = y0 + A x over whole panels; y0 may be y.
  ///
  /// - Parameter tanhShift: from y to where tanh y is written too; nil for nowhere.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, from y0: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>, tanhShift: Int? = nil
  ) {
    let width = Vector.width
    let (panel, rows) = (width * columns, Vector.padded(rows))
    var (p, i) = (a, 0)
    while i + 4 * width <= rows {
      four(p, panel, segments, x, y0 + i, y + i)
      if let tanhShift {
        for k in stride(from: i, to: i + 4 * width, by: width) {
          VectorMath.tanh(Vector(at: y + k)).store(y + k + tanhShift)
        }
      }
      p += 4 * panel
      i += 4 * width
    }
    if i + 2 * width <= rows {
      two(p, panel, segments, x, y0 + i, y + i, tanhShift)
      p += 2 * panel
      i += 2 * width
    }
    if i < rows { one(p, segments, x, y0 + i, y + i, tanhShift) }
  }

  /// A small product waits for its memory: tanh of values while they are in registers took 7 ns less of 32 at 8 nodes.
  @inline(__always)
  private static func write(_ v: Vector, _ y: Target, _ tanhShift: Int?) {
    v.store(y)
    if let tanhShift { VectorMath.tanh(v).store(y + tanhShift) }
  }

  // Columns are summed apart, every second one or every fourth: the chain of dependent additions is what bounds a small
  // product.

  @inline(__always)
  private static func four(
    _ a: Values, _ panel: Int, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target
  ) {
    let width = Vector.width
    var (s0, s1) = (Vector(at: y0), Vector(at: y0 + width))
    var (s2, s3) = (Vector(at: y0 + 2 * width), Vector(at: y0 + 3 * width))
    var (r0, r1, r2, r3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 2 <= segment.columns {
        let (w, z) = (Vector(repeating: v[j]), Vector(repeating: v[j + 1]))
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        s2 = multiplyAdd(Vector(at: q + 2 * panel), w, s2)
        s3 = multiplyAdd(Vector(at: q + 3 * panel), w, s3)
        r0 = multiplyAdd(Vector(at: q + width), z, r0)
        r1 = multiplyAdd(Vector(at: q + panel + width), z, r1)
        r2 = multiplyAdd(Vector(at: q + 2 * panel + width), z, r2)
        r3 = multiplyAdd(Vector(at: q + 3 * panel + width), z, r3)
        q += 2 * width
        j += 2
      }
      if j < segment.columns {
        let w = Vector(repeating: v[j])
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        s2 = multiplyAdd(Vector(at: q + 2 * panel), w, s2)
        s3 = multiplyAdd(Vector(at: q + 3 * panel), w, s3)
        q += width
      }
    }
    (s0 + r0).store(y)
    (s1 + r1).store(y + width)
    (s2 + r2).store(y + 2 * width)
    (s3 + r3).store(y + 3 * width)
  }

  @inline(__always)
  private static func two(
    _ a: Values, _ panel: Int, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target,
    _ tanhShift: Int?
  ) {
    let width = Vector.width
    var (s0, s1) = (Vector(at: y0), Vector(at: y0 + width))
    var (r0, r1, t0, t1) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (u0, u1) = (Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 4 <= segment.columns {
        let (w0, w1) = (Vector(repeating: v[j]), Vector(repeating: v[j + 1]))
        s0 = multiplyAdd(Vector(at: q), w0, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w0, s1)
        r0 = multiplyAdd(Vector(at: q + width), w1, r0)
        r1 = multiplyAdd(Vector(at: q + panel + width), w1, r1)
        let (w2, w3) = (Vector(repeating: v[j + 2]), Vector(repeating: v[j + 3]))
        t0 = multiplyAdd(Vector(at: q + 2 * width), w2, t0)
        t1 = multiplyAdd(Vector(at: q + panel + 2 * width), w2, t1)
        u0 = multiplyAdd(Vector(at: q + 3 * width), w3, u0)
        u1 = multiplyAdd(Vector(at: q + panel + 3 * width), w3, u1)
        q += 4 * width
        j += 4
      }
      while j < segment.columns {
        let w = Vector(repeating: v[j])
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        q += width
        j += 1
      }
    }
    write((s0 + r0) + (t0 + u0), y, tanhShift)
    write((s1 + r1) + (t1 + u1), y + width, tanhShift)
  }

  @inline(__always)
  private static func one(
    _ a: Values, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target,
    _ tanhShift: Int?
  ) {
    let width = Vector.width
    var (s, r, t, u) = (Vector(at: y0), Vector.zero, Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 4 <= segment.columns {
        s = multiplyAdd(Vector(at: q), Vector(repeating: v[j]), s)
        r = multiplyAdd(Vector(at: q + width), Vector(repeating: v[j + 1]), r)
        t = multiplyAdd(Vector(at: q + 2 * width), Vector(repeating: v[j + 2]), t)
        u = multiplyAdd(Vector(at: q + 3 * width), Vector(repeating: v[j + 3]), u)
        q += 4 * width
        j += 4
      }
      while j < segment.columns {
        s = multiplyAdd(Vector(at: q), Vector(repeating: v[j]), s)
        q += width
        j += 1
      }
    }
    write((s + r) + (t + u), y, tanhShift)
  }

  // MARK: several lanes

  /// Y = bias + A X (Y += A X without one) for `lanes` of the `width` columns of X and Y, stored row by row, one bias a row. Every lane sums in
  /// the same order: its bits do not depend on its place.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    into y: UnsafeMutablePointer<Double>, width: Int, lanes: Int
  ) {
    for i in stride(from: 0, to: rows, by: 4) {
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
