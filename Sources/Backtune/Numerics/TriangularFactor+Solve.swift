import CLAPACK

/// Least squares with the last columns of a factorised matrix as right-hand sides.
extension TriangularFactor {
  /// x of |A x - b| minimal for every column b after the first `columns`, which are A. Columns of A count by their
  /// directions, whatever their lengths; where they depend on each other, up to rounding, x is the shortest one in units
  /// of these lengths.
  package func leastSquares(columns: Int, poll: Poll) throws -> [[Double]] {
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
        overwriting: matrix, rows: columns, columns: count, keepsLeft: true, poll: poll)
    try poll()
    for k in result.indices {
      for i in 0..<columns { right.pointer[i] = self[i, columns + k] }
      let x = system?.solve(right.pointer) ?? substitute(matrix, right)
      for (j, column) in used.enumerated() { result[k][column] = x[j] / lengths[column] }
      try poll()
    }
    return result
  }

  /// Whether the solutions of a triangular matrix, row-major, whose columns have length 1, have a digit that counts: its
  /// least singular value, by inverse iteration.
  private func isWellConditioned(_ matrix: Buffer) throws -> Bool {
    let count = Int(Double(matrix.count).squareRoot().rounded())
    let x = try Buffer(count: count, for: "least squares")
    // Any start that is not orthogonal to the direction sought.
    for i in 0..<count { x.pointer[i] = 1 / Double(i + 1) }
    var least = 1.0
    for _ in 0..<Self.inverseIterations {
      let y = substitute(matrix, try substituteTransposed(matrix, x))
      let length = y.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let before = (0..<count).reduce(0) { $0 + x.pointer[$1] * x.pointer[$1] }.squareRoot()
      guard length.isFinite, length > 0 else { return false }
      least = (before / length).squareRoot()
      for i in 0..<count { x.pointer[i] = y[i] / length }
    }
    let most = Double(count).squareRoot()
    return least > 16 * Double(count) * Double.ulpOfOne * most
  }

  private static let inverseIterations = 4

  /// R^T x = b by substitution, R row-major.
  private func substituteTransposed(_ matrix: Buffer, _ b: Buffer) throws -> Buffer {
    let count = b.count
    let x = try Buffer(count: count, for: "least squares")
    x.copy(from: b)
    for i in 0..<count {
      let row = matrix.pointer + i * count
      x.pointer[i] /= row[i]
      for j in i + 1..<count { x.pointer[j] -= row[j] * x.pointer[i] }
    }
    return x
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
