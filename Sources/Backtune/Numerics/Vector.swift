#if BACKTUNE_V4
  import CProcessor
#endif

/// As many values as one instruction takes: eight where the build targets a processor with AVX-512 (`BACKTUNE_V4`), four
/// elsewhere.
///
/// Measured with eight: 0.58 ns a tanh, and 1.16 with four.
#if BACKTUNE_V4
  public typealias Vector = SIMD8<Double>
  public typealias VectorBits = SIMD8<UInt64>
#else
  public typealias Vector = SIMD4<Double>
  public typealias VectorBits = SIMD4<UInt64>
#endif

/// Public only because methods with package access are not inlined in other modules.
extension Vector {
  @inlinable @inline(__always)
  public static var width: Int { MemoryLayout<Vector>.size / MemoryLayout<Double>.size }

  /// The next multiple of the width.
  @inlinable @inline(__always)
  public static func padded(_ count: Int) -> Int { (count + width - 1) & ~(width - 1) }

  /// The values from `place` on.
  @inlinable @inline(__always)
  public init(at place: UnsafePointer<Double>) {
    self = UnsafeRawPointer(place).loadUnaligned(as: Vector.self)
  }

  @inlinable @inline(__always)
  public func store(_ place: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(place).storeBytes(of: self, as: Vector.self)
  }

  /// The n first values from `place` on, and zeros.
  @inlinable @inline(__always)
  public init(at place: UnsafePointer<Double>, count n: Int) {
    if n == Vector.width {
      self.init(at: place)
      return
    }
    #if BACKTUNE_V4
      self = backtune_first(place, n)
    #else
      self = .zero
      for k in 0..<n { self[k] = place[k] }
    #endif
  }

  /// Writes the n first values.
  @inlinable @inline(__always)
  public func store(_ place: UnsafeMutablePointer<Double>, count n: Int) {
    if n == Vector.width { return store(place) }
    for k in 0..<n { place[k] = self[k] }
  }

  /// The sum of all, halves first: `sum()` is a chain of additions.
  @inlinable @inline(__always)
  public var total: Double {
    #if BACKTUNE_V4
      let four = lowHalf + highHalf
    #else
      let four = self
    #endif
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}
