/// Factors L L^T of a symmetric positive definite matrix, in the memory that held its lower triangle (row-major, rows
/// `stride` apart, the order being a multiple of 4).
///
/// Panel by panel of columns, blocks of rows side by side: each takes away what the columns before the panel contribute,
/// and solves with the panel's block on the diagonal. The first of them are the rows of the next panel, whose block on the
/// diagonal is then factorised at once: nobody waits for it.
package struct Cholesky {
  private let matrix: UnsafeMutablePointer<Double>
  private let order: Int
  private let stride: Int

  /// - Returns: nil where the matrix is not positive definite, or not finite.
  /// - Throws: `.memory`, and what `poll` throws.
  package init?(
    factorising matrix: UnsafeMutablePointer<Double>, order: Int, stride: Int,
    poll: Poll
  ) throws {
    (self.matrix, self.order, self.stride) = (matrix, order, stride)
    if order == 0 { return }
    let work = try CholeskyWork(matrix, order: order, stride: stride)
    work.begin(first: 0)
    var first = 0
    while first + CholeskyWork.panel < order && work.isPositive {
      let end = first + CholeskyWork.panel
      let (start, left) = (first, order - end)
      let blocks = Reduction(
        count: (left + CholeskyWork.panel - 1) / CholeskyWork.panel,
        work: left * CholeskyWork.panel * (first + CholeskyWork.panel / 2))
      try blocks.forEach(poll: poll) { block, poll in
        work.reduce(row: end + block * CholeskyWork.panel, panel: start)
        // What is on the diagonal of the next panel needs these rows alone.
        if block == 0 { work.begin(first: end) }
        try poll()
      }
      first = end
    }
    if !work.isPositive { return nil }
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
