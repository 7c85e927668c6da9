// What LAPACK asks of BLAS about a matrix and vectors. Matrices are column-major: element (i, j) at a[i + j * lda].

/// y = beta y, y = 0 where beta is 0, whatever y held.
private func scale(_ n: Int, _ beta: Double, _ y: MutableReals, _ dy: Int) {
  if beta == 1 { return }
  let first = firstPlace(n, dy)
  for i in 0..<n {
    let place = first + i * dy
    y[place] = beta == 0 ? 0 : beta * y[place]
  }
}

/// y = alpha A x + beta y, or with A^T
@_cdecl("dgemv_")
func dgemv(
  _ trans: Letter, _ m: Count, _ n: Count, _ alpha: Reals, _ a: Reals, _ lda: Count, _ x: Reals,
  _ incx: Count, _ beta: Reals, _ y: MutableReals, _ incy: Count
) {
  let (m, n, alpha, lda, dx, dy) = (m.int, n.int, alpha.pointee, lda.int, incx.int, incy.int)
  if m <= 0 || n <= 0 || !LAPACK.wants(m * n) { return }
  let isTransposed = !trans.is("N")
  scale(isTransposed ? n : m, beta.pointee, y, dy)
  if alpha == 0 { return }
  if isTransposed {
    multiplyTransposed(m, n, alpha, a, lda, x + firstPlace(m, dx), dx, y + firstPlace(n, dy), dy)
  } else {
    multiply(m, n, alpha, a, lda, x + firstPlace(n, dx), dx, y + firstPlace(m, dy), dy)
  }
}

private func multiply(
  _ m: Int, _ n: Int, _ alpha: Double, _ a: Reals, _ lda: Int, _ x: Reals, _ dx: Int,
  _ y: MutableReals, _ dy: Int
) {
  var j = 0
  while j + 4 <= n {
    let factors =
      alpha * SIMD4(x[j * dx], x[(j + 1) * dx], x[(j + 2) * dx], x[(j + 3) * dx])
    let column = a + j * lda
    if dy == 1 {
      Vectors.addFour(factors, column, stride: lda, to: y, count: m)
    } else {
      let (c1, c2, c3) = (column + lda, column + 2 * lda, column + 3 * lda)
      for i in 0..<m {
        var s = multiplyAdd(factors[0], column[i], y[i * dy])
        s = multiplyAdd(factors[1], c1[i], s)
        s = multiplyAdd(factors[2], c2[i], s)
        y[i * dy] = multiplyAdd(factors[3], c3[i], s)
      }
    }
    j += 4
  }
  while j < n {
    let (factor, column) = (alpha * x[j * dx], a + j * lda)
    for i in 0..<m { y[i * dy] = multiplyAdd(factor, column[i], y[i * dy]) }
    j += 1
  }
}

private func multiplyTransposed(
  _ m: Int, _ n: Int, _ alpha: Double, _ a: Reals, _ lda: Int, _ x: Reals, _ dx: Int,
  _ y: MutableReals, _ dy: Int
) {
  var j = 0
  while j + 4 <= n {
    let column = a + j * lda
    var sums = SIMD4<Double>.zero
    if dx == 1 {
      sums = Vectors.dotFour(column, stride: lda, x, count: m)
    } else {
      let (c1, c2, c3) = (column + lda, column + 2 * lda, column + 3 * lda)
      for i in 0..<m {
        let values = SIMD4(column[i], c1[i], c2[i], c3[i])
        sums = multiplyAdd(values, SIMD4(repeating: x[i * dx]), sums)
      }
    }
    for k in 0..<4 { y[(j + k) * dy] += alpha * sums[k] }
    j += 4
  }
  while j < n {
    let column = a + j * lda
    var sum = 0.0
    if dx == 1 {
      sum = Vectors.dot(column, x, count: m)
    } else {
      for i in 0..<m { sum = multiplyAdd(column[i], x[i * dx], sum) }
    }
    y[j * dy] += alpha * sum
    j += 1
  }
}

/// A += alpha x y^T
@_cdecl("dger_")
func dger(
  _ m: Count, _ n: Count, _ alpha: Reals, _ x: Reals, _ incx: Count, _ y: Reals, _ incy: Count,
  _ a: MutableReals, _ lda: Count
) {
  let (m, n, alpha, dx, dy, lda) = (m.int, n.int, alpha.pointee, incx.int, incy.int, lda.int)
  if m <= 0 || n <= 0 || alpha == 0 || !LAPACK.wants(m * n) { return }
  let (x, y) = (x + firstPlace(m, dx), y + firstPlace(n, dy))
  for j in 0..<n {
    let (factor, column) = (alpha * y[j * dy], a + j * lda)
    if factor == 0 { continue }
    if dx == 1 {
      Vectors.add(factor, x, to: column, count: m)
    } else {
      for i in 0..<m { column[i] = multiplyAdd(factor, x[i * dx], column[i]) }
    }
  }
}

