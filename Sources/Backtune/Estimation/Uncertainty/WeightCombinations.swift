import BacktuneNumerics

/// Combinations of the weights with the standard deviation of each, independent of each other: what an estimation leaves
/// unsure of the weights, and so of any output.
public struct WeightCombinations: Sendable {
  /// Number of weights, P.
  public let weights: Int
  /// Combination after combination, P values each: j . direction is what an output with the derivative j by the weights
  /// moves along it. The observed values of the data move by about 1 altogether.
  public let directions: [Double]
  /// Standard deviation of each: infinite where it is undetermined, NaN where the noise of the data is not known.
  public let deviations: [Double]

  /// - Throws: `.size` for counts that do not fit, `.argument` for a direction that is not finite or a negative deviation.
  package init(weights: Int, directions: [Double], deviations: [Double]) throws {
    try Self.check(weights: weights, directions: directions.count, deviations: deviations.count)
    if let place = directions.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "directions: value \(place) is \(directions[place]), expected a finite number")
    }
    if let place = deviations.firstIndex(where: { $0 < 0 }) {
      throw BacktuneError.argument(
        "deviations: value \(place) is \(deviations[place]), expected 0 or more, infinity or NaN")
    }
    (self.weights, self.directions, self.deviations) = (weights, directions, deviations)
  }

  /// Before anything is read: the counts may be what a caller claims.
  /// - Throws: `.size` for counts that do not fit.
  package static func check(weights: Int, directions: Int, deviations: Int) throws {
    let (expected, overflow) = deviations.multipliedReportingOverflow(by: weights)
    guard !overflow, directions == expected else {
      throw BacktuneError.size(
        "directions: \(directions) values, expected \(deviations) deviations x \(weights) weights")
    }
  }

  /// - Parameter weights: the columns that are wanted, from the first on: those of initial states come last.
  init(_ found: WeightInformation, weights: Int, poll: Poll = .none) throws {
    let spectrum = found.spectrum
    try MemoryBudget.bytes(
      doubles: [spectrum.order, weights], for: "combinations of the weights")
    // Rows of J have a length of about 1/sqrt(n) along every direction.
    let unit = Double(max(found.observed, 1)).squareRoot()
    var directions = [Double](repeating: 0, count: spectrum.order * weights)
    for k in 0..<spectrum.order {
      try poll()
      let direction = spectrum.direction(k)
      for (i, column) in spectrum.free.enumerated() where column < weights {
        directions[k * weights + column] = direction[i] / spectrum.lengths[i] * unit
      }
    }
    var deviations = [Double](repeating: .infinity, count: spectrum.order)
    for k in spectrum.determined {
      deviations[k] = found.noise / spectrum.singularValue(k) / unit
    }
    (self.weights, self.directions, self.deviations) = (weights, directions, deviations)
  }
}
