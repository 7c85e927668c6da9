import BacktuneNumerics

/// The parameters of an observable, by name, checked one by one.
package struct ObservableParameters {
  private let kind: String
  private let channels: Int
  private let values: [String: Double]

  /// - Throws: `.size` for a wrong number of parameters, `.argument` for one that is not finite.
  init(of type: any Observable.Type, _ parameters: [Double], channels: Int) throws {
    kind = type.kind
    self.channels = channels
    try Self.check(count: parameters.count, of: type)
    let names = type.required + type.measured
    values = Dictionary(uniqueKeysWithValues: zip(names, parameters))
    for (name, value) in zip(names, parameters) where !value.isFinite {
      throw wrong(name, value, "a finite number")
    }
  }

  /// - Throws: `.size` for a number of parameters that the kind does not take.
  static func check(count: Int, of type: any Observable.Type) throws {
    let (required, measured) = (type.required, type.measured)
    let names = required + measured
    guard count != required.count && count != names.count else { return }
    let other = measured.isEmpty ? "" : " or \(names.count) (\(names.joined(separator: ", ")))"
    throw BacktuneError.size(
      "observable \(type.kind): \(count) parameters came, expected \(required.count)"
        + " (\(required.joined(separator: ", ")))\(other)")
  }

  func channel(_ name: String) throws -> Int {
    let value = values[name] ?? .nan
    guard let channel = Int(exactly: value), channel >= 0, channel < channels else {
      throw wrong(name, value, "the number of a channel, an integer below \(channels)")
    }
    return channel
  }

  /// A delay or a time.
  func steps(_ name: String) throws -> Int {
    let value = values[name] ?? .nan
    guard let steps = Int(exactly: value), steps >= 0 else {
      throw wrong(name, value, "an integer of 0 or more")
    }
    return steps
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    let value = values[name] ?? .nan
    guard let integer = Int(exactly: value), range.contains(integer) else {
      throw wrong(name, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// m and s, nil where they were left out.
  func standard() throws -> Standard? {
    guard let m = values["m"], let s = values["s"] else { return nil }
    guard Standard.isDeviation(s) else {
      throw wrong("s", s, s > 0 ? "a larger number" : "a number above 0")
    }
    return Standard(m: m, s: s)
  }

  private func wrong(_ name: String, _ value: Double, _ expected: String) -> BacktuneError {
    .argument("observable \(kind): \(name) is \(value), expected \(expected)")
  }
}

/// Mean and deviation by which values are standardised: u = (x - m)/s.
package struct Standard: Sendable, Equatable {
  let m: Double
  let s: Double

  /// Whether 1/s^2 exists.
  static func isDeviation(_ s: Double) -> Bool { s > 0 && s.isFinite && (1 / (s * s)).isFinite }

  /// Mean and population deviation of a channel, NaN left out. A constant channel has its own value and exactly 0.
  /// - Throws: `.argument` where there is no value, a value is infinite or all are equal.
  init(of channel: Int, _ series: Series, for kind: String) throws {
    let (mean, squares, count) = Self.moments(of: channel, series)
    let deviation = (squares / count).squareRoot()
    guard count > 0 else {
      throw BacktuneError.argument(
        "observable \(kind): the reference has no value of channel \(channel), expected some to measure m and s"
      )
    }
    guard mean.isFinite, Self.isDeviation(deviation) else {
      throw BacktuneError.argument(
        "observable \(kind): mean and deviation of channel \(channel) of the reference are \(mean) and \(deviation), expected a finite mean and a deviation above 0"
      )
    }
    self.init(m: mean, s: deviation)
  }

  init(m: Double, s: Double) {
    self.m = m
    self.s = s
  }

  /// The mean, the sum of squares about it, and the number of values.
  private static func moments(
    of channel: Int, _ series: Series
  ) -> (mean: Double, squares: Double, count: Double) {
    var origin = Double.nan
    var (sum, count, squares) = (0.0, 0.0, 0.0)
    forEachValue(of: channel, series) { x in
      if count == 0 { origin = x }
      sum += x - origin
      count += 1
    }
    let mean = origin + sum / count
    forEachValue(of: channel, series) { squares += ($0 - mean) * ($0 - mean) }
    return (mean, squares, count)
  }

  private static func forEachValue(
    of channel: Int, _ series: Series, _ body: (Double) -> Void
  ) {
    for (s, length) in series.places.lengths.enumerated() {
      for t in 0..<length {
        let x = series.value(channel, t, s)
        if !x.isNaN { body(x) }
      }
    }
  }
}
