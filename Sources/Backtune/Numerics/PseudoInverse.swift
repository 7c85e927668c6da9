import CLAPACK

/// A symmetric positive semi-definite matrix A in factorised form, for A^+ b with any number of
/// right-hand sides.
///
/// A = V diag(lambda) V^T by LAPACK's `dsyevd`. Eigenvalues below 1e-12 of the largest (and
/// negative ones, which are rounding errors) count as zero, so that A^+ b is the shortest minimiser
/// of |A x - b| on what is left.
package struct SymmetricSystem {
  package let order: Int
  /// The eigenvalues, ascending.
  package let spectrum: Buffer
  /// How many eigenvalues count, the last ones of `spectrum`: 0 for a zero matrix, and for order 0.
  package let rank: Int
  /// Column after column, in the order of `spectrum`.
  private let eigenvectors: Buffer

  private static let relativeThreshold = 1e-12

  /// - Parameter matrix: `order` x `order` values; only those at [i * order + j] with i <= j are
  ///   read.
  /// - Throws: `BacktuneError.argument` when one of them is not finite or the eigenvalues do not
  ///   converge, `.size` for an order that LAPACK cannot count, `.memory`, and what `poll` throws.
  package init(
    copying matrix: UnsafePointer<Double>, order: Int, poll: Poll = .none
  ) throws {
    self.order = order
    spectrum = try Buffer(count: order, for: "eigenvalues")
    eigenvectors = try Buffer(
      count: MemoryBudget.bytes(doubles: [order, order], for: "eigenvectors")
        / MemoryLayout<Double>.stride,
      for: "eigenvectors")
    for row in 0..<order {
      for column in row..<order where !matrix[row * order + column].isFinite {
        throw BacktuneError.argument(
          "system of order \(order): entry [\(row), \(column)] is "
            + "\(matrix[row * order + column]), expected a finite value")
      }
    }
    eigenvectors.pointer.update(from: matrix, count: order * order)
    try Self.factorise(eigenvectors, order: order, into: spectrum, poll)

    let values = UnsafeBufferPointer(start: spectrum.pointer, count: order)
    let threshold = max(Self.relativeThreshold * (values.last ?? 0), 0)
    rank = values.reversed().prefix { $0 > threshold }.count
  }

  /// The eigenvector of eigenvalue number k, `order` values of length 1 together.
  package func eigenvector(_ k: Int) -> UnsafePointer<Double> {
    UnsafePointer(eigenvectors.pointer + k * order)
  }

  /// x = A^+ b; both are `order` long and do not overlap.
  package func solve(_ b: UnsafePointer<Double>, into x: UnsafeMutablePointer<Double>) {
    x.update(repeating: 0, count: order)
    for column in (order - rank)..<order {
      let vector = eigenvector(column)
      let share = dot(vector, b) / spectrum.pointer[column]
      for i in 0..<order { x[i] += share * vector[i] }
    }
  }

  /// x = (scale A + shift I)^-1 b, negative eigenvalues counting as zero.
  package func solve(
    _ b: UnsafePointer<Double>, scale: Double, shift: Double, into x: UnsafeMutablePointer<Double>
  ) {
    x.update(repeating: 0, count: order)
    for column in 0..<order {
      let vector = UnsafePointer(eigenvectors.pointer + column * order)
      let share = dot(vector, b) / (scale * max(spectrum.pointer[column], 0) + shift)
      let factor = SIMD4(repeating: share)
      var i = 0
      while i + 4 <= order {
        MatrixKernels.store(
          multiplyAdd(factor, MatrixKernels.load(vector + i), MatrixKernels.load(x + i)), x + i)
        i += 4
      }
      while i < order {
        x[i] += share * vector[i]
        i += 1
      }
    }
  }

  private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
    var sums = SIMD4<Double>.zero
    var i = 0
    while i + 4 <= order {
      sums = multiplyAdd(
        UnsafeRawPointer(a + i).loadUnaligned(as: SIMD4<Double>.self),
        UnsafeRawPointer(b + i).loadUnaligned(as: SIMD4<Double>.self), sums)
      i += 4
    }
    var sum = sums.sum()
    while i < order {
      sum += a[i] * b[i]
      i += 1
    }
    return sum
  }

  /// Replaces `matrix` by its eigenvectors.
  private static func factorise(
    _ matrix: Buffer, order: Int, into eigenvalues: Buffer, _ poll: Poll
  ) throws {
    guard order > 0 else { return }
    let purpose = "eigenvalues of a system of order \(order)"
    // The least that `dsyevd` accepts where eigenvectors are wanted.
    let workCount = 1 + 6 * order + 2 * order * order
    let integerWorkCount = 3 + 5 * order
    guard let n = Int32(exactly: order), let lwork = Int32(exactly: workCount),
      let liwork = Int32(exactly: integerWorkCount)
    else {
      throw BacktuneError.size("\(purpose): LAPACK counts in 32 bits")
    }
    let work = try Buffer(count: workCount, for: purpose)
    let integerWork = try Buffer(count: (integerWorkCount + 1) / 2, for: purpose)

    var info = Int32(0)
    try LAPACK.run(work: 4 * order * order * order, poll: poll) {
      var (n, lda, lwork, liwork) = (n, n, lwork, liwork)
      integerWork.pointer.withMemoryRebound(to: Int32.self, capacity: integerWorkCount) {
        let indices = $0
        dsyevd_(
          "V", "L", &n, matrix.pointer, &lda, eigenvalues.pointer, work.pointer, &lwork, indices,
          &liwork, &info)
      }
    }
    guard info == 0 else {
      throw BacktuneError.argument("\(purpose): no convergence (dsyevd: \(info))")
    }
  }
}
