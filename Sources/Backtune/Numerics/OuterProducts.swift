/// Sums over time of outer products e(t) s(t)^T, the shape of every gradient by a matrix of weights.
package enum OuterProducts {
  typealias Values = UnsafePointer<Double>
  typealias Target = UnsafeMutablePointer<Double>

  /// G += sum_t e(t) s(t)^T, one sequence: row i, column j at g[i * stride + j]; e and s advance by `step` a time.
  /// Reads and writes whole vectors of columns: `stride` and the rows of s are padded.
  package static func add(
    _ e: UnsafePointer<Double>, rows: Int, _ s: UnsafePointer<Double>, columns: Int, step: Int,
    times: Int, into g: UnsafeMutablePointer<Double>, stride: Int
  ) {
    let width = Vector.width
    var j = 0
    while j + width < columns {
      var i = 0
      while i + tileRows <= rows {
        tile(e + i, s + j, step, times, g + i * stride + j, stride)
        i += tileRows
      }
      while i < rows {
        one(e + i, s + j, step, times, g + i * stride + j)
        one(e + i, s + j + width, step, times, g + i * stride + j + width)
        i += 1
      }
      j += 2 * width
    }
    if j >= columns { return }
    var i = 0
    while i + 8 <= rows {
      eight(e + i, s + j, step, times, g + i * stride + j, stride)
      i += 8
    }
    while i < rows {
      one(e + i, s + j, step, times, g + i * stride + j)
      i += 1
    }
  }

  // As many rows of two vectors as the registers hold.
  #if BACKTUNE_V4
    private static let tileRows = 8

    @inline(__always)
    private static func tile(
      _ e: Values, _ s: Values, _ step: Int, _ times: Int, _ g: Target, _ stride: Int
    ) {
      let h = g + 4 * stride
      var (g0, g1) = (RowSums(g), RowSums(g + stride))
      var (g2, g3) = (RowSums(g + 2 * stride), RowSums(g + 3 * stride))
      var (g4, g5) = (RowSums(h), RowSums(h + stride))
      var (g6, g7) = (RowSums(h + 2 * stride), RowSums(h + 3 * stride))
      var (p, q) = (e, s)
      for _ in 0..<times {
        let (v, w) = (Vector(at: q), Vector(at: q + Vector.width))
        g0.add(p[0], v, w)
        g1.add(p[1], v, w)
        g2.add(p[2], v, w)
        g3.add(p[3], v, w)
        g4.add(p[4], v, w)
        g5.add(p[5], v, w)
        g6.add(p[6], v, w)
        g7.add(p[7], v, w)
        p += step
        q += step
      }
      g0.store(g)
      g1.store(g + stride)
      g2.store(g + 2 * stride)
      g3.store(g + 3 * stride)
      g4.store(h)
      g5.store(h + stride)
      g6.store(h + 2 * stride)
      g7.store(h + 3 * stride)
    }
  #else
    private static let tileRows = 4

    @inline(__always)
    private static func tile(
      _ e: Values, _ s: Values, _ step: Int, _ times: Int, _ g: Target, _ stride: Int
    ) {
      var (g0, g1) = (RowSums(g), RowSums(g + stride))
      var (g2, g3) = (RowSums(g + 2 * stride), RowSums(g + 3 * stride))
      var (p, q) = (e, s)
      for _ in 0..<times {
        let (v, w) = (Vector(at: q), Vector(at: q + Vector.width))
        g0.add(p[0], v, w)
        g1.add(p[1], v, w)
        g2.add(p[2], v, w)
        g3.add(p[3], v, w)
        p += step
        q += step
      }
      g0.store(g)
      g1.store(g + stride)
      g2.store(g + 2 * stride)
      g3.store(g + 3 * stride)
    }
  #endif

  /// Eight rows, one vector of columns.
  @inline(__always)
  private static func eight(
    _ e: Values, _ s: Values, _ step: Int, _ times: Int, _ g: Target, _ stride: Int
  ) {
    var (g0, g1) = (Vector(at: g), Vector(at: g + stride))
    var (g2, g3) = (Vector(at: g + 2 * stride), Vector(at: g + 3 * stride))
    var (g4, g5) = (Vector(at: g + 4 * stride), Vector(at: g + 5 * stride))
    var (g6, g7) = (Vector(at: g + 6 * stride), Vector(at: g + 7 * stride))
    var (p, q) = (e, s)
    for _ in 0..<times {
      let v = Vector(at: q)
      g0 = multiplyAdd(Vector(repeating: p[0]), v, g0)
      g1 = multiplyAdd(Vector(repeating: p[1]), v, g1)
      g2 = multiplyAdd(Vector(repeating: p[2]), v, g2)
      g3 = multiplyAdd(Vector(repeating: p[3]), v, g3)
      g4 = multiplyAdd(Vector(repeating: p[4]), v, g4)
      g5 = multiplyAdd(Vector(repeating: p[5]), v, g5)
      g6 = multiplyAdd(Vector(repeating: p[6]), v, g6)
      g7 = multiplyAdd(Vector(repeating: p[7]), v, g7)
      p += step
      q += step
    }
    g0.store(g)
    g1.store(g + stride)
    g2.store(g + 2 * stride)
    g3.store(g + 3 * stride)
    g4.store(g + 4 * stride)
    g5.store(g + 5 * stride)
    g6.store(g + 6 * stride)
    g7.store(g + 7 * stride)
  }

  @inline(__always)
  private static func one(
    _ e: Values, _ s: Values, _ step: Int, _ times: Int, _ g: Target
  ) {
    var sum = Vector(at: g)
    var (p, q) = (e, s)
    for _ in 0..<times {
      sum = multiplyAdd(Vector(repeating: p[0]), Vector(at: q), sum)
      p += step
      q += step
    }
    sum.store(g)
  }
}
