import BacktuneNumerics

/// Observables with what is desired of their means, and the criterion of section 2.3 of the design (equation (12) of
/// RR-9100): sum_k |lambda_k| |O_k - desired_k|.
///
/// Results of a simulation are plain sums: a value that is not finite shows in them.
package struct ObservableSet: Sendable {
  package let observables: [any Observable]
  package let desired: [Double]
  /// 1 each without a Gibbs fit.
  package let lambda: [Double]

  /// - Throws: `.argument` for no observable, `.size` for lists of another length.
  package init(
    _ observables: [any Observable], desired: [Double], lambda: [Double]? = nil
  ) throws {
    guard !observables.isEmpty else {
      throw BacktuneError.argument("observables: none came, expected at least one")
    }
    self.observables = observables
    self.desired = desired
    self.lambda = lambda ?? [Double](repeating: 1, count: observables.count)
    for (what, list) in [("desired means", desired), ("lambda", self.lambda)]
    where list.count != observables.count {
      throw BacktuneError.size(
        "\(what): \(list.count) values came, expected one for each of the \(observables.count) observables"
      )
    }
  }

  /// All that a reference tells: m and s where they were left out, and the means. A mean without a term that is known is
  /// NaN.
  package init(_ observables: [any Observable], measuredOn reference: Series) throws {
    let frozen = try observables.map { try $0.frozen(on: reference) as any Observable }
    try self.init(frozen, desired: frozen.map { $0.knownMean(reference) })
  }

  /// The same on series whose first `washout` steps were left out.
  /// - Throws: `.argument` for an observable at one of these steps.
  func following(washout: Int) throws -> Self {
    for (index, observable) in observables.enumerated() {
      guard let time = observable.terms.time, time < washout else { continue }
      throw BacktuneError.argument(
        "\(name(index)): a washout of \(washout) steps leaves that time out, expected \(washout) or more"
      )
    }
    return try Self(
      observables.map { $0.following(washout: washout) as any Observable }, desired: desired,
      lambda: lambda)
  }

  package var count: Int { observables.count }

  /// Whether every observable has a value on sequences of these lengths.
  /// - Throws: `.argument` for one without a term, `.state` for one whose m and s are not known.
  package func check(lengths: [Int]) throws {
    let longest = max(lengths.max() ?? 0, 0)
    for (index, observable) in observables.enumerated() {
      let terms = observable.terms
      if observable.needsReference {
        throw BacktuneError.state(
          "\(name(index)): m and s are not known; give them, or a reference")
      }
      guard observable.count(lengths) > 0 else {
        throw BacktuneError.argument(
          "\(name(index)): no term, the longest sequence has \(longest) steps, expected more than \(terms.time ?? terms.delay)"
        )
      }
    }
  }

  /// The part of the terms of every observable that is in sequences of these lengths, the others being those of other
  /// processes; nil of one process.
  /// - Throws: as `check`.
  func shares(lengths: [Int], _ processes: Processes?) throws -> [Double]? {
    guard processes != nil else {
      try check(lengths: lengths)
      return nil
    }
    let own = observables.map { Double($0.count(lengths)) }
    let all = processes.sum(own)
    try processes.check()
    // The same in all: those of the longest.
    let longest = processes.max(lengths.max() ?? 0)
    try check(lengths: [longest])
    return zip(own, all).map { $1 > 0 ? $0 / $1 : 0 }
  }

  /// O_k(x).
  package func values(_ series: Series) -> [Double] { observables.map { $0.mean(series) } }

  /// The criterion, of the values O_k.
  package func cost(_ values: [Double]) -> Double {
    values.indices.reduce(0) { $0 + abs(lambda[$1]) * abs(values[$1] - desired[$1]) }
  }

  /// Its derivatives by the values: |lambda_k| sg(O_k - desired_k), with sg(0) = 0.
  package func coefficients(_ values: [Double]) -> [Double] {
    values.indices.map { k in
      let difference = values[k] - desired[k]
      return difference > 0 ? abs(lambda[k]) : difference < 0 ? -abs(lambda[k]) : 0
    }
  }

  /// Adds sum_k c_k dO_k/dx.
  package func addSlopes(_ c: [Double], _ series: Series, to slopes: MutableSeries) {
    for (observable, c) in zip(observables, c) where c != 0 {
      observable.addSlopes(series, times: c, to: slopes)
    }
  }

  /// Adds sum_k c_k H_k v, H_k the second derivatives of O_k.
  package func addCurvature(
    _ c: [Double], _ series: Series, direction: Series, to result: MutableSeries
  ) {
    for (observable, c) in zip(observables, c) where c != 0 {
      observable.addCurvature(series, times: c, direction: direction, to: result)
    }
  }

  /// omega_k(t) for t from the largest delay on; times at which one of them is NaN are left out.
  /// - Throws: `.argument` for an observable at a single time, or where no time is left, `.state` as `check`.
  package func samples(_ series: Series) throws -> GibbsSamples {
    try check(lengths: series.places.lengths)
    for (index, observable) in observables.enumerated() where observable.terms.time != nil {
      throw BacktuneError.argument(
        "\(name(index)): it is defined at one time only, expected observables of all times for a Gibbs fit"
      )
    }
    let delay = observables.reduce(0) { max($0, $1.terms.delay) }
    let rows = series.places.lengths.reduce(0) { $0 + max($1 - delay, 0) }
    let buffer = try Buffer(dimensions: [rows, count], for: "samples of observables")
    for (k, observable) in observables.enumerated() {
      observable.copyTerms(series, from: delay, to: buffer.pointer + k, stride: count)
    }
    var kept = 0
    for row in 0..<rows {
      let values = buffer.pointer + row * count
      guard !(0..<count).contains(where: { values[$0].isNaN }) else { continue }
      (buffer.pointer + kept * count).update(from: values, count: count)
      kept += 1
    }
    guard kept > 0 else {
      throw BacktuneError.argument(
        "observables: all \(rows) samples from step \(delay) on hold NaN, expected some that do not"
      )
    }
    return GibbsSamples(buffer, count: kept, order: count)
  }

  private func name(_ index: Int) -> String { observables[index].name(index) }
}

extension Observable {
  /// How messages name it, being number `index`.
  func name(_ index: Int) -> String {
    let parameters = parameters.map { value in
      Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }.joined(separator: ", ")
    return "observable \(index), \(Self.kind) (\(parameters))"
  }
}
