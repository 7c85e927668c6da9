// What LAPACK asks of BLAS about matrices, column-major.

/// C = beta C; 0 where beta is 0, whatever C held.
private func scale(_ rows: Range<Int>, _ beta: Double, _ column: MutableReals) {
  if beta == 1 { return }
  for i in rows { column[i] = beta == 0 ? 0 : beta * column[i] }
}

/// C = alpha op(A) op(B) + beta C
@_cdecl("dgemm_")
func dgemm(
  _ transa: Letter, _ transb: Letter, _ m: Count, _ n: Count, _ k: Count, _ alpha: Reals,
  _ a: Reals, _ lda: Count, _ b: Reals, _ ldb: Count, _ beta: Reals, _ c: MutableReals,
  _ ldc: Count
) {
  let (m, n, k, lda, ldb, ldc) = (m.int, n.int, k.int, lda.int, ldb.int, ldc.int)
  if m <= 0 || n <= 0 || !LAPACK.wants(m * n) { return }
  for j in 0..<n { scale(0..<m, beta.pointee, c + j * ldc) }
  let left = GeneralProduct.View(a, row: 1, column: lda)
  let right = GeneralProduct.View(b, row: 1, column: ldb)
  GeneralProduct.add(
    rows: m, columns: n, depth: k, scale: alpha.pointee, transa.is("N") ? left : left.transposed,
    transb.is("N") ? right : right.transposed, into: c, stride: ldc)
}

/// C = alpha (A B^T + B A^T) + beta C, or with A^T B and B^T A; one triangle
@_cdecl("dsyr2k_")
func dsyr2k(
  _ uplo: Letter, _ trans: Letter, _ n: Count, _ k: Count, _ alpha: Reals, _ a: Reals,
  _ lda: Count, _ b: Reals, _ ldb: Count, _ beta: Reals, _ c: MutableReals, _ ldc: Count
) {
  let (n, k, alpha, ldc, isUpper) = (n.int, k.int, alpha.pointee, ldc.int, uplo.is("U"))
  if n <= 0 || !LAPACK.wants(n * n * k) { return }
  for j in 0..<n { scale(isUpper ? 0..<j + 1 : j..<n, beta.pointee, c + j * ldc) }
  if k <= 0 || alpha == 0 { return }
  let isPlain = trans.is("N")
  let left = GeneralProduct.View(a, row: isPlain ? 1 : lda.int, column: isPlain ? lda.int : 1)
  let right = GeneralProduct.View(b, row: isPlain ? 1 : ldb.int, column: isPlain ? ldb.int : 1)
  let block = 16
  for first in stride(from: 0, to: n, by: block) {
    let end = min(first + block, n)
    let outside = isUpper ? 0..<first : end..<n
    for (x, y) in [(left, right), (right, left)] {
      GeneralProduct.add(
        rows: outside.count, columns: end - first, depth: k, scale: alpha,
        x.from(outside.lowerBound, 0), y.from(first, 0).transposed,
        into: c + outside.lowerBound + first * ldc, stride: ldc)
      // The block on the diagonal.
      for j in first..<end {
        let column = c + j * ldc
        for p in 0..<k {
          let factor = alpha * y.pointer[j * y.row + p * y.column]
          let source = x.pointer + p * x.column
          for i in isUpper ? first..<j + 1 : j..<end {
            column[i] = multiplyAdd(factor, source[i * x.row], column[i])
          }
        }
      }
    }
  }
}

/// B = alpha op(A) B, or alpha B op(A), for a triangular A
@_cdecl("dtrmm_")
func dtrmm(
  _ side: Letter, _ uplo: Letter, _ transa: Letter, _ diag: Letter, _ m: Count, _ n: Count,
  _ alpha: Reals, _ a: Reals, _ lda: Count, _ b: MutableReals, _ ldb: Count
) {
  let (m, n, alpha, ldb) = (m.int, n.int, alpha.pointee, ldb.int)
  if m <= 0 || n <= 0 { return }
  if !LAPACK.wants(m * n * (side.is("L") ? m : n) / 2) { return }
  let (isUpper, isTransposed) = (uplo.is("U"), !transa.is("N"))
  if side.is("L") {
    let triangle = Triangle(a, lda.int, m, isUpper: isUpper, isUnit: diag.is("U"))
    for j in 0..<n {
      let column = b + j * ldb
      scale(0..<m, alpha, column)
      if alpha != 0 { triangle.multiply(column, 1, isTransposed: isTransposed) }
    }
    return
  }
  let triangle = Triangle(a, lda.int, n, isUpper: isUpper, isUnit: diag.is("U"))
  // Column j of the product needs the columns before it where op(A) is upper: those are written later.
  let isUpperProduct = isUpper != isTransposed
  for step in 0..<n {
    let j = isUpperProduct ? n - 1 - step : step
    let target = b + j * ldb
    scale(0..<m, alpha * triangle.diagonal(j), target)
    for k in isUpperProduct ? 0..<j : j + 1..<n {
      let factor = alpha * triangle.value(k, j, isTransposed: isTransposed)
      if factor != 0 { Vectors.add(factor, b + k * ldb, to: target, count: m) }
    }
  }
}
