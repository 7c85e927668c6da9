/// Four values in memory.
@_documentation(visibility: internal)
public enum MatrixKernels {
  @inlinable @inline(__always)
  public static func load(_ p: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Double>.self)
  }

  @inlinable @inline(__always)
  public static func store(_ v: SIMD4<Double>, _ p: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD4<Double>.self)
  }

  /// The next multiple of 4.
  @inlinable @inline(__always)
  public static func padded(_ count: Int) -> Int { (count + 3) & ~3 }
}
