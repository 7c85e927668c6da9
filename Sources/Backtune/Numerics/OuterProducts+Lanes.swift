#if BACKTUNE_V4
  import CProcessor
#endif

/// Several lanes side by side.
extension OuterProducts {
  #if BACKTUNE_V4
    /// Values of eight columns that all rows of E pass over: half of a first-level cache of 32 KiB. With twice as many, what
    /// is read of E drove them out: with 128 nodes the products took 684 ns a step and sequence instead of 599, 3.8 instead of
    /// 3.4 with 8. Tiles of 4 x 4 and 3 x 8 take as long, and so do products with S transposed, which need no adding up.
    private static let panelSize = 1 << 11
  #else
    /// Values of S that stay in the cache while all rows of E pass over them.
    private static let blockSize = 1 << 14
  #endif

  /// G += sum_t E(t) S(t)^T over the running lanes, of the `width` columns of E (rows x width) and S (columns x width);
  /// both advance by `step` a time. Lanes and times of an entry are summed in a vector, over a block of times.
  ///
  /// - Parameter active: the lanes that run at each time.
  package static func addLanes(
    _ e: UnsafePointer<Double>, rows: Int, _ s: UnsafePointer<Double>, columns: Int, step: Int,
    width: Int, active: UnsafeBufferPointer<Int>, into g: UnsafeMutablePointer<Double>,
    stride: Int
  ) {
    #if BACKTUNE_V4
      let block = max(panelSize / (8 * max(width, 1)), 1)
    #else
      let block = min(max(blockSize / max(columns * width, 1), 32), 128)
    #endif
    for first in Swift.stride(from: 0, to: active.count, by: block) {
      let times = UnsafeBufferPointer(
        rebasing: active[first..<min(first + block, active.count)])
      let (p, q) = (e + first * step, s + first * step)
      var done = 0
      #if BACKTUNE_V4
        while done + 8 <= columns {
          let (r, h) = (q + done * width, g + done)
          var i = 0
          while i + 2 <= rows {
            wide(p + i * width, r, step, width, times, h + i * stride, stride)
            i += 2
          }
          if i < rows {
            for j in 0..<8 {
              entry(p + i * width, r + j * width, step, times, h + i * stride + j)
            }
          }
          done += 8
        }
      #endif
      var i = 0
      while i + 4 <= rows && done < columns {
        var j = done
        while j + 2 <= columns {
          tile(p + i * width, q + j * width, step, width, times, g + i * stride + j, stride)
          j += 2
        }
        if j < columns {
          column(p + i * width, q + j * width, step, width, times, g + i * stride + j, stride)
        }
        i += 4
      }
      while i < rows {
        for j in done..<columns {
          entry(p + i * width, q + j * width, step, times, g + i * stride + j)
        }
        i += 1
      }
      if !times.allSatisfy({ $0.isMultiple(of: Vector.width) }) {
        addRest(p, rows, q, columns, step, width, times, g, stride)
      }
    }
  }

  #if BACKTUNE_V4
    /// Two rows, eight columns, whole vectors of lanes.
    @inline(__always)
    private static func wide(
      _ e: Values, _ s: Values, _ step: Int, _ width: Int, _ active: UnsafeBufferPointer<Int>,
      _ g: Target, _ stride: Int
    ) {
      let zero = Vector.zero
      var (f0, f1, f2, f3, f4, f5, f6, f7) = (zero, zero, zero, zero, zero, zero, zero, zero)
      var (h0, h1, h2, h3, h4, h5, h6, h7) = (zero, zero, zero, zero, zero, zero, zero, zero)
      var (p, q) = (e, s)
      for lanes in active {
        var b = 0
        while b + Vector.width <= lanes {
          let (x, y, z) = (Vector(at: p + b), Vector(at: p + width + b), q + b)
          let (v0, v1) = (Vector(at: z), Vector(at: z + width))
          f0 = multiplyAdd(x, v0, f0)
          h0 = multiplyAdd(y, v0, h0)
          f1 = multiplyAdd(x, v1, f1)
          h1 = multiplyAdd(y, v1, h1)
          let (v2, v3) = (Vector(at: z + 2 * width), Vector(at: z + 3 * width))
          f2 = multiplyAdd(x, v2, f2)
          h2 = multiplyAdd(y, v2, h2)
          f3 = multiplyAdd(x, v3, f3)
          h3 = multiplyAdd(y, v3, h3)
          let (v4, v5) = (Vector(at: z + 4 * width), Vector(at: z + 5 * width))
          f4 = multiplyAdd(x, v4, f4)
          h4 = multiplyAdd(y, v4, h4)
          f5 = multiplyAdd(x, v5, f5)
          h5 = multiplyAdd(y, v5, h5)
          let (v6, v7) = (Vector(at: z + 6 * width), Vector(at: z + 7 * width))
          f6 = multiplyAdd(x, v6, f6)
          h6 = multiplyAdd(y, v6, h6)
          f7 = multiplyAdd(x, v7, f7)
          h7 = multiplyAdd(y, v7, h7)
          b += Vector.width
        }
        p += step
        q += step
      }
      (Vector(at: g) + totals(f0, f1, f2, f3, f4, f5, f6, f7)).store(g)
      let r = g + stride
      (Vector(at: r) + totals(h0, h1, h2, h3, h4, h5, h6, h7)).store(r)
    }

