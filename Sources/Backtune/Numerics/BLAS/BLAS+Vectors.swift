// What LAPACK asks of BLAS about vectors, under the names that Fortran gives them; hidden, as all that is not bt_*.
// Counts are `Int32`. Values of a vector stand an increment apart, in reverse order where that is negative.

typealias Count = UnsafePointer<Int32>
typealias Reals = UnsafePointer<Double>
typealias MutableReals = UnsafeMutablePointer<Double>
/// An option: one letter, small or capital.
typealias Letter = UnsafePointer<UInt8>

extension UnsafePointer<Int32> {
  var int: Int { Int(pointee) }
}

extension UnsafePointer<UInt8> {
  func `is`(_ capital: Unicode.Scalar) -> Bool { pointee & 0xDF == UInt8(ascii: capital) }
}

/// The place of the first value of a vector.
@inline(__always)
func firstPlace(_ count: Int, _ increment: Int) -> Int {
  increment < 0 ? (1 - count) * increment : 0
}

/// y += f x
@_cdecl("daxpy_")
func daxpy(_ n: Count, _ f: Reals, _ x: Reals, _ incx: Count, _ y: MutableReals, _ incy: Count) {
  let (n, f, dx, dy) = (n.int, f.pointee, incx.int, incy.int)
  if n <= 0 || f == 0 { return }
  if dx == 1 && dy == 1 { return Vectors.add(f, x, to: y, count: n) }
  var (i, j) = (firstPlace(n, dx), firstPlace(n, dy))
  for _ in 0..<n {
    y[j] = multiplyAdd(f, x[i], y[j])
    i += dx
    j += dy
  }
}

@_cdecl("dcopy_")
func dcopy(_ n: Count, _ x: Reals, _ incx: Count, _ y: MutableReals, _ incy: Count) {
  let (n, dx, dy) = (n.int, incx.int, incy.int)
  if n <= 0 { return }
  if dx == 1 && dy == 1 { return y.update(from: x, count: n) }
  var (i, j) = (firstPlace(n, dx), firstPlace(n, dy))
  for _ in 0..<n {
    y[j] = x[i]
    i += dx
    j += dy
  }
}

@_cdecl("dswap_")
func dswap(_ n: Count, _ x: MutableReals, _ incx: Count, _ y: MutableReals, _ incy: Count) {
  let (n, dx, dy) = (n.int, incx.int, incy.int)
  if n <= 0 { return }
  var (i, j) = (firstPlace(n, dx), firstPlace(n, dy))
  for _ in 0..<n {
    (x[i], y[j]) = (y[j], x[i])
    i += dx
    j += dy
  }
}

@_cdecl("dscal_")
func dscal(_ n: Count, _ f: Reals, _ x: MutableReals, _ incx: Count) {
  let (n, f, dx) = (n.int, f.pointee, incx.int)
  if n <= 0 || dx <= 0 { return }
  if dx == 1 {
    for i in 0..<n { x[i] *= f }
  } else {
    for i in 0..<n { x[i * dx] *= f }
  }
}

@_cdecl("ddot_")
func ddot(_ n: Count, _ x: Reals, _ incx: Count, _ y: Reals, _ incy: Count) -> Double {
  let (n, dx, dy) = (n.int, incx.int, incy.int)
  if n <= 0 { return 0 }
  if dx == 1 && dy == 1 { return Vectors.dot(x, y, count: n) }
  var (i, j, sum) = (firstPlace(n, dx), firstPlace(n, dy), 0.0)
  for _ in 0..<n {
    sum = multiplyAdd(x[i], y[j], sum)
    i += dx
    j += dy
  }
  return sum
}

/// The length of a vector; squares that would overflow or vanish are taken of its values divided by the largest.
@_cdecl("dnrm2_")
func dnrm2(_ n: Count, _ x: Reals, _ incx: Count) -> Double {
  let (n, dx) = (n.int, incx.int)
  if n <= 0 { return 0 }
  let first = firstPlace(n, dx)
  var sum = 0.0
  if dx == 1 {
    sum = Vectors.dot(x, x, count: n)
  } else {
    for i in 0..<n { sum = multiplyAdd(x[first + i * dx], x[first + i * dx], sum) }
  }
  if sum > 1e-280 && sum < 1e300 { return sum.squareRoot() }
  var largest = 0.0
  for i in 0..<n {
    let size = abs(x[first + i * dx])
    if size.isNaN { return size }
    largest = max(largest, size)
  }
  if largest == 0 || largest == .infinity { return largest }
  sum = 0
  for i in 0..<n {
    let share = x[first + i * dx] / largest
    sum += share * share
  }
  return largest * sum.squareRoot()
}

/// The number, from 1 on, of the first value of the largest magnitude; a NaN counts as the largest.
@_cdecl("idamax_")
func idamax(_ n: Count, _ x: Reals, _ incx: Count) -> Int32 {
  let (n, dx) = (n.int, incx.int)
  if n <= 0 || dx <= 0 { return 0 }
  var (place, largest) = (0, abs(x[0]))
  for i in 0..<n where !(abs(x[i * dx]) <= largest) {
    (place, largest) = (i, abs(x[i * dx]))
    if largest.isNaN { break }
  }
  return Int32(place + 1)
}

/// A rotation of the plane: x = c x + s y, y = c y - s x.
@_cdecl("drot_")
func drot(
  _ n: Count, _ x: MutableReals, _ incx: Count, _ y: MutableReals, _ incy: Count, _ c: Reals,
  _ s: Reals
) {
  let (n, dx, dy, c, s) = (n.int, incx.int, incy.int, c.pointee, s.pointee)
  if n <= 0 { return }
  var (i, j) = (firstPlace(n, dx), firstPlace(n, dy))
  if dx == 1 && dy == 1 {
    typealias K = MatrixKernels
    let (cs, ss) = (SIMD4(repeating: c), SIMD4(repeating: s))
    while i + 4 <= n {
      let (p, q) = (K.load(x + i), K.load(y + i))
      K.store(cs * p + ss * q, x + i)
      K.store(cs * q - ss * p, y + i)
      i += 4
    }
    j = i
  }
  let done = dx == 1 && dy == 1 ? i : 0
  for _ in done..<n {
    let (p, q) = (x[i], y[j])
    x[i] = c * p + s * q
    y[j] = c * q - s * p
    i += dx
    j += dy
  }
}
