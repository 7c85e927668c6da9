/// Several lanes side by side.
extension PanelProducts {
  /// Y = bias + A X (Y += A X without one) for `lanes` of the `width` columns of X and Y, stored row by row, one bias a row. Every lane sums in
  /// the same order: its bits do not depend on its place.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    into y: UnsafeMutablePointer<Double>, width: Int, lanes: Int
  ) {
    multiply(a, rows, columns, segments, x, bias, y, width, lanes, fetching: nil)
  }

  /// The same.
  ///
  /// - Parameter next: as many values as Y has, which are fetched into the cache, a few with every tile; nil for none.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    into y: UnsafeMutablePointer<Double>, width: Int, lanes: Int,
    fetching next: UnsafePointer<Double>?
  ) {
    multiply(a, rows, columns, segments, x, bias, y, width, lanes, fetching: next)
  }

  @inline(__always)
  private static func multiply(
    _ a: Values, _ rows: Int, _ columns: Int, _ segments: Segments, _ x: Values, _ bias: Values?,
    _ y: Target, _ width: Int, _ lanes: Int, fetching next: Values?
  ) {
    var i = 0
    while i < rows {
      let p = a + place(row: i, column: 0, columns: columns)
      let (own, target) = (bias.map { $0 + i }, y + i * width)
      let count = rows - i >= tileRows ? tileRows : rows - i >= 4 ? 4 : 1
      if let next { fetch(next + i * width, count * width) }
      if count == tileRows {
        Self.tile(p, segments, x, own, target, width, lanes)
      } else if count == 4 {
        Self.four(p, segments, x, own, target, width, 0, lanes)
      } else {
        tail(p, segments, x, own, target, width, 0, lanes)
      }
      i += count
    }
  }

  @inline(__always)
  private static func fetch(_ values: Values, _ count: Int) {
    for k in stride(from: 0, to: count, by: Vector.width) { prefetch(values + k) }
  }

  @inline(__always)
  private static func first(
    _ bias: Values?, _ row: Int, _ y: Values
  ) -> Vector {
    if let bias { Vector(repeating: bias[row]) } else { Vector(at: y) }
  }

  /// What the sums of one row begin with, in two vectors of lanes.
  @inline(__always)
  private static func sums(_ bias: Values?, _ row: Int, _ y: Values) -> RowSums {
    RowSums(first(bias, row, y), first(bias, row, y + Vector.width))
  }

  #if BACKTUNE_V4
    private static let tileRows = 8

    /// Eight rows, as many as a panel has: sixteen sums of the 32 registers.
    @inline(__always)
    private static func tile(
      _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
      _ lanes: Int
    ) {
      let size = Vector.width
      let (y4, own) = (y + 4 * width, bias.map { $0 + 4 })
      var b = 0
      while b + 2 * size <= lanes {
        let (z, z4) = (y + b, y4 + b)
        var (s0, s1) = (sums(bias, 0, z), sums(bias, 1, z + width))
        var (s2, s3) = (sums(bias, 2, z + 2 * width), sums(bias, 3, z + 3 * width))
        var (s4, s5) = (sums(own, 0, z4), sums(own, 1, z4 + width))
        var (s6, s7) = (sums(own, 2, z4 + 2 * width), sums(own, 3, z4 + 3 * width))
        var p = a
        for segment in segments {
          var q = x + segment.shift + b
          for _ in 0..<segment.columns {
            let (v, w) = (Vector(at: q), Vector(at: q + size))
            s0.add(p[0], v, w)
            s1.add(p[1], v, w)
            s2.add(p[2], v, w)
            s3.add(p[3], v, w)
            s4.add(p[4], v, w)
            s5.add(p[5], v, w)
            s6.add(p[6], v, w)
            s7.add(p[7], v, w)
            p += size
            q += width
          }
        }
        s0.store(z)
        s1.store(z + width)
        s2.store(z + 2 * width)
        s3.store(z + 3 * width)
        s4.store(z4)
        s5.store(z4 + width)
        s6.store(z4 + 2 * width)
        s7.store(z4 + 3 * width)
        b += 2 * size
      }
      if b < lanes {
        four(a, segments, x, bias, y, width, b, lanes)
        four(a + 4, segments, x, own, y4, width, b, lanes)
      }
    }
  #else
    private static let tileRows = 4

    @inline(__always)
    private static func tile(
      _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
      _ lanes: Int
    ) {
      four(a, segments, x, bias, y, width, 0, lanes)
    }
  #endif

  /// Four rows, from lane `b` on.
  @inline(__always)
  private static func four(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ start: Int, _ lanes: Int
  ) {
    let size = Vector.width
    let (y0, y1, y2, y3) = (y, y + width, y + 2 * width, y + 3 * width)
    var b = start
    while b + 2 * size <= lanes {
      var (s0, s1) = (sums(bias, 0, y0 + b), sums(bias, 1, y1 + b))
      var (s2, s3) = (sums(bias, 2, y2 + b), sums(bias, 3, y3 + b))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let (v, w) = (Vector(at: q), Vector(at: q + size))
          s0.add(p[0], v, w)
          s1.add(p[1], v, w)
          s2.add(p[2], v, w)
          s3.add(p[3], v, w)
          p += size
          q += width
        }
      }
      s0.store(y0 + b)
      s1.store(y1 + b)
      s2.store(y2 + b)
      s3.store(y3 + b)
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

  /// The last lanes of one row: four vectors side by side, since one sum is a chain of additions. One by one, an
  /// iteration of Gauss-Newton with 3 states and 8 nodes took 1.1 times as long.
  private static func tail(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ start: Int, _ lanes: Int
  ) {
    let size = Vector.width
    var b = start
    while b + 4 * size <= lanes {
      let z = y + b
      var (s0, s1) = (sums(bias, 0, z), sums(bias, 0, z + 2 * size))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s0.add(p[0], Vector(at: q), Vector(at: q + size))
          s1.add(p[0], Vector(at: q + 2 * size), Vector(at: q + 3 * size))
          p += size
          q += width
        }
      }
      s0.store(z)
      s1.store(z + 2 * size)
      b += 4 * size
    }
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
