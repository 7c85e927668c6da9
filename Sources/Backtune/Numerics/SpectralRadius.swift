import CLAPACK

/// Orders beyond that are refused.
package let largestSpectralOrder = 1 << 15

/// The largest magnitude of an eigenvalue of a square matrix, row-major, by LAPACK's dgeev.
///
/// - Throws: `.argument` for values that are not finite or where the algorithm does not converge, `.size` for an order
///   beyond 32-bit counts or another number of values.
package func spectralRadius(_ matrix: [Double], order: Int) throws -> Double {
  if order == 0 { return 0 }
  guard var n = Int32(exactly: order), order > 0, order <= largestSpectralOrder,
    matrix.count == order * order
  else {
    throw BacktuneError.size(
      "spectral radius: order is \(order), expected 0 to \(largestSpectralOrder)")
  }
  guard matrix.allSatisfy(\.isFinite) else {
    throw BacktuneError.argument("spectral radius: the matrix is not finite")
  }
  let work = try Buffer(count: order * order + 2 * order + 8 * order, for: "spectral radius")
  let (a, real) = (work.pointer, work.pointer + order * order)
  let (imaginary, space) = (real + order, real + 2 * order)
  for (k, value) in matrix.enumerated() { a[k] = value }
  // The transpose of the column-major reading has the same eigenvalues.
  var (lda, one, length, info) = (n, Int32(1), 8 * n, Int32(0))
  dgeev_("N", "N", &n, a, &lda, real, imaginary, nil, &one, nil, &one, space, &length, &info)
  guard info == 0 else {
    throw BacktuneError.argument("spectral radius: LAPACK's dgeev did not converge (\(info))")
  }
  return (0..<order).reduce(0) {
    max($0, (real[$1] * real[$1] + imaginary[$1] * imaginary[$1]).squareRoot())
  }
}
