import BacktuneNumerics

/// What no double could hold: sums of gains and of squares.
extension Sequences {
  /// The cost is divided by it.
  func checkGainSum() throws {
    guard gainSum.isFinite else {
      throw BacktuneError.argument("gains: their sum is infinite, expected a finite one")
    }
  }

  /// Costs are sums of gains, and of squares of values as large as these times gains.
  /// - Parameter ofSquares: whether costs are such.
  /// - Throws: `.argument` where sums of squares overflow, or vanish though the values do not, and where gains vanish.
  func checkSums(ofSquares: Bool) throws {
    let count = outputMoments.reduce(0) { $0 + $1.count }
    if count == 0 { return }
    let mean = gainSum / Double(count)
    guard mean >= .leastNormalMagnitude else {
      throw BacktuneError.argument(
        "gains: their mean is \(mean), expected \(Double.leastNormalMagnitude) or more: "
          + "multiply all of them by one number")
    }
    if !ofSquares { return }
    let sizes = outputMoments.map { $0.count > 0 ? max(abs($0.lowest), abs($0.highest)) : 0 }
    guard let largest = sizes.max(), largest > 0 else { return }
    let isVanishing = squares / Double(count) < .leastNormalMagnitude
    guard isVanishing || !squares.isFinite else { return }
    let output = sizes.firstIndex(of: largest) ?? 0
    throw BacktuneError.argument(
      "desired: the largest value is \(largest), \(place(of: largest, output)): "
        + (isVanishing
          ? "squares of errors vanish, times their gains"
          : "the sum of squares is infinite, times their gains")
        + ", expected sizes of about 1: bring outputs to other units, or take gains \"balanced\" (option balanced)"
    )
  }

  /// Where a value of that size is desired, in words; the output alone where others have it.
  private func place(of size: Double, _ output: Int) -> String {
    var first = 0
    for (sequence, length) in lengths.enumerated() where !desired.isEmpty {
      for t in 0..<length {
        let place = (first + t) * outputCount + output
        if gains[place] > 0, abs(desired[place]) == size {
          return "sequence \(sequence), step \(t), output \(output)"
        }
      }
      first += length
    }
    return "output \(output)"
  }
}
