import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// Covariance, standard errors and undetermined weights, against closed forms and differences.
@Suite struct UncertaintyTests {
  /// v = a + B i(t), of 2 inputs whose units differ by a factor of a million, at the least squares.
  struct Regression {
    let estimator: Estimator
    let inputs: [Double]
    let desired: [Double]
    let steps = 60
    static let units = [1.0, 1e6]

    init(gains: [Double]? = nil, bounds: (Double, Double)? = nil, columns: Int = 2) throws {
      var network = try Network(inputs: 2)
      let v = try network.addLearnware("v", size: 1)
      try network.addBias(to: v)
      try network.connect(
        Source(Network.input, lag: 0), to: v, form: .dense, role: "B", options: WeightOptions())
      if let bounds {
        try network.setBounds(
          "v.B", lower: [bounds.0, -.infinity], upper: [bounds.1, .infinity])
      }
      let noise = Build.normal(60, seed: 4)
      let draw = Build.normal(120, seed: 3)
      inputs = draw.indices.map {
        ($0 % 2 < columns ? draw[$0] : draw[$0 - 1]) * Self.units[$0 % 2]
      }
      let inputs = inputs
      desired = (0..<60).map { t -> Double in
        let (x, z) = (inputs[2 * t], inputs[2 * t + 1])
        return 0.5 - 1.5 * x + 2e-6 * z + 0.1 * noise[t]
      }
      let sequences = try Build.sequences(
        network, lengths: [25, 35], inputs: inputs, desired: desired, gains: gains)
      estimator = try Estimator(network, sequences)
      try estimator.run()
    }

    /// (X^T W X)^-1 in the columns' units of 1, and sum w e^2.
    func normal(gains: [Double]) throws -> (inverse: [Double], squares: Double) {
      let rows = (0..<steps).map {
        [1, inputs[2 * $0] / Self.units[0], inputs[2 * $0 + 1] / Self.units[1]]
      }
      var matrix = [Double](repeating: 0, count: 9)
      for (row, gain) in zip(rows, gains) {
        for i in 0..<3 { for j in 0..<3 { matrix[3 * i + j] += gain * row[i] * row[j] } }
      }
      let weights = estimator.network.adjustableWeights
      let squares = (0..<steps).reduce(0.0) { sum, t in
        let e =
          weights[0] + weights[1] * inputs[2 * t] + weights[2] * inputs[2 * t + 1] - desired[t]
        return sum + gains[t] * e * e
      }
      return (inverse3(matrix), squares)
    }

