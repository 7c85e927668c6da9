import CLAPACK

/// R of A = Q R, Q orthogonal, for a matrix A whose rows come in chunks: R^T R = A^T A, but with the singular values of A
/// and not their squares. By Householder reflections, as LAPACK's `dtpqrt` makes them: what rounding does to a column is
/// small beside that column, whatever the others. Each block of them is applied to slices of the columns side by side.
package final class TriangularFactor {
  package let order: Int
  /// R, column after column, zero below the diagonal.
  private let factor: Buffer
  private let work: Buffer
  private let ldr: Int32

  private static let block = 32
  /// Columns of a slice, and rows that are taken at once.
  private static let slice = 64
  private static let rowsAtOnce = 256

  /// - Throws: `.size` for an order that LAPACK cannot count, `.memory`.
  package init(order: Int) throws {
    guard let count = Int32(exactly: order), order >= 0 else {
      throw BacktuneError.size("QR factors of \(order) columns: LAPACK counts in 32 bits")
    }
    self.order = order
    ldr = count
    factor = try Buffer(dimensions: [order, order], for: "QR factors")
    work = try Buffer(dimensions: [order + Self.block, Self.block], for: "QR factors")
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
      let part = min(Self.rowsAtOnce, count - first)
      try factorise(rows + first, rows: Int32(part), stride: ldb, poll)
      first += part
      try poll()
    }
  }

  /// Takes the rows of all processes, in the order of these: by their factors, one after the other.
  package func join(_ processes: Processes?, poll: Poll = .none) throws {
    guard let processes, processes.count > 1 else { return }
    let own = try Buffer(count: factor.count, for: "QR factors")
    own.copy(from: factor)
    clear()
    let part = try Buffer(count: factor.count, for: "QR factors")
    for rank in 0..<processes.count {
      part.zero()
      if rank == processes.rank { part.copy(from: own) }
      processes.sum(part.pointer, count: part.count)
      try processes.check()
      try append(part.pointer, count: order, stride: order, poll: poll)
    }
  }

  /// Takes the rows of a diagonal matrix.
  package func append(diagonal: [Double], poll: Poll = .none) throws {
    let count = min(order, Self.rowsAtOnce)
    let rows = try Buffer(dimensions: [order, count], for: "QR factors")
    var first = 0
    while first < order {
      let part = min(count, order - first)
      rows.zero()
      for k in 0..<part { rows.pointer[k * (count + 1)] = diagonal[first + k] }
      try factorise(rows.pointer, rows: Int32(part), stride: Int32(count), from: first, poll)
      first += part
      try poll()
    }
  }

  /// Takes rows that are zero before a column.
  private func factorise(
    _ rows: UnsafeMutablePointer<Double>, rows m: Int32, stride: Int32, from first: Int = 0,
    _ poll: Poll
  ) throws {
    if m == 0 { return }
    for i in Swift.stride(from: first, to: order, by: Self.block) {
      let count = min(Self.block, order - i)
      let top = factor.pointer + i * (order + 1)
      var (rowCount, k, l, lda, ldb) = (m, Int32(count), Int32(0), ldr, stride)
      var (ldt, info) = (Int32(Self.block), Int32(0))
      // Only arguments can be wrong.
      dtpqrt2_(
        &rowCount, &k, &l, top, &lda, rows + i * Int(stride), &ldb, work.pointer, &ldt, &info)
      let left = order - i - count
      let slices = Reduction(
        count: (left + Self.slice - 1) / Self.slice, work: 2 * Int(m) * left * count)
      try slices.forEach(poll: poll) { [self] slice, poll in
        let first = i + count + slice * Self.slice
        apply(i, count, to: first..<min(first + Self.slice, order), rows, m, stride)
        try poll()
      }
    }
  }

  /// Applies the reflections of the columns from i on to others.
  private func apply(
    _ i: Int, _ count: Int, to columns: Range<Int>, _ rows: UnsafeMutablePointer<Double>,
    _ m: Int32, _ stride: Int32
  ) {
    var (m, n, k, l) = (m, Int32(columns.count), Int32(count), Int32(0))
    var (lda, ldb, ldt) = (ldr, stride, Int32(Self.block))
    let space = work.pointer + (columns.lowerBound + Self.block) * Self.block
    let (v, b) = (rows + i * Int(stride), rows + columns.lowerBound * Int(stride))
    dtprfb_(
      "L", "T", "F", "C", &m, &n, &k, &l, v, &ldb, work.pointer, &ldt,
      factor.pointer + columns.lowerBound * order + i, &lda, b, &ldb, space, &ldt)
  }
}
