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
  /// Products of rows and columns between two polls.
  private static let work = 64_000_000

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
  package func append(
    _ rows: UnsafeMutablePointer<Double>, count: Int, stride: Int, poll: Poll = .none
  ) throws {
    guard let ldb = Int32(exactly: stride) else {
      throw BacktuneError.size("QR factors: \(count) rows at once, LAPACK counts in 32 bits")
    }
    var first = 0
    while first < count {
      let part = min(rowsAtOnce, count - first)
      factorise(rows + first, rows: Int32(part), stride: ldb)
      first += part
      try poll()
    }
  }

  /// Takes the rows of a diagonal matrix.
  package func append(diagonal: [Double], poll: Poll = .none) throws {
    let count = min(order, rowsAtOnce)
    let rows = try Buffer(dimensions: [order, count], for: "QR factors")
    var first = 0
    while first < order {
      let part = min(count, order - first)
      rows.zero()
      for k in 0..<part { rows.pointer[k * (count + 1)] = diagonal[first + k] }
      factorise(rows.pointer, rows: Int32(part), stride: Int32(count), from: first)
      first += part
      try poll()
    }
  }

  /// Rows of less than 50 ms of work, or so.
  private var rowsAtOnce: Int { min(max(Self.work / max(order * order, 1), Self.block), 256) }

  /// Takes rows that are zero before a column.
  private func factorise(
    _ rows: UnsafeMutablePointer<Double>, rows m: Int32, stride: Int32, from first: Int = 0
  ) {
    if order == 0 || m == 0 { return }
    let columns = counts.order - Int32(first)
    var (m, n, l, nb) = (m, columns, Int32(0), min(counts.block, columns))
    var (lda, ldb, ldt, info) = (counts.order, stride, nb, Int32(0))
    // Only arguments can be wrong.
    dtpqrt_(
      &m, &n, &l, &nb, factor.pointer + first * (order + 1), &lda, rows, &ldb, work.pointer, &ldt,
      work.pointer + Self.block * order, &info)
  }
}