    private func inverse3(_ m: [Double]) -> [Double] {
      func cofactor(_ i: Int, _ j: Int) -> Double {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3)
        return m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c]
      }
      let determinant = (0..<3).reduce(0) { $0 + m[$1] * cofactor(0, $1) }
      return (0..<9).map { cofactor($0 % 3, $0 / 3) / determinant }
    }
  }

  /// s^2 (X^T W X)^-1 of linear regression, values of gain 0 left out, and the deviation sqrt(j C j^T) of every output.
  @Test(arguments: [false, true]) func regression(weighted: Bool) throws {
    let gains = (0..<60).map { weighted ? Double($0 % 4) : 1 }
    let item = try Regression(gains: weighted ? gains : nil)
    let result = try item.estimator.uncertainty()
    let (inverse, squares) = try item.normal(gains: gains)
    let noise = (squares / Double(gains.count { $0 > 0 } - 3)).squareRoot()
    expectClose([result.noise], [noise], within: 1e-10, "noise")
    let units = [1] + Regression.units
    let scaled = (0..<9).map { result.covariance[$0] * units[$0 / 3] * units[$0 % 3] }
    expectClose(scaled, inverse.map { noise * noise * $0 }, within: 1e-10, "covariance")
    #expect(result.rank == 3)
    #expect(result.isUndetermined == [false, false, false])
    for k in 0..<3 { #expect(result.errors[k] == result.covariance[4 * k].squareRoot()) }
    let deviation = try item.estimator.predictionDeviation()
    let expected = (0..<60).map { t -> Double in
      let j: [Double] = [1, item.inputs[2 * t], item.inputs[2 * t + 1]]
      let variance = (0..<9).reduce(0.0) { sum, k in
        sum + j[k / 3] * j[k % 3] * result.covariance[k]
      }
      return variance.squareRoot()
    }
    expectClose(deviation, expected, within: 1e-10, "deviation")
  }

  /// Two inputs that are one in other units: their weights are undetermined, the bias is not, and outputs are predicted.
  @Test func collinearInputs() throws {
    let item = try Regression(columns: 1)
    let result = try item.estimator.uncertainty()
    #expect(result.isUndetermined == [false, true, true])
    #expect(result.rank == 2)
    #expect(result.errors[1] == .infinity && result.errors[2] == .infinity)
    expectClose(
      result.freedom, [0, 0.5.squareRoot(), 0.5.squareRoot()], within: 1e-9, "freedom")
    #expect(result.covariance.allSatisfy { $0.isFinite })
    // What counts is B_0 + 1e6 B_1, the slope by the first input: its variance is that of the regression on it alone.
    let unit = Regression.units[1]
    let c = result.covariance
    let variance = c[4] + 2 * unit * c[5] + unit * unit * c[8]
    let x = (0..<60).map { item.inputs[2 * $0] }
    let mean = x.reduce(0, +) / 60
    let spread = x.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    expectClose(
      [variance], [result.noise * result.noise / spread], within: 1e-9, "determined combination")
    #expect(try item.estimator.predictionDeviation().allSatisfy { $0 > 0 && $0 < 0.1 })
  }

  /// A weight that the cost would have cross its bound counts as fixed; one at a bound that holds nothing back does not.
  @Test func bounds() throws {
    let item = try Regression(bounds: (-1, 1))
    let result = try item.estimator.uncertainty()
    #expect(item.estimator.network.adjustableWeights[1] == -1)
    #expect(result.freedom[1] == -1 && result.errors[1] == 0 && result.rank == 2)
    #expect((0..<3).allSatisfy { result.covariance[3 + $0] == 0 })
    #expect(result.errors[0] > 0 && result.errors[2] > 0)
    let loose = try Regression(bounds: (-3, 1)).estimator.uncertainty()
    #expect(loose.freedom[1] >= 0 && loose.errors[1] > 0 && loose.rank == 3)
  }

  /// Not more values than weights: what is determined is still known, the noise is not.
  @Test func tooFewValues() throws {
    let item = try Regression(gains: (0..<60).map { $0 < 3 ? 1 : 0 })
    let result = try item.estimator.uncertainty()
    #expect(result.noise.isNaN && result.rank == 3)
    #expect(result.errors.allSatisfy { $0.isNaN })
    #expect(result.isUndetermined == [false, false, false])
    let two = try Regression(gains: (0..<60).map { $0 < 2 ? 1 : 0 })
    #expect(try two.estimator.uncertainty().rank == 2)
    // What is predicted from values that are not there depends on what is undetermined.
    let deviation = try two.estimator.predictionDeviation()
    #expect(deviation[0].isNaN && deviation[30] == .infinity)
  }

  /// Ridge adds its curvature, here many times what the data say.
  @Test func regularisation() throws {
    let item = try Regression()
    let gains = [Double](repeating: 1, count: 60)
    var objective = Objective()
    try objective.addRegularisation(
      "ridge", options: Array("{\"strength\": 3, \"weights\": [\"v.a\"]}".utf8))
    let network = item.estimator.network
    let sequences = try Build.sequences(
      network, lengths: [25, 35], inputs: item.inputs, desired: item.desired, gains: gains)
    let other = try Estimator(network, sequences, objective: objective)
    let result = try other.uncertainty()
    let plain = try item.estimator.uncertainty()
    // Of the inverse of a matrix with 2 x 3 added to its first diagonal element.
    let c = plain.covariance.map { $0 / (plain.noise * plain.noise) }
    let share = 6 / (1 + 6 * c[0])
    let expected = (0..<9).map { c[$0] - share * c[$0 / 3 * 3] * c[$0 % 3] }
    let units = [1] + Regression.units
    let products = (0..<9).map { units[$0 / 3] * units[$0 % 3] }
    let variance = result.noise * result.noise
    expectClose(
      zip(result.covariance, products).map { $0 / variance * $1 },
      zip(expected, products).map(*), within: 1e-9, "ridge")
  }
}
