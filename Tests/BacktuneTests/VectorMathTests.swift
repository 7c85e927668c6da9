import BacktuneNumerics
import Testing

/// One function in its three forms, and where to look at it closely.
struct ElementaryFunction: Sendable, CustomTestStringConvertible {
  let name: String
  let lanes: @Sendable (SIMD4<Double>) -> SIMD4<Double>
  let scalar: @Sendable (Double) -> Double
  let library: @Sendable (Double) -> Double
  let ranges: [ClosedRange<Double>]
  /// Values at 0, -0, infinity, -infinity and the least denormal.
  let special: [Double]
  /// How far from the library it may be.
  var ulps = 2

  var testDescription: String { name }

  static let tiny = Double.leastNonzeroMagnitude
  static let all = [
    ElementaryFunction(
      name: "tanh", lanes: { VectorMath.tanh($0) }, scalar: { VectorMath.tanh($0) },
      library: { Glibc.tanh($0) }, ranges: [-1...1, 0.69...0.71, -25...25],
      special: [0, -0.0, 1, -1, tiny]),
    ElementaryFunction(
      name: "exp", lanes: { VectorMath.exp($0) }, scalar: { VectorMath.exp($0) },
      library: { Glibc.exp($0) }, ranges: [-1...1, -750...750, -746 ... -708, 709...710],
      special: [1, 1, .infinity, 0, 1]),
    ElementaryFunction(
      name: "expm1", lanes: { VectorMath.expm1($0) }, scalar: { VectorMath.expm1($0) },
      library: { Glibc.expm1($0) }, ranges: [-2...2, -50...750, -0.4 ... -0.3, 709...710],
      special: [0, -0.0, .infinity, -1, tiny]),
    ElementaryFunction(
      name: "log", lanes: { VectorMath.log($0) }, scalar: { VectorMath.log($0) },
      library: { Glibc.log($0) }, ranges: [0...2, 0.99...1.01, -1...1e6, 0...1e-307],
      special: [-.infinity, -.infinity, .infinity, .nan, -744.4400719213812]),
    ElementaryFunction(
      name: "log1p", lanes: { VectorMath.log1p($0) }, scalar: { VectorMath.log1p($0) },
      library: { Glibc.log1p($0) }, ranges: [0...1, -1...0.01, -2...1e6, -1 ... -0.999],
      special: [0, -0.0, .infinity, .nan, tiny]),
    ElementaryFunction(
      name: "1/(1 + 2^y)",
      lanes: { VectorMath.overOnePlusPower(SIMD4(repeating: 1), $0) },
      scalar: { VectorMath.overOnePlusPower(SIMD4(repeating: 1), SIMD4(repeating: $0))[0] },
      library: { $0 > 1000 ? 0 : precise($0) },
      ranges: [-1...1, -60...60, -1001...1001], special: [0.5, 0.5, 0, 1, 0.5], ulps: 3),
  ]
}

/// 1/(1 + 2^y) rounded once; what the C library makes of 2^y aside where it has no longer numbers.
private func precise(_ y: Double) -> Double {
  #if arch(x86_64)
    return Double(1 / (1 + Glibc.exp2(Float80(y))))
  #else
    let power = Glibc.exp2(y)
    let sum = 1 + power
    // What the sum has lost, and what the quotient.
    let lost = power > 1 ? 1 - (sum - power) : power - (sum - 1)
    let quotient = 1 / sum
    return quotient + quotient * (1.0.addingProduct(-quotient, sum) - quotient * lost)
  #endif
}

@Suite struct VectorMathTests {
  static let seed: UInt64 = 20_260

