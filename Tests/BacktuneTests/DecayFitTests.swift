import BacktuneNumerics
import FoundationEssentials
import Testing

@Suite struct DecayFitTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      struct Estimate: Decodable {
        let tau: Double?
        let beta: Double?
      }
      let name: String?
      let tau: Double?
      let beta: Double?
      let window: Int
      let c: [Double]
      let estimate: Estimate
      let toleranceToTruth: [Double]?

      enum CodingKeys: String, CodingKey {
        case name, tau, beta, window, c, estimate
        case toleranceToTruth = "relative_tolerance_to_truth"
      }
    }
    let cases: [Case]
  }

  private static func golden() throws -> [Golden.Case] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appendingPathComponent("golden/decay_fit.json"))
    return try JSONDecoder().decode(Golden.self, from: data).cases
  }

  private func expectClose(
    _ value: Double, _ expected: Double?, _ tolerance: Double, _ comment: Comment
  ) {
    if let expected {
      #expect(abs(value - expected) <= tolerance * abs(expected), comment)
    } else {
      #expect(value.isNaN, comment)
    }
  }

  @Test func goldenCases() throws {
    let cases = try Self.golden()
    #expect(cases.count == 12)
    for (i, test) in cases.enumerated() {
      let fit = DecayFit(test.c, window: test.window)
      expectClose(fit.decayTime, test.estimate.tau, 1e-10, "tau of case \(i) \(test.name ?? "")")
      expectClose(fit.finalBias, test.estimate.beta, 1e-10, "beta of case \(i) \(test.name ?? "")")
      if let tolerance = test.toleranceToTruth {
        expectClose(fit.decayTime, test.tau, tolerance[0], "true tau of case \(i)")
        expectClose(fit.finalBias, test.beta, tolerance[1], "true beta of case \(i)")
      }
      let byDefault = DecayFit(test.c)
      expectClose(byDefault.decayTime, test.estimate.tau, 1e-10, "window of case \(i)")
    }
  }

  private func decay(_ count: Int, tau: Double, beta: Double) -> [Double] {
    (0..<count).map { VectorMath.exp(-Double($0) / tau) + beta }
  }

  @Test("values that are not finite leave out their pairs", arguments: [Double.nan, .infinity])
  func notFinite(_ bad: Double) {
    var costs = decay(30, tau: 6, beta: 0.2)
    costs[0] = bad
    costs[11] = -bad
    costs[12] = bad
    let fit = DecayFit(costs)
    expectClose(fit.decayTime, 6, 1e-9, "tau")
    expectClose(fit.finalBias, 0.2, 1e-9, "beta")
    expectClose(fit.amplitude, 1, 1e-8, "alpha")
    #expect(DecayFit([bad, bad, bad]).decayTime.isNaN)
  }

  @Test("the window forgets what is older")
  func window() {
    let costs = decay(40, tau: 8, beta: 5) + decay(40, tau: 12, beta: 2)
    let short = DecayFit(costs, window: 4)
    expectClose(short.decayTime, 12, 1e-2, "tau")
    #expect(abs(short.decayTime - 12) < abs(DecayFit(costs).decayTime - 12))
    #expect(DecayFit(costs, window: -3).decayTime.isFinite)
  }

  @Test func undefinedBias() {
    // Costs below zero: no admissible bias, but a decay time.
    let fit = DecayFit(decay(20, tau: 4, beta: -2))
    expectClose(fit.decayTime, 4, 1e-9, "tau")
    #expect(fit.finalBias.isNaN)
  }

  @Test func shortSeries() {
    for costs in [[], [1], [2, 1], [1, 2, 3]] as [[Double]] {
      let fit = DecayFit(costs)
      #expect(fit.decayTime.isNaN)
      #expect(fit.finalBias.isNaN)
      #expect(fit.amplitude.isNaN)
    }
  }
}
