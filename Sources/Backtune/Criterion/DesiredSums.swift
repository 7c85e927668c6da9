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
    var collector = Collector(outputs: outputs)
    for _ in 0..<Collector.passes {
      collector.add(gains: gains, desired: desired)
      collector.endPass()
    }
    self = collector.sums
  }

  private init(gainSum: Double, squares: Double, outputs: [Output]) {
    (self.gainSum, self.squares, self.outputs) = (gainSum, squares, outputs)
  }

  /// Takes all values, in the same order, several times. Means are weighted by the gains, and taken about the first observed
  /// value of each output, so that the mean of a constant is that constant to the bit, however many values there are.
  struct Collector {
    static let passes = 2

    private var pass = 0
    private var (gainSum, squares) = (0.0, 0.0)
    private var origins: [Double?]
    private var all: [Output]

    init(outputs: Int) {
      origins = [Double?](repeating: nil, count: outputs)
      all = [Output](repeating: Output(), count: outputs)
    }

    var sums: DesiredSums { DesiredSums(gainSum: gainSum, squares: squares, outputs: all) }

    /// Of whole time steps.
    mutating func add(gains: [Double], desired: [Double]) {
      if pass == 0 {
        gainSum = gains.reduce(gainSum, +)
        squares = zip(gains, desired).reduce(squares) { $0 + $1.0 * $1.1 * $1.1 }
      }
      for (place, gain) in gains.enumerated() where gain > 0 {
        let output = place % all.count
        if pass == 0 {
          let origin = origins[output] ?? desired[place]
          origins[output] = origin
          all[output].mean += gain * (desired[place] - origin)
          all[output].weight += gain
        } else {
          let difference = desired[place] - all[output].mean
          all[output].spread += gain * difference * difference
        }
      }
    }

    mutating func endPass() {
      if pass == 0 {
        for output in all.indices {
          let shift = all[output].weight > 0 ? all[output].mean / all[output].weight : 0
          all[output].mean = (origins[output] ?? 0) + shift
        }
      }
      pass += 1
    }
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