  @Test("near the C library", arguments: ElementaryFunction.all)
  func accuracy(_ function: ElementaryFunction) {
    var stream = RandomStream(seed: Self.seed, name: function.name)
    var worst = (ulps: 0, x: 0.0)
    func check(_ x: SIMD4<Double>) {
      let y = function.lanes(x)
      for lane in 0..<4 {
        let ulps = distance(y[lane], function.library(x[lane]))
        if ulps > worst.ulps { worst = (ulps, x[lane]) }
      }
    }
    let count = 50_000
    for range in function.ranges {
      let width = range.upperBound - range.lowerBound
      for i in 0...count {
        let grid = range.lowerBound + width * (Double(i) / Double(count))
        check(
          SIMD4(
            grid, stream.uniform(in: range.lowerBound, range.upperBound),
            stream.uniform(in: range.lowerBound, range.upperBound), grid.nextUp))
      }
    }
    for _ in 0..<4 * count {
      // Every exponent is as likely, denormal numbers, infinity and NaN included.
      let x = Double(bitPattern: stream.nextUInt64())
      check(SIMD4(x, -x, abs(x).squareRoot(), -abs(x).squareRoot().squareRoot()))
    }
    #expect(worst.ulps <= function.ulps, "\(function.name)(\(worst.x)), seed \(Self.seed)")
  }

  @Test("special values", arguments: ElementaryFunction.all)
  func specialValues(_ function: ElementaryFunction) {
    let arguments = [0, -0.0, .infinity, -.infinity, ElementaryFunction.tiny]
    for (x, expected) in zip(arguments, function.special) {
      #expect(
        same(function.scalar(x), expected), "\(function.name)(\(x)) = \(function.scalar(x))")
    }
    #expect(function.scalar(.nan).isNaN)
    #expect(function.scalar(-.nan).isNaN)
  }

  @Test("the same bits in every lane and as a scalar", arguments: ElementaryFunction.all)
  func lanesAgree(_ function: ElementaryFunction) {
    var stream = RandomStream(seed: Self.seed, name: "lanes")
    for _ in 0..<2_000 {
      let x = stream.uniform(in: -3, 3)
      let y = function.scalar(x)
      for lane in 0..<4 {
        var lanes = SIMD4(stream.normal(), .nan, .infinity, -1e300)
        lanes[lane] = x
        #expect(same(function.lanes(lanes)[lane], y), "x = \(x), seed \(Self.seed)")
      }
    }
  }

  @Test func limits() {
    #expect(VectorMath.exp(709.782712893384).isFinite)
    #expect(VectorMath.exp(709.7827128933841) == .infinity)
    #expect(VectorMath.exp(-745.1332191019411) == .leastNonzeroMagnitude)
    #expect(VectorMath.exp(-745.1332191019412) == 0)
    #expect(VectorMath.expm1(709.7827128933841) == .infinity)
    #expect(VectorMath.expm1(-1000) == -1)
    #expect(VectorMath.tanh(19.1) == 1)
    #expect(VectorMath.tanh(-1e308) == -1)
    #expect(VectorMath.log(-1).isNaN)
    #expect(VectorMath.log(.greatestFiniteMagnitude) == 709.782712893384)
    #expect(VectorMath.log1p(-1) == -.infinity)
    #expect(VectorMath.log1p((-1.0).nextUp) == -36.7368005696771)
    #expect(VectorMath.log1p((-1.0).nextDown).isNaN)
  }

  @Test("tanh is odd, and has no jump where its two formulas meet")
  func shapeOfTanh() {
    var x = 0.7 - 2_000 * 0.7.ulp
    var last = VectorMath.tanh(x)
    for _ in 0..<4_000 {
      let y = VectorMath.tanh(x)
      #expect(abs(y - last) <= 2 * last.ulp, "x = \(x)")
      #expect(VectorMath.tanh(-x) == -y)
      last = y
      x = x.nextUp
    }
  }
}

/// Bits alike, all NaN being one.
private func same(_ a: Double, _ b: Double) -> Bool {
  a.isNaN ? b.isNaN : a.bitPattern == b.bitPattern
}

/// How many doubles lie from one to the other; `Int.max` when only one is NaN.
private func distance(_ a: Double, _ b: Double) -> Int {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .max }
  func rank(_ x: Double) -> Int {
    let magnitude = Int(x.magnitude.bitPattern)
    return x.sign == .minus ? -magnitude : magnitude
  }
  let (difference, overflow) = rank(a).subtractingReportingOverflow(rank(b))
  return overflow ? .max : abs(difference)
}
