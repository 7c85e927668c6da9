@testable import BacktuneNumerics
import Backtune
import Testing

@testable import BacktuneCriterion

/// Gibbs fits without a minimum, of redundant observables and of any scale.
@Suite struct GibbsFitTests {
  private func samples(_ kinds: [(String, [Double])], _ values: [Double]) throws -> GibbsSamples {
    let places = SeriesPlaces(lengths: [values.count], channelCount: 1)
    let set = try ObservableSet(
      kinds.map { try Observables.make($0.0, $0.1, channels: 1) },
      desired: kinds.map { _ in 0 })
    return try values.series(places) { try set.samples($0) }
  }

  private func isHonest(_ fit: GibbsFit) -> Bool {
    !fit.isConverged && fit.lambda.allSatisfy(\.isFinite) && fit.iterations <= 100
  }

  private let values = Build.normal(300, seed: 1)

  @Test(
    "outside the hull of the samples, or on its border", arguments: [0, 1e-6, 0.1, 10, 1e10, 1e300])
  func outside(_ distance: Double) throws {
    let largest = try #require(values.max())
    let fit = try GibbsFit(samples([("mean", [0])], values), desired: [largest + distance])
    #expect(isHonest(fit), "\(fit)")
    // All probability goes to the largest sample: no covariance is left, and the gradient is what is missing.
    if distance <= 10 {
      #expect(abs(fit.hessian[0]) < 1e-6)
      expectClose([-fit.gradient[0]], [distance], within: 1e-6, "gradient")
    }
    // A square is not negative.
    let both = try samples([("mean", [0]), ("product", [0, 0])], values)
    #expect(isHonest(try GibbsFit(both, desired: [0, -1e-3 - distance])))
    // (E x)^2 <= E x^2.
    #expect(isHonest(try GibbsFit(both, desired: [0.9, 0.5])))
  }

  @Test("inside, however near the border", arguments: [1e-1, 1e-2, 1e-4])
  func inside(_ distance: Double) throws {
    let largest = try #require(values.max())
    let fit = try GibbsFit(samples([("mean", [0])], values), desired: [largest - distance])
    #expect(fit.isConverged, "\(fit)")
    #expect(abs(fit.gradient[0]) < 1e-9)
  }

  @Test("any scale", arguments: [1e-150, 1e-8, 1, 1e8, 1e150])
  func scale(_ factor: Double) throws {
    let plain = try GibbsFit(
      samples([("mean", [0]), ("product", [0, 0])], values), desired: [0.3, 1.2])
    let scaled = try GibbsFit(
      samples([("mean", [0]), ("product", [0, 0])], values.map { $0 * factor }),
      desired: [0.3 * factor, 1.2 * factor * factor])
    #expect(plain.isConverged && scaled.isConverged)
    expectClose(
      [scaled.lambda[0] * factor, scaled.lambda[1] * factor * factor], plain.lambda,
      within: 1e-10, "lambda")
  }

  @Test func redundantObservablesShare() throws {
    let single = try GibbsFit(samples([("mean", [0])], values), desired: [0.4])
    let twice = try samples([("mean", [0]), ("mean", [0])], values)
    let fit = try GibbsFit(twice, desired: [0.4, 0.4])
    #expect(fit.isConverged)
    expectClose(
      fit.lambda, [single.lambda[0] / 2, single.lambda[0] / 2], within: 1e-9, "halves")
    #expect(isHonest(try GibbsFit(twice, desired: [0.4, 0.5])))
  }

  @Test func theMeansOfTheSamplesThemselves() throws {
    let base = try samples([("mean", [0])], values)
    let fit = try GibbsFit(base, desired: [values.reduce(0, +) / 300])
    #expect(fit.isConverged)
    #expect(abs(fit.lambda[0]) < 1e-14 && abs(fit.objective) < 1e-14)
  }

  @Test func constantAndSingleSamples() throws {
    for count in [1, 50] {
      let base = try samples([("mean", [0])], [Double](repeating: 0.1, count: count))
      let met = try GibbsFit(base, desired: [0.1])
      #expect(met.isConverged && met.lambda == [0])
      #expect(isHonest(try GibbsFit(base, desired: [0.2])))
    }
    let zero = try samples([("mean", [0])], [0, 0])
    #expect(try GibbsFit(zero, desired: [0]).isConverged)
    #expect(isHonest(try GibbsFit(zero, desired: [1])))
  }

  @Test func valuesThatAreNotFinite() throws {
    let base = try samples([("mean", [0])], values)
    #expect(isHonest(try GibbsFit(base, desired: [.nan])))
    #expect(isHonest(try GibbsFit(base, desired: [.infinity])))
    for bad in [[1, .infinity, 2], [.infinity, -.infinity], [1.7e308, 1.7e308, -1.7e308]] {
      let fit = try GibbsFit(samples([("mean", [0])], bad), desired: [1e305])
      #expect(isHonest(fit), "\(bad): \(fit)")
    }
    #expect(throws: BacktuneError.self) { try GibbsFit(base, desired: [0, 0]) }
  }

  @Test func pollStopsIt() throws {
    struct Stop: Error {}
    let base = try samples([("mean", [0])], values)
    #expect(throws: Stop.self) {
      try GibbsFit(base, desired: [0.4], poll: Poll { throw Stop() })
    }
  }
}
