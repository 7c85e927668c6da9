import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics

/// How well the data determine the adjustable weights of a network, P of them in the order of the flat vector.
///
/// For least squares on outputs with independent noise it is the linear theory at the weights that were found,
///
///     covariance = s^2 (J^T W J + D)^+,   s^2 = sum w e^2 / (n - rank)
///
/// with J the derivative of the n observed values by the weights, w their gains, D the curvature of the weights'
/// regularisation. Other criteria take the weights w of the quadratic that majorises them, activity regularisation counts
/// as rows of J, and observables are their own few observed values. Cross-entropy takes w = kappa/x and s = 1, Fisher's
/// information of probabilities.
public struct Uncertainty: Sendable {
  /// P x P, row-major and finite, in so far as `noise` is: of undetermined weights the variance that is left when what is
  /// not determined stands still. For a combination c that the data determine, c^T covariance c is its variance. 0 of
  /// weights that are held.
  public let covariance: [Double]
  /// Standard errors, P values: infinite where a weight is undetermined, 0 where it is held.
  public let errors: [Double]
  /// How undetermined each weight is: the length, 0 determined to 1 free, of its projection on the combinations that the
  /// data say nothing of; -1 where it is held at a bound that the cost would have it cross, and counts as fixed.
  public let freedom: [Double]
  /// s: the standard deviation of the noise of a value of w = 1; NaN where there are no more observed values than
  /// determined combinations. 1 for cross-entropy.
  public let noise: Double
  /// Combinations of weights, and of initial states of the sequences, that are determined.
  public let rank: Int

  /// A weight of more freedom than that is undetermined. What rounding does to the directions is far smaller, unless
  /// one of them is at the limit of what can be told.
  public static let limit = 1e-3

  /// Which weights are undetermined.
  public var isUndetermined: [Bool] { freedom.map { $0 > Self.limit } }

  /// - Parameter network: number of weights; initial states of the sequences come after them.
  init(_ found: WeightInformation, weights network: Int, poll: Poll) throws {
    let (spectrum, noise) = (found.spectrum, found.noise)
    var covariance = try [Double].zeros([network, network], for: "covariance of the weights")
    var errors = [Double](repeating: 0, count: network)
    var freedom = [Double](repeating: -1, count: network)
    let (inverse, stride) = try spectrum.inverse(poll: poll)
    for (i, row) in spectrum.free.enumerated() where row < network {
      try poll()
      for (j, column) in spectrum.free[...i].enumerated() {
        let value = noise * noise * inverse.pointer[i * stride + j]
        covariance[row * network + column] = value
        covariance[column * network + row] = value
      }
      freedom[row] = spectrum.freedom(i)
      let variance = covariance[row * (network + 1)]
      errors[row] =
        freedom[row] > Self.limit
        ? .infinity
        // A square may be beyond what a number can be, and its root not.
        : variance.isNormal
          ? variance.squareRoot() : noise * inverse.pointer[i * (stride + 1)].squareRoot()
    }
    (self.covariance, self.errors, self.freedom) = (covariance, errors, freedom)
    (self.noise, rank) = (noise, spectrum.rank)
  }
}
