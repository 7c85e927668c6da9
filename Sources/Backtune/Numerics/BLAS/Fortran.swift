// The little that LAPACK asks of the Fortran run-time, which the library would have to bring along for it.

/// LAPACK's report of a wrong argument, which `info` tells too: nothing is printed, nothing ends the process.
@_cdecl("xerbla_")
func xerbla(_ name: UnsafePointer<UInt8>, _ info: UnsafePointer<Int32>, _ length: Int) {}

/// a // b, cut or filled up with blanks.
@_cdecl("_gfortran_concat_string")
func concatenate(
  _ length: Int, _ target: UnsafeMutablePointer<UInt8>, _ lengthA: Int, _ a: UnsafePointer<UInt8>,
  _ lengthB: Int, _ b: UnsafePointer<UInt8>
) {
  let first = min(lengthA, length)
  memcpy(target, a, first)
  let second = min(lengthB, length - first)
  memcpy(target + first, b, second)
  memset(target + first + second, 0x20, length - first - second)
}
