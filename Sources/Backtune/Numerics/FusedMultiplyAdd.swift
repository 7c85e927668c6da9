/// a b + c on four lanes: one instruction where the build targets a processor with FMA (`BACKTUNE_FMA`, and every arm64),
/// a product and a sum elsewhere, since without the instruction Swift's `addingProduct` calls the C library for each lane
/// (measured: 40 ns a value).
@inlinable @inline(__always)
package func multiplyAdd(
  _ a: SIMD4<Double>, _ b: SIMD4<Double>, _ c: SIMD4<Double>
) -> SIMD4<Double> {
  #if BACKTUNE_FMA || arch(arm64)
    return c.addingProduct(a, b)
  #else
    return a * b + c
  #endif
}

#if BACKTUNE_V4
  /// The same on eight lanes.
  @inlinable @inline(__always)
  package func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
    c.addingProduct(a, b)
  }
#endif

/// The same on one value, so that a value has the same bits in a vector and in what is left over.
@inlinable @inline(__always)
package func multiplyAdd(_ a: Double, _ b: Double, _ c: Double) -> Double {
  #if BACKTUNE_FMA || arch(arm64)
    return c.addingProduct(a, b)
  #else
    return a * b + c
  #endif
}
