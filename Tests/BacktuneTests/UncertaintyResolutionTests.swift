import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// How small a movement of the outputs still determines weights.
@Suite struct UncertaintyResolutionTests {
  private static let count = 4

  /// v = B i(t) over n + 1 times: all inputs 1, then one after the other delta. J is the matrix A of Lauchli, and
  /// (A^T A)^-1 = (I - E/(n + delta^2))/delta^2, E being all ones.
  private static func lauchli(
    _ delta: Double, objective: Objective = Objective()
  ) throws -> (estimator: Estimator, squares: Double) {
    let n = count
    var network = try Network(inputs: n)
    let v = try network.addLearnware("v", size: 1)
    try network.connect(Source(Network.input, lag: 0), to: v, role: "B")
    let inputs =
      [Double](repeating: 1, count: n) + (0..<n * n).map { $0 / n == $0 % n ? delta : 0 }
    let desired = Build.normal(n + 1, seed: 3)
    let sequences = try Build.sequences(
      network, lengths: [n + 1], inputs: inputs, desired: desired)
    // At weights of 0 the errors are the desired values.
    return (
      try Estimator(network, sequences, objective: objective),
      desired.reduce(0) { $0 + $1 * $1 }
    )
  }

  /// What J^T J loses: its diagonal, 1 + delta^2, is rounded to 1.
  @Test(arguments: [1e-3, 1e-7, 1e-10, 1e-11]) func closedForm(delta: Double) throws {
    let (estimator, squares) = try Self.lauchli(delta)
    let n = Double(Self.count)
    let result = try estimator.uncertainty()
    #expect(result.rank == Self.count && !result.isUndetermined.contains(true))
    // One value more than weights.
    expectClose([result.noise], [squares.squareRoot()], within: 1e-14, "noise")
    // Singular values are right to 1e-16 of the largest, 2, and delta is one.
    let precision = 4e-15 / delta
    let share = 1 / (n + delta * delta)
    expectClose(
      result.covariance.map { $0 / squares * delta * delta },
      (0..<Self.count * Self.count).map { ($0 / Self.count == $0 % Self.count ? 1 : 0) - share },
      within: precision, "covariance")
    // sqrt(j C j^T) of the rows j of A.
    let expected = [(n * share).squareRoot()] + Array(repeating: (1 - share).squareRoot(), count: 4)
    expectClose(
      try estimator.predictionDeviation().map { $0 / result.noise }, expected, within: precision,
      "deviation")
    if delta < 1e-9 {
      let gram = (0..<16).map { 1 + ($0 / 4 == $0 % 4 ? delta * delta : 0) }
      #expect(try SymmetricSystem(copying: gram, order: 4).rank == 1)
    }
  }

  /// Below 1e-12 of the largest it may be rounding.
  @Test func limit() throws {
    let result = try Self.lauchli(1e-13).estimator.uncertainty()
    #expect(result.rank == 1 && !result.isUndetermined.contains(false))
    expectClose(
      result.freedom, [Double](repeating: 0.75.squareRoot(), count: 4), within: 1e-2, "freedom")
  }

  /// Regularisation determines what the data do not: (A^T A + 2 s I)^-1, s = 1e-16, beside 1 of A^T A.
  @Test func weakRidge() throws {
    var objective = Objective()
    try objective.addRegularisation(
      "ridge", options: Array(#"{"strength": 1e-16, "weights": ["v.B"]}"#.utf8))
    let (estimator, squares) = try Self.lauchli(0, objective: objective)
    let result = try estimator.uncertainty()
    #expect(result.rank == 4)
    let curvature = 2e-16
    expectClose(
      result.covariance.map { $0 / squares * curvature },
      (0..<16).map { ($0 / 4 == $0 % 4 ? 1 : 0) - 1 / (4 + curvature) }, within: 1e-6, "ridge")
  }

  /// x = W x(t-1) + B i(t-1), y = C x: another basis of the n states changes nothing, and of n^2 + 2 n weights the data
  /// determine 2 n combinations, those of the impulse response.
  @Test(arguments: [2, 3, 5], [60, 600]) func linearSystems(size: Int, steps: Int) throws {
    for seed in UInt64(0)..<3 {
      var network = try Network(inputs: 1)
      try network.addUnit("linear", name: "h", size: size, options: Array(#"{"bias": false}"#.utf8))
      try network.addUnit(
        "linear", name: "y", size: 1,
        options: Array(#"{"bias": false, "sources": [{"source": "h.x", "lag": 0}]}"#.utf8))
      network.randomize(seed: seed)
      let sequences = try Build.sequences(
        network, lengths: [steps], inputs: Build.normal(steps, seed: 1),
        desired: Build.normal(steps, seed: 2))
      let estimator = try Estimator(network, sequences)
      #expect(try estimator.uncertainty().rank == 2 * size, "\(size), \(steps), seed \(seed)")
      let deviation = try estimator.predictionDeviation()
      #expect(deviation.allSatisfy { $0.isFinite }, "\(size), \(steps), seed \(seed)")
    }
  }

  /// (J^T J)^+ of the golden normal matrices: G G^+ G = G, and as many combinations as there are values at most.
  @Test func golden() throws {
    for setting in try GoldenGaussNewtonTests.settings() {
      let (item, order) = (setting.item, setting.order)
      let found = try WeightInformation(
        setting.problem, slots: setting.slots, noise: 1, poll: .none)
      #expect(found.spectrum.rank == min(item.rows.count, order.count), "\(item.name)")
      let (matrix, stride) = try found.spectrum.inverse(poll: .none)
      let inverse = order.flatMap { i in
        order.map { matrix.pointer[max(i, $0) * stride + min(i, $0)] }
      }
      let n = order.count
      func multiply(_ a: [Double], _ b: [Double]) -> [Double] {
        var product = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
          for k in 0..<n {
            for j in 0..<n { product[i * n + j] += a[i * n + k] * b[k * n + j] }
          }
        }
        return product
      }
      let normal = item.JtJ.values
      expectClose(
        multiply(multiply(normal, inverse), normal), normal, within: 1e-9, "\(item.name)")
    }
  }

  /// What is kept for the deviations is that of the same weights and bounds only.
  @Test func keptForTheSameWeights() throws {
    let (estimator, _) = try Self.lauchli(1e-2)
    let alone = try estimator.predictionDeviation()
    _ = try estimator.uncertainty()
    #expect(estimator.recentInformation != nil)
    #expect(try estimator.predictionDeviation() == alone)
    estimator.recentInformation = nil
    var other = estimator.network
    try other.setWeights("v.B", [1, 2, 3, 4])
    let moved = try estimator.predictionDeviation(at: other)
    _ = try estimator.uncertainty()
    #expect(try estimator.predictionDeviation(at: other) == moved && moved != alone)
    var fixed = estimator.network
    try fixed.setFixed("v.B", [true, false, false, false])
    _ = try estimator.uncertainty()
    let fewer = try estimator.predictionDeviation(at: fixed)
    #expect(fewer[0] < alone[0] && fewer[1] == 0)
    _ = try estimator.uncertainty()
    try estimator.step()
    #expect(estimator.recentInformation == nil)
  }
}
