/// Sums over time of outer products e(t) s(t)^T, the shape of every gradient by a matrix of weights.
package enum OuterProducts {
  /// From this size on (rows times columns) general products are faster than the tiles below.
  package static let generalSize = 24 * 24

  /// G += sum_t e(t) s(t)^T, one sequence: row i, column j at g[i * stride + j]; e and s advance by `step` a time.
  /// Reads and writes whole groups of 4 columns: `stride` and the rows of s are padded to a multiple of 4.
  package static func add(
    _ e: UnsafePointer<Double>, rows: Int, _ s: UnsafePointer<Double>, columns: Int, step: Int,
    times: Int, into g: UnsafeMutablePointer<Double>, stride: Int
  ) {
    if rows * columns >= generalSize {
      return GeneralProduct.add(
        rows: columns, columns: rows, depth: times, scale: 1,
        .init(s, row: 1, column: step), .init(e, row: step, column: 1), into: g, stride: stride)
    }
    var i = 0
    while i < rows {
      let count = min(4, rows - i)
      var j = 0
      while j < columns {
        if count == 4 {
          tile4(e + i, s + j, step, times, g + i * stride + j, stride)
        } else {
          for row in i..<i + count { tile1(e + row, s + j, step, times, g + row * stride + j) }
        }
        j += 4
      }
      i += count
    }
  }

  @inline(__always)
  private static func tile4(
    _ e: UnsafePointer<Double>, _ s: UnsafePointer<Double>, _ step: Int, _ times: Int,
    _ g: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    typealias K = MatrixKernels
    var (g0, g1) = (K.load(g), K.load(g + stride))
    var (g2, g3) = (K.load(g + 2 * stride), K.load(g + 3 * stride))
    var (p, q) = (e, s)
    for _ in 0..<times {
      let v = K.load(q)
      g0 = multiplyAdd(SIMD4(repeating: p[0]), v, g0)
      g1 = multiplyAdd(SIMD4(repeating: p[1]), v, g1)
      g2 = multiplyAdd(SIMD4(repeating: p[2]), v, g2)
      g3 = multiplyAdd(SIMD4(repeating: p[3]), v, g3)
      p += step
      q += step
    }
    K.store(g0, g)
    K.store(g1, g + stride)
    K.store(g2, g + 2 * stride)
    K.store(g3, g + 3 * stride)
  }

  @inline(__always)
  private static func tile1(
    _ e: UnsafePointer<Double>, _ s: UnsafePointer<Double>, _ step: Int, _ times: Int,
    _ g: UnsafeMutablePointer<Double>
  ) {
    var sum = MatrixKernels.load(g)
    var (p, q) = (e, s)
    for _ in 0..<times {
      sum = multiplyAdd(SIMD4(repeating: p[0]), MatrixKernels.load(q), sum)
      p += step
      q += step
    }
    MatrixKernels.store(sum, g)
  }

  /// G += E S^T for `lanes` of the `width` columns of E (rows x width) and S (columns x width).
  package static func addLanes(
    _ e: UnsafePointer<Double>, rows: Int, _ s: UnsafePointer<Double>, columns: Int, width: Int,
    lanes: Int, into g: UnsafeMutablePointer<Double>, stride: Int
  ) {
    GeneralProduct.add(
      rows: columns, columns: rows, depth: lanes, scale: 1,
      .init(s, row: width, column: 1), .init(e, row: 1, column: width), into: g, stride: stride)
  }

  /// Four partial sums an entry, G4[i][j] += e_i . s_j over lanes: added up at the end, so that a time step costs no
  /// horizontal sum. For small matrices.
  package static func addLanesApart(
    _ e: UnsafePointer<Double>, rows: Int, _ s: UnsafePointer<Double>, columns: Int, width: Int,
    lanes: Int, into g4: UnsafeMutablePointer<Double>
  ) {
    typealias K = MatrixKernels
    let whole = lanes & ~3
    for i in 0..<rows {
      let p = e + i * width
      var j = 0
      while j + 4 <= columns {
        let g = g4 + (i * columns + j) * 4
        let q = s + j * width
        var (g0, g1, g2, g3) = (K.load(g), K.load(g + 4), K.load(g + 8), K.load(g + 12))
        var b = 0
        while b < whole {
          let v = K.load(p + b)
          g0 = multiplyAdd(v, K.load(q + b), g0)
          g1 = multiplyAdd(v, K.load(q + width + b), g1)
          g2 = multiplyAdd(v, K.load(q + 2 * width + b), g2)
          g3 = multiplyAdd(v, K.load(q + 3 * width + b), g3)
          b += 4
        }
        while b < lanes {
          g0[0] += p[b] * q[b]
          g1[0] += p[b] * q[width + b]
          g2[0] += p[b] * q[2 * width + b]
          g3[0] += p[b] * q[3 * width + b]
          b += 1
        }
        K.store(g0, g)
        K.store(g1, g + 4)
        K.store(g2, g + 8)
        K.store(g3, g + 12)
        j += 4
      }
      while j < columns {
        let g = g4 + (i * columns + j) * 4
        let q = s + j * width
        var sum = K.load(g)
        var b = 0
        while b < whole {
          sum = multiplyAdd(K.load(p + b), K.load(q + b), sum)
          b += 4
        }
        while b < lanes {
          sum[0] += p[b] * q[b]
          b += 1
        }
        K.store(sum, g)
        j += 1
      }
    }
  }
}
