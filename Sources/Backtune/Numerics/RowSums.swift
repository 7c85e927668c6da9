/// The sums of one row over two vectors side by side, which stay in registers.
struct RowSums {
  private var low: Vector
  private var high: Vector

  /// What they begin with.
  @inline(__always)
  init(_ low: Vector, _ high: Vector) { (self.low, self.high) = (low, high) }

  /// As they stand in memory.
  @inline(__always)
  init(_ values: UnsafePointer<Double>) {
    self.init(Vector(at: values), Vector(at: values + Vector.width))
  }

  @inline(__always)
  mutating func add(_ factor: Double, _ v: Vector, _ w: Vector) {
    let a = Vector(repeating: factor)
    low = multiplyAdd(a, v, low)
    high = multiplyAdd(a, w, high)
  }

  @inline(__always)
  func store(_ target: UnsafeMutablePointer<Double>) {
    low.store(target)
    high.store(target + Vector.width)
  }
}
