import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion

/// observables.json: values, slopes, the criterion, Gibbs fits and projections.
@Suite struct GoldenObservableTests {
  struct Item: Decodable {
    let kind: String
    let node: Int?
    let nodes: [Int]?
    let tau: Int?
    let power: Int?
    let t: Int?
    let m: Double?
    let s: Double?
    let value: Double?
    let derivative: [Flat]?

    func make(channels: Int) throws -> any Observable {
      // A raw moment is one about 0 in units of 1.
      let isRaw = kind == "moment"
      let numbers = [node].compactMap { $0 } + (nodes ?? []) + [tau, power, t].compactMap { $0 }
      let standard = isRaw ? [0, 1] : [m, s].compactMap { $0 }
      return try Observables.make(
        isRaw ? "standardised_moment" : kind, numbers.map(Double.init) + standard,
        channels: channels)
    }
  }

  struct Weighted: Decodable {
    let lambda: [Double]
    let desired_means: [Double]
    let value: Double
    let derivative: [Flat]
  }

  struct Fit: Decodable {
    let desired_means: [Double]
    let lambda: [Double]
    let J: Double
    let log_Z: Double
    let hessian: Flat
  }

  struct Gibbs: Decodable {
    let samples: [Double]
    let observables: [Item]
    let fits: [Fit]
    let kl_first_to_second: Double
  }

  struct Nearest: Decodable {
    let name: String
    let x: Flat
    let observables: [Item]
    let desired_means: [Double]
    let y: Flat
    let mu: [Double]
    let half_square_change: Double
  }

  struct File: Decodable {
    let series: [Flat]
    let observables: [Item]
    let more_observables: [Item]
    let criterion: Weighted
    let gibbs: Gibbs
    let projections: [Nearest]
  }

  private let file: File
  private let values: [Double]
  private let places: SeriesPlaces

  init() throws {
    file = try GoldenFile.decode(File.self, "observables.json")
    values = file.series.flatMap(\.values)
    places = SeriesPlaces(lengths: file.series.map { $0.values.count / 3 }, channelCount: 3)
  }

  private func flat(_ derivative: [Flat]?) -> [Double] { (derivative ?? []).flatMap(\.values) }

  @Test func valuesAndSlopes() throws {
    let items = file.observables + file.more_observables
    #expect(items.count == 18)
    for (index, item) in items.enumerated() {
      let set = try ObservableSet([item.make(channels: 3)], desired: [0])
      try set.check(lengths: places.lengths)
      let what = "\(index): \(item.kind)"
      expectClose(
        try values.series(places) { set.values($0) }, [try #require(item.value)], within: 1e-12,
        what)
      try expectClose(slopes(set, [1], values, places), flat(item.derivative), within: 1e-12, what)
    }
  }

  @Test func weightedCriterion() throws {
    let golden = file.criterion
    let set = try ObservableSet(
      file.observables.map { try $0.make(channels: 3) }, desired: golden.desired_means,
      lambda: golden.lambda)
    let means = try values.series(places) { set.values($0) }
    expectClose([set.cost(means)], [golden.value], within: 1e-12, "criterion")
    expectClose(
      try slopes(set, set.coefficients(means), values, places), flat(golden.derivative),
      within: 1e-12, "slopes of the criterion")
  }

  /// H v against central differences of the slopes along v.
  @Test func curvatures() throws {
    var stream = RandomStream(seed: 5, name: "direction")
    let direction = values.map { _ in stream.normal() }
    for (index, item) in (file.observables + file.more_observables).enumerated() {
      let set = try ObservableSet([item.make(channels: 3)], desired: [0])
      let h = 1e-5
      let ahead = try slopes(set, [0.7], zip(values, direction).map { $0 + h * $1 }, places)
      let behind = try slopes(set, [0.7], zip(values, direction).map { $0 - h * $1 }, places)
      var product = [Double](repeating: 0, count: values.count)
      try product.mutableSeries(places) { result in
        try values.series(places) { x in
          try direction.series(places) { set.addCurvature([0.7], x, direction: $0, to: result) }
        }
      }
      let differences = zip(ahead, behind).map { ($0 - $1) / (2 * h) }
      expectClose(product, differences, within: 1e-8, "\(index): \(item.kind)")
    }
  }

  @Test func gibbsFits() throws {
    let golden = file.gibbs
    let places = SeriesPlaces(lengths: [golden.samples.count], channelCount: 1)
    let set = try ObservableSet(
      golden.observables.map { try $0.make(channels: 1) }, desired: [0, 0])
    let samples = try golden.samples.series(places) { try set.samples($0) }
    #expect(samples.count == golden.samples.count - 1)
    let fits = try golden.fits.map { expected in
      let fit = try GibbsFit(samples, desired: expected.desired_means)
      #expect(fit.isConverged)
      #expect(fit.iterations <= 8)
      expectClose(fit.lambda, expected.lambda, within: 1e-11, "lambda")
      expectClose([fit.objective], [expected.J], within: 1e-12, "J")
      expectClose([fit.logZ], [expected.log_Z], within: 1e-11, "log Z")
      expectClose(fit.hessian, expected.hessian.values, within: 1e-11, "Hessian")
      #expect(fit.gradient.allSatisfy { abs($0) < 1e-12 })
      return fit
    }
    expectClose(
      [fits[0].divergence(to: fits[1])], [golden.kl_first_to_second], within: 1e-11, "KL")
    #expect(fits[0].divergence(to: fits[0]) == 0)
  }

  @Test func projections() throws {
    #expect(file.projections.count == 3)
    for golden in file.projections {
      let set = try ObservableSet(
        golden.observables.map { try $0.make(channels: 2) }, desired: golden.desired_means)
      let places = SeriesPlaces(lengths: [golden.x.values.count / 2], channelCount: 2)
      let found = try golden.x.values.series(places) { try Projection(of: $0, set) }
      let projection = try #require(found)
      expectClose(projection.values, golden.y.values, within: 1e-11, "\(golden.name): y")
      expectClose(projection.multipliers, golden.mu, within: 1e-11, "\(golden.name): mu")
      expectClose(
        [projection.halfSquareChange], [golden.half_square_change], within: 1e-11, golden.name)
    }
  }
}
