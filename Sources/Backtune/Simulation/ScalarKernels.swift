import BacktuneNetwork
import BacktuneNumerics

/// The scalar functions over runs of values: the function is chosen once a run, the loop is inlined for each.
enum ScalarKernels {
  /// y = c f(x).
  static func store(
    _ f: ScalarFunction, _ c: Double, _ x: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let factor = SIMD4(repeating: c)
    values(f) { function in
      sweep(count) { i, n in
        write(factor * function(read(x + i, n)), y + i, n)
      }
    }
  }

  /// y += c f(x).
  static func add(
    _ f: ScalarFunction, _ c: Double, _ x: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let factor = SIMD4(repeating: c)
    values(f) { function in
      sweep(count) { i, n in
        write(multiplyAdd(factor, function(read(x + i, n)), read(y + i, n)), y + i, n)
      }
    }
  }

  /// y = f'(x).
  static func storeSlope(
    _ f: ScalarFunction, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    slopes(f) { slope in
      sweep(count) { i, n in write(slope(read(x + i, n)), y + i, n) }
    }
  }

  /// y += c f'(x) e.
  static func addSlope(
    _ f: ScalarFunction, _ c: Double, _ x: UnsafePointer<Double>, _ e: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let factor = SIMD4(repeating: c)
    slopes(f) { slope in
      sweep(count) { i, n in
        write(
          multiplyAdd(factor * slope(read(x + i, n)), read(e + i, n), read(y + i, n)), y + i, n)
      }
    }
  }

  /// y += c (1 - ((v - m) / h)^2) e: the adjoint of zeta of mean m and half range h from its value v, which saves the
  /// tanh (16 of 90 ns a step at N = 8).
  static func addZetaSlope(
    mean: Double, half: Double, _ c: Double, value v: UnsafePointer<Double>,
    _ e: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let (m, scale, factor) = (SIMD4(repeating: mean), 1 / half, SIMD4(repeating: c))
    let one = SIMD4(repeating: 1.0)
    sweep(count) { i, n in
      let u = (read(v + i, n) - m) * scale
      write(multiplyAdd(factor * (one - u * u), read(e + i, n), read(y + i, n)), y + i, n)
    }
  }

  /// y = y x.
  static func multiply(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    sweep(count) { i, n in write(read(x + i, n) * read(y + i, n), y + i, n) }
  }

  /// y += c x z.
  static func addProduct(
    _ c: Double, _ x: UnsafePointer<Double>, _ z: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let factor = SIMD4(repeating: c)
    sweep(count) { i, n in
      write(multiplyAdd(factor * read(x + i, n), read(z + i, n), read(y + i, n)), y + i, n)
    }
  }

  /// y += c x.
  static func addScaled(
    _ c: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    let factor = SIMD4(repeating: c)
    sweep(count) { i, n in write(multiplyAdd(factor, read(x + i, n), read(y + i, n)), y + i, n) }
  }

  /// y += c.
  static func addConstant(_ c: Double, _ y: UnsafeMutablePointer<Double>, count: Int) {
    let vector = SIMD4(repeating: c)
    sweep(count) { i, n in write(read(y + i, n) + vector, y + i, n) }
  }

  static func fill(_ value: Double, _ y: UnsafeMutablePointer<Double>, count: Int) {
    let vector = SIMD4(repeating: value)
    sweep(count) { i, n in write(vector, y + i, n) }
  }

  /// Runs `body(i, n)` over groups of n = 4 values from i, the last one possibly shorter.
  @inline(__always)
  private static func sweep(_ count: Int, _ body: (Int, Int) -> Void) {
    var i = 0
    // One call site: with more, the body would become a function of its own, called for each vector.
    while i < count {
      body(i, min(4, count - i))
      i += 4
    }
  }

  @inline(__always)
  private static func read(_ p: UnsafePointer<Double>, _ n: Int) -> SIMD4<Double> {
    if n == 4 { return MatrixKernels.load(p) }
    return SIMD4(p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0)
  }

  @inline(__always)
  private static func write(_ v: SIMD4<Double>, _ p: UnsafeMutablePointer<Double>, _ n: Int) {
    if n == 4 {
      MatrixKernels.store(v, p)
      return
    }
    for k in 0..<n { p[k] = v[k] }
  }

  /// Calls `loop` with the vector form of f.
  @inline(__always)
  private static func values(
    _ f: ScalarFunction, _ loop: ((SIMD4<Double>) -> SIMD4<Double>) -> Void
  ) {
    typealias V = SIMD4<Double>
    let (zero, one) = (V.zero, V(repeating: 1))
    switch f {
    case .identity: loop { $0 }
    case .zeta(let a, let b):
      let (mean, half, scale) = ((a + b) / 2, (b - a) / 2, 2 / (b - a))
      loop { multiplyAdd(V(repeating: half), VectorMath.tanh($0 * scale), V(repeating: mean)) }
    case .logistic: loop { (one + VectorMath.tanh($0 * 0.5)) * 0.5 }
    case .relu: loop { $0.replacing(with: zero, where: $0 .< zero) }
    case .softplus(let eps):
      loop {
        let magnitude = $0.replacing(with: -$0, where: $0 .< zero)
        return $0.replacing(with: zero, where: $0 .< zero)
          + eps * VectorMath.log1p(VectorMath.exp(-magnitude / eps))
      }
    case .exp: loop { VectorMath.exp($0) }
    case .log: loop { VectorMath.log($0) }
    case .reciprocal: loop { one / $0 }
    case .square: loop { $0 * $0 }
    case .upsilon(let w): loop { (one + VectorMath.tanh(($0 - 0.5) * (2 * w))) * 0.5 }
    case .step:
      loop {
        V(repeating: 0.5)
          .replacing(with: zero, where: $0 .< V(repeating: 0.5))
          .replacing(with: one, where: $0 .> V(repeating: 0.5))
      }
    }
  }

  /// Calls `loop` with the vector form of f'; that of `step` is 0, that of relu 0 at 0.
  @inline(__always)
  private static func slopes(
    _ f: ScalarFunction, _ loop: ((SIMD4<Double>) -> SIMD4<Double>) -> Void
  ) {
    typealias V = SIMD4<Double>
    let (zero, one) = (V.zero, V(repeating: 1))
    switch f {
    case .identity: loop { _ in one }
    case .zeta(let a, let b):
      let scale = 2 / (b - a)
      loop {
        let h = VectorMath.tanh($0 * scale)
        return one - h * h
      }
    case .logistic:
      loop {
        let h = VectorMath.tanh($0 * 0.5)
        return (one - h * h) * 0.25
      }
    case .relu: loop { zero.replacing(with: one, where: $0 .> zero) }
    case .softplus(let eps): loop { (one + VectorMath.tanh($0 / (2 * eps))) * 0.5 }
    case .exp: loop { VectorMath.exp($0) }
    case .log: loop { one / $0 }
    case .reciprocal: loop { -one / ($0 * $0) }
    case .square: loop { $0 + $0 }
    case .upsilon(let w):
      loop {
        let h = VectorMath.tanh(($0 - 0.5) * (2 * w))
        return (one - h * h) * w
      }
    case .step: loop { _ in zero }
    }
  }
}
