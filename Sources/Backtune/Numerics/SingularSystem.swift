import CLAPACK

/// Singular values of a matrix A and its right singular vectors v: A^T A v = sigma^2 v, by LAPACK's `dgesdd`, right to
/// rounding beside the largest.
package struct SingularSystem {
  package let columns: Int
  /// The singular values, descending.
  package let values: Buffer
  /// Vector after vector.
  private let vectors: Buffer
  /// The left ones side by side, where they are wanted.
  private let left: Buffer?
  private let rows: Int

  /// - Parameters:
  ///   - matrix: A^T, that is A row-major, at least as many rows as columns; it is written over.
  ///   - keepsLeft: whether `solve` is wanted.
  /// - Throws: `BacktuneError.argument` where a value is not finite or the algorithm does not converge, `.size` for
  ///   dimensions that LAPACK cannot count, `.memory`, and what `poll` throws.
  package init(
    overwriting matrix: Buffer, rows: Int, columns: Int, keepsLeft: Bool = false,
    poll: Poll = .none
  ) throws {
    let purpose = "singular values of \(rows) x \(columns) values"
    (self.columns, self.rows) = (columns, rows)
    values = try Buffer(count: columns, for: purpose)
    vectors = try Buffer(dimensions: [columns, columns], for: purpose)
    if columns == 0 {
      left = nil
      return
    }
    guard (0..<rows * columns).allSatisfy({ matrix.pointer[$0].isFinite }) else {
      throw BacktuneError.argument("\(purpose): expected finite values")
    }
    guard let m = Int32(exactly: columns), let n = Int32(exactly: rows), rows >= columns,
      let indices = Int32(exactly: 8 * columns)
    else { throw BacktuneError.size("\(purpose): LAPACK counts in 32 bits") }
    let left = try Buffer(dimensions: [rows, columns], for: purpose)
    self.left = keepsLeft ? left : nil
    let integers = try Buffer(count: (Int(indices) + 1) / 2, for: purpose)
    let (values, vectors) = (values, vectors)
    func run(_ work: UnsafeMutablePointer<Double>, _ length: Int32) -> Int32 {
      var (m, n, length, info) = (m, n, length, Int32(0))
      var (lda, ldu, ldv) = (m, m, m)
      integers.pointer.withMemoryRebound(to: Int32.self, capacity: Int(indices)) {
        let indices = $0
        dgesdd_(
          "S", &m, &n, matrix.pointer, &lda, values.pointer, vectors.pointer, &ldu, left.pointer,
          &ldv, work, &length, indices, &info)
      }
      return info
    }
    var room = 0.0
    guard run(&room, -1) == 0, let count = Int32(exactly: room.rounded(.up))
    else {
      throw BacktuneError.size("\(purpose): LAPACK counts in 32 bits")
    }
    let work = try Buffer(count: Int(count), for: purpose)
    var info = Int32(0)
    try LAPACK.run(work: 8 * rows * columns * columns, poll: poll) {
      info = run(work.pointer, count)
    }
    guard info == 0 else {
      throw BacktuneError.argument("\(purpose): no convergence (dgesdd: \(info))")
    }
  }

  /// The vector of value number k, `columns` values of length 1 together.
  package func vector(_ k: Int) -> UnsafePointer<Double> {
    UnsafePointer(vectors.pointer + k * columns)
  }

  /// The shortest x among the minima of |A x - b|, singular values below rounding counting as zero.
  /// - Parameter b: `rows` values.
  package func solve(_ b: UnsafePointer<Double>) -> [Double] {
    var x = [Double](repeating: 0, count: columns)
    guard let left, columns > 0 else { return x }
    let least = Double(max(rows, columns)) * Double.ulpOfOne * values.pointer[0]
    for k in 0..<columns where values.pointer[k] > least {
      var share = 0.0
      for i in 0..<rows { share += left.pointer[i * columns + k] * b[i] }
      share /= values.pointer[k]
      let vector = vector(k)
      for j in 0..<columns { x[j] += share * vector[j] }
    }
    return x
  }
}
