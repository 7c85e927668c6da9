import Backtune
import Testing

@testable import BacktuneCriterion

/// Projections of several sequences, and those that do not exist.
@Suite struct ProjectionTests {
  private func project(
    _ kinds: [(String, [Double])], desired: [Double], _ values: [Double], lengths: [Int]? = nil,
    channels: Int = 1
  ) throws -> Projection? {
    let places = SeriesPlaces(
      lengths: lengths ?? [values.count / channels], channelCount: channels)
    let set = try ObservableSet(
      kinds.map { try Observables.make($0.0, $0.1, channels: channels) }, desired: desired)
    return try values.series(places) { try Projection(of: $0, set) }
  }

  /// Several sequences: the means are met, and the change is sum mu_k dO_k/dy.
  @Test(arguments: [UInt64(0), 1, 2, 3, 4]) func severalSequences(seed: UInt64) throws {
    let (lengths, channels) = ([20, 1, 33], 3)
    let x = Build.normal(54 * channels, seed: seed)
    let places = SeriesPlaces(lengths: lengths, channelCount: channels)
    let kinds: [(String, [Double])] = [
      ("mean", [0]), ("product", [0, 1]), ("autocorrelation", [2, 3]), ("mean_at", [1, 5]),
      ("standardised_moment", [2, 3, 0.1, 0.9]), ("normalised_autocorrelation", [0, 1, 0, 2]),
    ]
    let observables = try kinds.map { try Observables.make($0.0, $0.1, channels: channels) }
    let shifts = Build.normal(kinds.count, seed: seed + 100).map { 0.2 * $0 }
    let desired = try x.series(places) { view in
      zip(observables, shifts).map { $0.mean(view) + $1 }
    }
    let set = try ObservableSet(observables, desired: desired)
    let projection = try #require(try x.series(places) { try Projection(of: $0, set) })
    let y = projection.values
    expectClose(try y.series(places) { set.values($0) }, desired, within: 1e-11, "means")
    expectClose(
      zip(y, x).map { $0 - $1 }, try slopes(set, projection.multipliers, y, places), within: 1e-9,
      "change")
    let change = zip(y, x).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / 2 }
    expectClose([projection.halfSquareChange], [change], within: 1e-12, "half square")
  }

  @Test func meansMetAlreadyChangeNothing() throws {
    let projection = try #require(
      try project([("mean", [0]), ("product", [0, 0])], desired: [2, 5], [1, 3, 1, 3]))
    #expect(projection.values == [1, 3, 1, 3])
    #expect(projection.multipliers == [0, 0])
  }

  @Test func constantAndShortSeries() throws {
    let zeros = [Double](repeating: 0, count: 5)
    let down = try #require(try project([("mean", [0])], desired: [0], zeros.map { $0 + 4 }))
    #expect(down.values.allSatisfy { abs($0) < 1e-15 })
    #expect(try project([("mean", [0])], desired: [0], zeros)?.values == zeros)
    #expect(try project([("mean", [0])], desired: [3], zeros)?.values == zeros.map { $0 + 3 })
    #expect(try project([("mean", [0])], desired: [3], [1])?.values == [3])
    let root = try #require(try project([("product", [0, 0])], desired: [2], [1]))
    expectClose(root.values, [Double(2).squareRoot()], within: 1e-12, "root")
    // The slope of a square is 0 there: no direction to go.
    #expect(try project([("product", [0, 0])], desired: [1], zeros) == nil)
  }

  /// At the nearest states I - sum mu_k H_k may be negative across the constraints: y^4 = 16 from 1, and from 200 values.
  @Test func negativeCurvatureAcrossTheConstraints() throws {
    let fourth = [("standardised_moment", [0, 4.0, 0, 1])]
    let two = try #require(try project(fourth, desired: [16], [1]))
    expectClose(two.values, [2], within: 1e-12, "y")
    expectClose(two.multipliers, [1.0 / 32], within: 1e-12, "mu")
    let kinds = [("product", [0, 0.0]), ("autocorrelation", [0, 1])] + fourth
    var found = 0
    for seed in UInt64(0)..<20 {
      let x = Build.normal(200, seed: seed).map { 2 * $0 }
      guard let projection = try project(kinds, desired: [1, 0, 3], x) else { continue }
      found += 1
      let fourthMean = projection.values.reduce(0) { $0 + $1 * $1 * $1 * $1 / 200 }
      #expect(abs(fourthMean - 3) < 1e-9)
    }
    #expect(found >= 15, "\(found)")
  }

  @Test func redundantObservables() throws {
    let x = Build.normal(12, seed: 2)
    let single = try #require(try project([("product", [0, 0])], desired: [1.5], x))
    let twice = try #require(
      try project([("product", [0, 0]), ("autocorrelation", [0, 0])], desired: [1.5, 1.5], x))
    expectClose(twice.values, single.values, within: 1e-10, "y")
    expectClose(
      twice.multipliers, [single.multipliers[0] / 2, single.multipliers[0] / 2], within: 1e-9,
      "halves")
    #expect(try project([("mean", [0]), ("mean", [0])], desired: [1, 1.1], x) == nil)
  }

  @Test func meansThatCannotBeHad() throws {
    let x = Build.normal(40, seed: 3)
    #expect(try project([("product", [0, 0])], desired: [-1], x) == nil)
    #expect(try project([("standardised_moment", [0, 4, 0, 1])], desired: [-0.1], x) == nil)
    // (mean x)^2 <= mean x^2.
    #expect(try project([("mean", [0]), ("product", [0, 0])], desired: [1, 0.5], x) == nil)
    #expect(try project([("mean", [0])], desired: [.nan], x) == nil)
    #expect(try project([("mean", [0])], desired: [.infinity], x) == nil)
    #expect(try project([("mean", [0])], desired: [1], [1, .nan]) == nil)
    #expect(try project([("mean", [0])], desired: [1], [1, .infinity]) == nil)
    #expect(try project([("product", [0, 0])], desired: [1], [1e200, 1e300]) == nil)
  }

  @Test func noTermIsAnError() {
    #expect(throws: BacktuneError.self) {
      try project([("autocorrelation", [0, 3])], desired: [0], [1, 2, 3])
    }
    #expect(throws: BacktuneError.self) {
      try project([("standardised_moment", [0, 3])], desired: [0], [1, 2, 3])
    }
  }

  /// Far desired means take damped steps, and end either way.
  @Test(arguments: [0.0, 0.5, 1, 3, 10, 1000]) func farMeansEnd(square: Double) throws {
    let x = Build.normal(30, seed: 8)
    for power in [2.0, 3, 4] {
      let kinds = [("standardised_moment", [0, power, 0, 1]), ("autocorrelation", [0, 1])]
      guard let projection = try project(kinds, desired: [square, 0.2 * square], x) else {
        continue
      }
      let set = try ObservableSet(
        kinds.map { try Observables.make($0.0, $0.1, channels: 1) }, desired: [0, 0])
      let places = SeriesPlaces(lengths: [30], channelCount: 1)
      let means = try projection.values.series(places) { set.values($0) }
      #expect(abs(means[0] - square) < 1e-8 * (1 + square))
      #expect(abs(means[1] - 0.2 * square) < 1e-8 * (1 + square))
    }
  }
}
