import CLAPACK

/// Least squares with the last columns of a factorised matrix as right-hand sides.
extension TriangularFactor {
  /// x of |A x - b| minimal for every column b after the first `columns`, which are A. Columns of A count by their
  /// directions, whatever their lengths; where they depend on each other, up to rounding, x is the shortest one in units
  /// of these lengths.
  package func leastSquares(columns: Int, poll: () throws -> Void) throws -> [[Double]] {
    let lengths = (0..<columns).map(length)
    let used = lengths.indices.filter { lengths[$0] > 0 && lengths[$0].isFinite }
    let count = used.count
    var result = [[Double]](
      repeating: [Double](repeating: 0, count: columns), count: order - columns)
    if count == 0 { return result }
    // Row-major: as many rows as columns of A, those of R that a column left out would have zeroed included.
    let matrix = try Buffer(dimensions: [columns, count], for: "least squares")
    for (j, column) in used.enumerated() {
      for i in 0...column { matrix.pointer[i * count + j] = self[i, column] / lengths[column] }
    }
    let right = try Buffer(count: columns, for: "least squares")
    let isPlain = try count == columns && isWellConditioned(matrix)
    let system =
      isPlain
      ? nil
      : try SingularSystem(
        overwriting: matrix.pointer, rows: columns, columns: count, keepsLeft: true)
    try poll()
    for k in result.indices {
      for i in 0..<columns { right.pointer[i] = self[i, columns + k] }
      let x = system?.solve(right.pointer) ?? substitute(matrix, right)
      for (j, column) in used.enumerated() { result[k][column] = x[j] / lengths[column] }
      try poll()
    }
    return result
  }

  /// Whether the solutions of a triangular matrix, row-major, have a digit that counts.
  private func isWellConditioned(_ matrix: Buffer) throws -> Bool {
    let count = Int(Double(matrix.count).squareRoot().rounded())
    guard var n = Int32(exactly: count) else { return false }
    let work = try Buffer(count: 4 * count, for: "least squares")
    var (lda, condition, info) = (n, 0.0, Int32(0))
    work.pointer.advanced(by: 3 * count).withMemoryRebound(to: Int32.self, capacity: count) {
      let indices = $0
      // Row-major and upper triangular is the transpose of a lower one.
      BLASThreads.single {
        dtrcon_(
          "I", "L", "N", &n, matrix.pointer, &lda, &condition, work.pointer, indices, &info)
      }
    }
    return info == 0 && condition > 16 * Double(count) * Double.ulpOfOne
  }

  /// R x = b by substitution, R row-major.
  private func substitute(_ matrix: Buffer, _ b: Buffer) -> [Double] {
    let count = b.count
    var x = [Double](repeating: 0, count: count)
    for i in (0..<count).reversed() {
      let row = matrix.pointer + i * count
      var sum = b.pointer[i]
      for j in i + 1..<count { sum -= row[j] * x[j] }
      x[i] = sum / row[i]
    }
    return x
  }
}
