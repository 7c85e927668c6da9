// What LAPACK asks of the numbers of this machine.

/// Constants of double precision. Asked for at the start of every root that is searched for in divide and conquer, between
/// which there is no product.
@_cdecl("dlamch_")
func machineConstant(_ name: UnsafePointer<UInt8>, _ length: Int) -> Double {
  let rounding = Double.ulpOfOne / 2
  switch UnicodeScalar(name.pointee & 0xDF) {
  case "E": return LAPACK.wants(rootWork) ? rounding : .greatestFiniteMagnitude
  case "P": return LAPACK.wants(rootWork) ? 2 * rounding : .greatestFiniteMagnitude
  case "S", "U": return .leastNormalMagnitude
  case "B": return 2
  case "N": return 53
  case "R": return 1
  case "M": return -1021
  case "L": return 1024
  case "O": return .greatestFiniteMagnitude
  default: return 0
  }
}

/// About what a root of some hundred terms takes.
private let rootWork = 20_000

/// a + b as it is in memory, whatever registers hold.
@_cdecl("dlamc3_")
func storedSum(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
  a.pointee + b.pointee
}
