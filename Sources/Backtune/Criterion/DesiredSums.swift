/// Sums over the observed values of sequences, taken once: costs, gradients and reports divide by them again and again.
struct DesiredSums {
  let gainSum: Double
  let squares: Double
  /// One value an output.
  let spreads: [Double]

  /// - Parameters:
  ///   - gains, desired: sum T x O values; a gain of 0 where nothing is observed.
  ///   - outputs: O.
  init(gains: [Double], desired: [Double], outputs: Int) {
    gainSum = gains.reduce(0, +)
    squares = zip(gains, desired).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    let means = Self.means(gains, desired, outputs)
    var (sums, scales) = (means.map { _ in 0.0 }, means.map { _ in 0.0 })
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputs
      let difference = desired[place] - means[output]
      sums[output] += gain * difference * difference
      scales[output] += gain * means[output] * means[output]
    }
    spreads = zip(sums, scales).map { $0 <= $1 * 1e-28 ? 0 : $0 }
  }

  /// Weighted by the gains; taken about the first observed value of each output, so that the mean of a constant is that constant to the bit,
  /// however many values there are.
  private static func means(
    _ gains: [Double], _ desired: [Double], _ outputs: Int
  ) -> [Double] {
    var origins = [Double?](repeating: nil, count: outputs)
    var sums = [Double](repeating: 0, count: outputs)
    var weights = sums
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputs
      let origin = origins[output] ?? desired[place]
      origins[output] = origin
      sums[output] += gain * (desired[place] - origin)
      weights[output] += gain
    }
    return origins.indices.map {
      (origins[$0] ?? 0) + (weights[$0] > 0 ? sums[$0] / weights[$0] : 0)
    }
  }
}
