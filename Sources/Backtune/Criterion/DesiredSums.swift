/// Sums over the observed values of sequences, taken once: costs, gradients and reports divide by them again and again.
struct DesiredSums {
  let gainSum: Double
  let squares: Double
  private let outputs: [Output]

  /// Of one output: the sum of its gains, the mean of what is desired, weighted by them, and the sum of squares about it.
  private struct Output {
    var weight = 0.0
    var mean = 0.0
    var spread = 0.0
  }

  /// One value an output.
  var spreads: [Double] {
    outputs.map { $0.spread <= $0.weight * $0.mean * $0.mean * 1e-28 ? 0 : $0.spread }
  }

  /// - Parameters:
  ///   - gains, desired: sum T x O values; a gain of 0 where nothing is observed.
  ///   - outputs: O.
  init(gains: [Double], desired: [Double], outputs: Int) {
    gainSum = gains.reduce(0, +)
    squares = zip(gains, desired).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    var all = Self.means(gains, desired, outputs)
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputs
      let difference = desired[place] - all[output].mean
      all[output].spread += gain * difference * difference
    }
    self.outputs = all
  }

  /// Weighted by the gains; taken about the first observed value of each output, so that the mean of a constant is that constant to the bit,
  /// however many values there are.
  private static func means(
    _ gains: [Double], _ desired: [Double], _ outputs: Int
  ) -> [Output] {
    var origins = [Double?](repeating: nil, count: outputs)
    var all = [Output](repeating: Output(), count: outputs)
    for (place, gain) in gains.enumerated() where gain > 0 {
      let output = place % outputs
      let origin = origins[output] ?? desired[place]
      origins[output] = origin
      all[output].mean += gain * (desired[place] - origin)
      all[output].weight += gain
    }
    for output in all.indices {
      let shift = all[output].weight > 0 ? all[output].mean / all[output].weight : 0
      all[output].mean = (origins[output] ?? 0) + shift
    }
    return all
  }

  // MARK: over processes

  /// Three values an output, two before them.
  var numbers: [Double] {
    [gainSum, squares] + outputs.flatMap { [$0.weight, $0.mean, $0.spread] }
  }

  /// Of several parts of the data, by their numbers.
  init(joining parts: [[Double]]) {
    gainSum = parts.reduce(0) { $0 + $1[0] }
    squares = parts.reduce(0) { $0 + $1[1] }
    outputs = stride(from: 2, to: parts.first?.count ?? 2, by: 3).map { place in
      let all = parts.map { Output(weight: $0[place], mean: $0[place + 1], spread: $0[place + 2]) }
      let known = all.filter { $0.weight > 0 }
      guard let origin = known.first?.mean else { return Output() }
      let weight = known.reduce(0) { $0 + $1.weight }
      let mean = origin + known.reduce(0) { $0 + $1.weight * ($1.mean - origin) } / weight
      return Output(
        weight: weight, mean: mean,
        spread: known.reduce(0) {
          $0 + $1.spread + $1.weight * ($1.mean - mean) * ($1.mean - mean)
        })
    }
  }
}
