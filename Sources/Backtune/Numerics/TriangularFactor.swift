import CLAPACK

/// R of A = Q R, Q orthogonal, for a matrix A whose rows come in chunks: R^T R = A^T A, but with the singular values of A
/// and not their squares. By LAPACK's `dtpqrt`, Householder reflections: what rounding does to a column is small beside
/// that column, whatever the others.
package final class TriangularFactor {
  package let order: Int
  /// R, column after column, zero below the diagonal.
  private let factor: Buffer
  private let work: Buffer
  private let counts: (order: Int32, block: Int32)

  private static let block = 32

  /// - Throws: `.size` for an order that LAPACK cannot count, `.memory`.
  package init(order: Int) throws {
    guard let count = Int32(exactly: order), order >= 0 else {
      throw BacktuneError.size("QR factors of \(order) columns: LAPACK counts in 32 bits")
    }
    self.order = order
    counts = (count, min(count, Int32(Self.block)))
    factor = try Buffer(dimensions: [order, order], for: "QR factors")
    work = try Buffer(dimensions: [order, 2 * Self.block], for: "QR factors")
  }

  /// Forgets all rows.
  package func clear() { factor.zero() }

  /// Element of row i, column j.
  package subscript(i: Int, j: Int) -> Double { factor.pointer[j * order + i] }

  /// The length of column j, without overflow of its square.
  package func length(_ j: Int) -> Double {
    let column = factor.pointer + j * order
    var (largest, sum) = (0.0, 0.0)
    for i in 0...j {
      let size = abs(column[i])
      // NaN, too.
      if !size.isFinite { return size }
      largest = max(largest, size)
    }
    if largest == 0 { return 0 }
    for i in 0...j {
      let share = column[i] / largest
      sum += share * share
    }
    return largest * sum.squareRoot()
  }

  /// Takes `count` rows, the next column `stride` further; they are written over.
  package func append(_ rows: UnsafeMutablePointer<Double>, count: Int, stride: Int) throws {
    guard let m = Int32(exactly: count), let ldb = Int32(exactly: stride) else {
      throw BacktuneError.size("QR factors: \(count) rows at once, LAPACK counts in 32 bits")
    }
    factorise(rows, rows: m, stride: ldb, trapezoidal: 0)
  }

  /// Takes the rows of a diagonal matrix.
  package func append(diagonal: [Double]) throws {
    let rows = try Buffer(dimensions: [order, order], for: "QR factors")
    for (k, value) in diagonal.enumerated() { rows.pointer[k * (order + 1)] = value }
    factorise(rows.pointer, rows: counts.order, stride: counts.order, trapezoidal: counts.order)
  }

  private func factorise(
    _ rows: UnsafeMutablePointer<Double>, rows m: Int32, stride: Int32, trapezoidal: Int32
  ) {
    if order == 0 || m == 0 { return }
    var (m, n, l, nb) = (m, counts.order, trapezoidal, counts.block)
    var (lda, ldb, ldt, info) = (n, stride, nb, Int32(0))
    // Only arguments can be wrong.
    dtpqrt_(
      &m, &n, &l, &nb, factor.pointer, &lda, rows, &ldb, work.pointer, &ldt,
      work.pointer + Self.block * order, &info)
  }
}