    /// The sums of eight vectors.
    @inline(__always)
    private static func totals(
      _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ e: Vector, _ f: Vector, _ g: Vector,
      _ h: Vector
    ) -> Vector {
      quarters(quarters(halves(a, b), halves(c, d)), quarters(halves(e, f), halves(g, h)))
    }

    @inline(__always)
    private static func halves(_ a: Vector, _ b: Vector) -> Vector {
      backtune_evens(a, b) + backtune_odds(a, b)
    }

    @inline(__always)
    private static func quarters(_ a: Vector, _ b: Vector) -> Vector {
      backtune_even_pairs(a, b) + backtune_odd_pairs(a, b)
    }
  #endif

  /// Four rows, two columns, whole vectors of lanes.
  @inline(__always)
  private static func tile(
    _ e: Values, _ s: Values, _ step: Int, _ width: Int, _ active: UnsafeBufferPointer<Int>,
    _ g: Target, _ stride: Int
  ) {
    let zero = Vector.zero
    var (g00, g01, g10, g11) = (zero, zero, zero, zero)
    var (g20, g21, g30, g31) = (zero, zero, zero, zero)
    var (p, q) = (e, s)
    for lanes in active {
      var b = 0
      while b + Vector.width <= lanes {
        let (v, w) = (Vector(at: q + b), Vector(at: q + width + b))
        let (e0, e1) = (Vector(at: p + b), Vector(at: p + width + b))
        g00 = multiplyAdd(e0, v, g00)
        g01 = multiplyAdd(e0, w, g01)
        g10 = multiplyAdd(e1, v, g10)
        g11 = multiplyAdd(e1, w, g11)
        let (e2, e3) = (Vector(at: p + 2 * width + b), Vector(at: p + 3 * width + b))
        g20 = multiplyAdd(e2, v, g20)
        g21 = multiplyAdd(e2, w, g21)
        g30 = multiplyAdd(e3, v, g30)
        g31 = multiplyAdd(e3, w, g31)
        b += Vector.width
      }
      p += step
      q += step
    }
    g[0] += g00.total
    g[1] += g01.total
    g[stride] += g10.total
    g[stride + 1] += g11.total
    g[2 * stride] += g20.total
    g[2 * stride + 1] += g21.total
    g[3 * stride] += g30.total
    g[3 * stride + 1] += g31.total
  }

  /// Four rows, one column.
  @inline(__always)
  private static func column(
    _ e: Values, _ s: Values, _ step: Int, _ width: Int, _ active: UnsafeBufferPointer<Int>,
    _ g: Target, _ stride: Int
  ) {
    var (g0, g1, g2, g3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (p, q) = (e, s)
    for lanes in active {
      var b = 0
      while b + Vector.width <= lanes {
        let v = Vector(at: q + b)
        g0 = multiplyAdd(Vector(at: p + b), v, g0)
        g1 = multiplyAdd(Vector(at: p + width + b), v, g1)
        g2 = multiplyAdd(Vector(at: p + 2 * width + b), v, g2)
        g3 = multiplyAdd(Vector(at: p + 3 * width + b), v, g3)
        b += Vector.width
      }
      p += step
      q += step
    }
    g[0] += g0.total
    g[stride] += g1.total
    g[2 * stride] += g2.total
    g[3 * stride] += g3.total
  }

  @inline(__always)
  private static func entry(
    _ e: Values, _ s: Values, _ step: Int, _ active: UnsafeBufferPointer<Int>, _ g: Target
  ) {
    var sum = Vector.zero
    var (p, q) = (e, s)
    for lanes in active {
      var b = 0
      while b + Vector.width <= lanes {
        sum = multiplyAdd(Vector(at: p + b), Vector(at: q + b), sum)
        b += Vector.width
      }
      p += step
      q += step
    }
    g[0] += sum.total
  }

  /// What whole vectors leave over where sequences have ended.
  private static func addRest(
    _ e: Values, _ rows: Int, _ s: Values, _ columns: Int, _ step: Int, _ width: Int,
    _ active: UnsafeBufferPointer<Int>, _ g: Target, _ stride: Int
  ) {
    for (t, lanes) in active.enumerated() {
      let (p, q) = (e + t * step, s + t * step)
      for b in lanes / Vector.width * Vector.width..<lanes {
        for i in 0..<rows {
          let factor = p[i * width + b]
          for j in 0..<columns { g[i * stride + j] += factor * q[j * width + b] }
        }
      }
    }
  }
}
