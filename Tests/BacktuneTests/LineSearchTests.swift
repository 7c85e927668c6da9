import BacktuneNumerics
import Testing

@Suite struct LineSearchTests {
  /// Minimises on [0, 1] at the precision in use, and keeps what was tried.
  private func search(
    lowerValue: Double? = nil, upperValue: Double? = nil, precision: Double = 1e-2,
    limit: Int = 50, _ f: (Double) -> Double
  ) -> (minimum: LineMinimum, trials: [Double]) {
    var trials: [Double] = []
    let minimum = brentMinimum(
      from: 0, to: 1, relativePrecision: precision, maxEvaluations: limit, lowerValue: lowerValue,
      upperValue: upperValue
    ) {
      trials.append($0)
      return f($0)
    }
    #expect(minimum.evaluations == trials.count)
    #expect(trials.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(Set(trials).count == trials.count)
    return (minimum, trials)
  }

  @Test("finds the minimum of smooth functions", arguments: [0.03, 0.2, 0.5, 0.77, 0.99])
  func smooth(at target: Double) {
    let functions: [(Double) -> Double] = [
      { ($0 - target) * ($0 - target) },
      { -VectorMath.exp(-10 * ($0 - target) * ($0 - target)) },
      { abs($0 - target) },
      { VectorMath.exp(3 * abs($0 - target)) + 1e6 },
    ]
    for (i, f) in functions.enumerated() {
      let (minimum, trials) = search(f)
      #expect(abs(minimum.argument - target) <= 1e-2, "function \(i)")
      #expect(minimum.value == trials.map(f).min())
      #expect(minimum.evaluations <= 14, "function \(i)")
    }
  }

  @Test func parabolicStepsConvergeFast() {
    let (minimum, _) = search(precision: 1e-8) { VectorMath.expm1($0 - 0.3) - ($0 - 0.3) }
    #expect(abs(minimum.argument - 0.3) < 1e-7)
    #expect(minimum.evaluations < 15)
  }

  @Test func minimaAtTheBounds() {
    let rising = search { $0 }
    #expect(rising.minimum.argument < 1e-2)
    let falling = search { -$0 }
    #expect(falling.minimum.argument > 1 - 1e-2)
  }

  @Test func knownBoundsAreTrials() {
    let rising = search(lowerValue: 0, upperValue: 1) { $0 }
    #expect(rising.minimum.argument == 0)
    #expect(rising.minimum.value == 0)
    let falling = search(lowerValue: 0, upperValue: -1) { -$0 }
    #expect(falling.minimum.argument == 1)
    let f = { (x: Double) in (x - 0.3) * (x - 0.3) }
    let known = search(lowerValue: f(0), upperValue: f(1), f)
    #expect(abs(known.minimum.argument - 0.3) < 1e-2)
    #expect(known.minimum.evaluations <= search(f).minimum.evaluations)
    let nothing = search(lowerValue: 2, upperValue: 3, limit: 0, f)
    #expect(nothing.minimum.argument == 0)
    #expect(nothing.minimum.value == 2)
  }

  @Test("infinite or NaN on a part of the interval", arguments: [Double.infinity, .nan])
  func divergence(_ bad: Double) {
    // The end of the finite part, and where the minimum lies in it.
    for (end, target) in [(0.9, 0.2), (0.35, 0.3), (0.1, 0.05), (0.03, 0.0)] {
      let f = { (x: Double) in x < end ? (x - target) * (x - target) : bad }
      let (minimum, _) = search(lowerValue: f(0), upperValue: bad, f)
      #expect(abs(minimum.argument - target) <= 1e-2, "finite below \(end)")
      let mirrored = search(lowerValue: bad, upperValue: f(0)) { f(1 - $0) }
      #expect(abs(1 - mirrored.minimum.argument - target) <= 1e-2, "finite above \(1 - end)")
    }
    let island = { (x: Double) in x > 0.6 && x < 0.75 ? (x - 0.7) * (x - 0.7) : bad }
    #expect(abs(search(island).minimum.argument - 0.7) <= 1e-2)
    let holes = { (x: Double) in Int(x * 40) % 3 == 1 ? bad : (x - 0.4) * (x - 0.4) }
    #expect(search(holes).minimum.value.isFinite)
  }

  @Test("ends with the best trial on noise, half of it not finite", arguments: 1...20)
  func noise(seed: Int) {
    var stream = RandomStream(seed: UInt64(seed), name: "noise")
    var values: [Double] = []
    let (minimum, _) = search(lowerValue: 0.9) { _ in
      let value = stream.uniform()
      values.append(value < 0.5 ? [.infinity, .nan, -.infinity][values.count % 3] : value)
      return values[values.count - 1]
    }
    let least = values.filter { $0.isFinite }.reduce(0.9, min)
    #expect(minimum.value == least, "seed \(seed)")
    #expect(minimum.evaluations < 40, "seed \(seed)")
  }

  @Test func nothingFinite() {
    for bad in [Double.infinity, .nan, -.infinity] {
      let (minimum, _) = search(lowerValue: bad, upperValue: bad, limit: 20) { _ in bad }
      #expect(minimum.argument == 0)
      #expect(minimum.value == .infinity)
      #expect(minimum.evaluations == 20)
    }
  }

  @Test func constantFunction() {
    let (minimum, _) = search { _ in 3 }
    #expect(minimum.value == 3)
    #expect(minimum.evaluations < 15)
    #expect(search(lowerValue: 3, upperValue: 3) { _ in 3 }.minimum.evaluations < 15)
  }

  @Test func hugeValuesDoNotOverflowIntoTheStep() {
    let (minimum, _) = search { 1e308 * abs($0 - 0.6) }
    #expect(abs(minimum.argument - 0.6) <= 1e-2)
  }

  @Test func endsAtTheLimit() {
    let (minimum, _) = search(precision: 0, limit: 7) { abs($0 - 0.123) }
    #expect(minimum.evaluations == 7)
  }

  @Test func degenerateIntervals() {
    let point = brentMinimum(from: 2, to: 2, relativePrecision: 0.01, maxEvaluations: 9) { $0 }
    #expect(point.argument == 2)
    #expect(point.value == 2)
    #expect(point.evaluations == 1)
    let undefined = brentMinimum(from: .nan, to: 1, relativePrecision: 0.01, maxEvaluations: 9) {
      $0
    }
    #expect(undefined.value == .infinity)
  }

  @Test func errorsPass() {
    #expect(throws: BacktuneError.self) {
      try brentMinimum(from: 0, to: 1, relativePrecision: 0.01, maxEvaluations: 9) { _ in
        throw BacktuneError.state("stop")
      }
    }
  }
}