/// y = alpha A x + beta y for a symmetric A, of which one triangle is read
@_cdecl("dsymv_")
func dsymv(
  _ uplo: Letter, _ n: Count, _ alpha: Reals, _ a: Reals, _ lda: Count, _ x: Reals, _ incx: Count,
  _ beta: Reals, _ y: MutableReals, _ incy: Count
) {
  let (n, alpha, lda, dx, dy) = (n.int, alpha.pointee, lda.int, incx.int, incy.int)
  if n <= 0 || !LAPACK.wants(n * n) { return }
  scale(n, beta.pointee, y, dy)
  if alpha == 0 { return }
  let (x, y) = (x + firstPlace(n, dx), y + firstPlace(n, dy))
  let isUpper = uplo.is("U")
  for j in 0..<n {
    let column = a + j * lda
    let factor = alpha * x[j * dx]
    let (first, end) = isUpper ? (0, j) : (j + 1, n)
    var sum = 0.0
    if dx == 1 && dy == 1 {
      sum = Vectors.addAndDot(column + first, factor, x + first, to: y + first, count: end - first)
    } else {
      for i in first..<end {
        y[i * dy] = multiplyAdd(factor, column[i], y[i * dy])
        sum = multiplyAdd(column[i], x[i * dx], sum)
      }
    }
    y[j * dy] += factor * column[j] + alpha * sum
  }
}

/// A += alpha (x y^T + y x^T), one triangle
@_cdecl("dsyr2_")
func dsyr2(
  _ uplo: Letter, _ n: Count, _ alpha: Reals, _ x: Reals, _ incx: Count, _ y: Reals,
  _ incy: Count, _ a: MutableReals, _ lda: Count
) {
  let (n, alpha, dx, dy, lda) = (n.int, alpha.pointee, incx.int, incy.int, lda.int)
  if n <= 0 || alpha == 0 || !LAPACK.wants(n * n) { return }
  let (x, y) = (x + firstPlace(n, dx), y + firstPlace(n, dy))
  let isUpper = uplo.is("U")
  for j in 0..<n {
    let (p, q, column) = (alpha * y[j * dy], alpha * x[j * dx], a + j * lda)
    for i in isUpper ? 0..<j + 1 : j..<n {
      column[i] = multiplyAdd(p, x[i * dx], multiplyAdd(q, y[i * dy], column[i]))
    }
  }
}

/// x = A x, or A^T x, for a triangular A
@_cdecl("dtrmv_")
func dtrmv(
  _ uplo: Letter, _ trans: Letter, _ diag: Letter, _ n: Count, _ a: Reals, _ lda: Count,
  _ x: MutableReals, _ incx: Count
) {
  let (n, dx) = (n.int, incx.int)
  if n <= 0 { return }
  Triangle(a, lda.int, n, isUpper: uplo.is("U"), isUnit: diag.is("U"))
    .multiply(x + firstPlace(n, dx), dx, isTransposed: !trans.is("N"))
}

/// A triangular matrix; the other triangle is not read, nor the diagonal where it is 1.
struct Triangle {
  private let a: Reals
  private let lda: Int
  private let n: Int
  private let isUpper: Bool
  private let isUnit: Bool

  init(_ a: Reals, _ lda: Int, _ n: Int, isUpper: Bool, isUnit: Bool) {
    (self.a, self.lda, self.n, self.isUpper, self.isUnit) = (a, lda, n, isUpper, isUnit)
  }

  func diagonal(_ j: Int) -> Double { isUnit ? 1 : a[j + j * lda] }

  /// Element (i, j) of A, or of A^T, off the diagonal and inside the triangle.
  func value(_ i: Int, _ j: Int, isTransposed: Bool) -> Double {
    isTransposed ? a[j + i * lda] : a[i + j * lda]
  }

  /// Rows of column j of A above or below the diagonal.
  private func rows(_ j: Int) -> Range<Int> { isUpper ? 0..<j : j + 1..<n }

  func multiply(_ x: MutableReals, _ dx: Int, isTransposed: Bool) {
    // What is still to be read is written last.
    let ascending = isUpper != isTransposed
    for step in 0..<n {
      let j = ascending ? step : n - 1 - step
      let (column, rows) = (a + j * lda, rows(j))
      if isTransposed {
        var sum = diagonal(j) * x[j * dx]
        if dx == 1 {
          sum += Vectors.dot(column + rows.lowerBound, x + rows.lowerBound, count: rows.count)
        } else {
          for i in rows { sum = multiplyAdd(column[i], x[i * dx], sum) }
        }
        x[j * dx] = sum
      } else {
        let factor = x[j * dx]
        if dx == 1 {
          Vectors.add(
            factor, column + rows.lowerBound, to: x + rows.lowerBound, count: rows.count)
        } else {
          for i in rows { x[i * dx] = multiplyAdd(factor, column[i], x[i * dx]) }
        }
        x[j * dx] = diagonal(j) * factor
      }
    }
  }
}
