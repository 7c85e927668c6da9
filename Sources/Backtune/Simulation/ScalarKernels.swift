import BacktuneNetwork
import BacktuneNumerics

/// Scalar functions and products over runs of values: the function is chosen once a run.
enum ScalarKernels {
  typealias Values = UnsafePointer<Double>
  typealias Target = UnsafeMutablePointer<Double>

  /// y = c f(x).
  static func store(_ f: ScalarFunction, _ c: Double, _ x: Values, _ y: Target, count: Int) {
    f.use(Store(c: c, x: x, y: y, count: count))
  }

  /// y += c f(x).
  static func add(_ f: ScalarFunction, _ c: Double, _ x: Values, _ y: Target, count: Int) {
    f.use(Add(c: c, x: x, y: y, count: count))
  }

  /// y = f'(x).
  static func storeSlope(_ f: ScalarFunction, _ x: Values, _ y: Target, count: Int) {
    f.use(StoreSlope(x: x, y: y, count: count))
  }

  /// y += c f'(x) e.
  static func addSlope(
    _ f: ScalarFunction, _ c: Double, _ x: Values, _ e: Values, _ y: Target, count: Int
  ) {
    f.use(AddSlope(c: c, x: x, e: e, y: y, count: count))
  }

  /// y += c (1 - ((v - m) / h)^2) e: the adjoint of zeta of mean m and half range h from its value v, without its tanh.
  static func addZetaSlope(
    mean: Double, half: Double, _ c: Double, value v: Values, _ e: Values, _ y: Target, count: Int
  ) {
    let scale = 1 / half
    sweep(count) { i, n in
      let u = (read(v + i, n) - mean) * scale
      write(multiplyAdd(c * (1 - u * u), read(e + i, n), read(y + i, n)), y + i, n)
    }
  }

  /// y = y x.
  static func multiply(_ x: Values, _ y: Target, count: Int) {
    sweep(count) { i, n in write(read(x + i, n) * read(y + i, n), y + i, n) }
  }

  /// y += c x z.
  static func addProduct(_ c: Double, _ x: Values, _ z: Values, _ y: Target, count: Int) {
    sweep(count) { i, n in
      write(multiplyAdd(c * read(x + i, n), read(z + i, n), read(y + i, n)), y + i, n)
    }
  }

  /// y += c x.
  static func addScaled(_ c: Double, _ x: Values, _ y: Target, count: Int) {
    let factor = SIMD4(repeating: c)
    sweep(count) { i, n in write(multiplyAdd(factor, read(x + i, n), read(y + i, n)), y + i, n) }
  }

  /// y += c.
  static func addConstant(_ c: Double, _ y: Target, count: Int) {
    sweep(count) { i, n in write(read(y + i, n) + c, y + i, n) }
  }

  static func fill(_ value: Double, _ y: Target, count: Int) {
    let vector = SIMD4(repeating: value)
    sweep(count) { i, n in write(vector, y + i, n) }
  }

  private struct Store: VectorFunctionUser {
    let c: Double
    let x: Values
    let y: Target
    let count: Int

    @inline(never) func run(_ f: some VectorFunction) {
      sweep(count) { i, n in write(c * f.value(read(x + i, n)), y + i, n) }
    }
  }

  private struct Add: VectorFunctionUser {
    let c: Double
    let x: Values
    let y: Target
    let count: Int

    @inline(never) func run(_ f: some VectorFunction) {
      let factor = SIMD4(repeating: c)
      sweep(count) { i, n in
        write(multiplyAdd(factor, f.value(read(x + i, n)), read(y + i, n)), y + i, n)
      }
    }
  }

  private struct StoreSlope: VectorFunctionUser {
    let x: Values
    let y: Target
    let count: Int

    @inline(never) func run(_ f: some VectorFunction) {
      sweep(count) { i, n in write(f.slope(read(x + i, n)), y + i, n) }
    }
  }

  private struct AddSlope: VectorFunctionUser {
    let c: Double
    let x: Values
    let e: Values
    let y: Target
    let count: Int

    @inline(never) func run(_ f: some VectorFunction) {
      sweep(count) { i, n in
        write(multiplyAdd(c * f.slope(read(x + i, n)), read(e + i, n), read(y + i, n)), y + i, n)
      }
    }
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
  private static func read(_ p: Values, _ n: Int) -> SIMD4<Double> {
    if n == 4 { return MatrixKernels.load(p) }
    return SIMD4(p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0)
  }

  @inline(__always)
  private static func write(_ v: SIMD4<Double>, _ p: Target, _ n: Int) {
    if n == 4 {
      MatrixKernels.store(v, p)
      return
    }
    for k in 0..<n { p[k] = v[k] }
  }
}
