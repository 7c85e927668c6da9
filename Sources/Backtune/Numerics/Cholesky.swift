/// Factors L L^T of a symmetric positive definite matrix, in the memory that held its lower triangle (row-major, rows
/// `stride` apart, the order being a multiple of 4).
package struct Cholesky {
  private let matrix: UnsafeMutablePointer<Double>
  private let order: Int
  private let stride: Int

  /// Columns that are brought up to date together, and the columns before them that are read at once: so many rows of
  /// that length stay in the first-level cache.
  private static let panel = 24
  private static let depth = 192
  /// Multiplications between two polls, about.
  private static let pollWork = 20_000_000

  /// - Returns: nil where the matrix is not positive definite, or not finite.
  package init?(
    factorising matrix: UnsafeMutablePointer<Double>, order: Int, stride: Int,
    poll: Poll
  ) throws {
    (self.matrix, self.order, self.stride) = (matrix, order, stride)
    var work = 0
    var first = 0
    while first < order {
      let end = min(first + Self.panel, order)
      // What the columns before the panel take away.
      var before = 0
      while before < first {
        let depth = min(Self.depth, first - before)
        subtract(first..<end, before: before, depth: depth)
        work += (order - first) * (end - first) * depth
        before += depth
        if work > Self.pollWork {
          work = 0
          try poll()
        }
      }
      guard factorisePanel(first, end) else { return nil }
      first = end
    }
  }

  private func subtract(_ panel: Range<Int>, before: Int, depth: Int) {
    var i = panel.lowerBound
    while i < order {
      let row = matrix + i * stride
      var j = panel.lowerBound
      while j < min(panel.upperBound, i + 4) {
        RowProducts.tile(
          row + before, matrix + j * stride + before, stride, depth, -1, row + j, stride)
        j += 2
      }
      i += 4
    }
  }

  /// Columns of a panel, four at a time, for all rows from there on.
  private func factorisePanel(_ first: Int, _ end: Int) -> Bool {
    var j = first
    while j < end {
      let pivot = matrix + j * stride
      var i = j
      while i < order {
        let row = matrix + i * stride
        RowProducts.tile(row + first, pivot + first, stride, j - first, -1, row + j, stride)
        RowProducts.tile(
          row + first, pivot + 2 * stride + first, stride, j - first, -1, row + j + 2, stride)
        if i == j {
          guard factoriseDiagonal(pivot + j) else { return false }
        } else {
          for k in 0..<4 { solveRow(row + k * stride + j, pivot + j) }
        }
        i += 4
      }
      j += 4
    }
    return true
  }

  /// A block of order 4 on the diagonal.
  private func factoriseDiagonal(_ d: UnsafeMutablePointer<Double>) -> Bool {
    for c in 0..<4 {
      let column = d + c * stride
      var square = column[c]
      for k in 0..<c { square -= column[k] * column[k] }
      guard square > 0, square.isFinite else { return false }
      let root = square.squareRoot()
      column[c] = root
      for r in c + 1..<4 {
        let row = d + r * stride
        var sum = row[c]
        for k in 0..<c { sum -= row[k] * column[k] }
        row[c] = sum / root
      }
    }
    return true
  }

  /// x L^T = x0 for four values of a row, L being a block on the diagonal.
  @inline(__always)
  private func solveRow(_ x: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>) {
    let (d1, d2, d3) = (d + stride, d + 2 * stride, d + 3 * stride)
    let x0 = x[0] / d[0]
    let x1 = (x[1] - x0 * d1[0]) / d1[1]
    let x2 = (x[2] - x0 * d2[0] - x1 * d2[1]) / d2[2]
    x[3] = (x[3] - x0 * d3[0] - x1 * d3[1] - x2 * d3[2]) / d3[3]
    (x[0], x[1], x[2]) = (x0, x1, x2)
  }

  /// Replaces b, `order` values, by A^-1 b.
  package func solve(_ b: UnsafeMutablePointer<Double>) {
    for i in 0..<order {
      let row = matrix + i * stride
      b[i] = (b[i] - RowProducts.dot(row, b, count: i)) / row[i]
    }
    for i in (0..<order).reversed() {
      let row = matrix + i * stride
      let x = b[i] / row[i]
      b[i] = x
      var k = 0
      let factor = SIMD4(repeating: -x)
      while k + 4 <= i {
        MatrixKernels.store(
          multiplyAdd(factor, MatrixKernels.load(row + k), MatrixKernels.load(b + k)), b + k)
        k += 4
      }
      while k < i {
        b[k] -= x * row[k]
        k += 1
      }
    }
  }
}
