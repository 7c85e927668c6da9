import BacktuneNumerics

/// An observable O: the mean of omega(x_k(t), x_k'(t - tau)) over its times, pooled over sequences and divided by the
/// number of terms. Section 2.8 of the design; appendix E of RR-9100.
///
/// Adding a kind: one type, and its line in `Observables.all`. The loops over time are those of `Observable+Series`;
/// they are requirements so that each kind has its own copy, with omega inlined.
package protocol Observable: Sendable {
  static var kind: String { get }
  /// Names of the positional parameters.
  static var required: [String] { get }
  /// Those that may be left out, all together: they are measured on a reference.
  static var measured: [String] { get }
  init(_ parameters: ObservableParameters) throws
  /// The values of `required`, and of `measured` where they are known.
  var parameters: [Double] { get }
  var terms: ObservableTerms { get }

  /// omega(a, b), with a = x_k(t) and b = x_k'(t - tau); b is a where omega has one argument.
  func value(_ a: Double, _ b: Double) -> Double
  /// Its derivatives by a and by b.
  func slopes(_ a: Double, _ b: Double) -> (a: Double, b: Double)
  /// Its second derivatives.
  func curvatures(_ a: Double, _ b: Double) -> (aa: Double, ab: Double, bb: Double)

  /// The same with `measured` taken from a reference where it was left out. NaN counts as missing.
  func frozen(on reference: Series) throws -> Self
  /// The same on series whose first `washout` steps were left out: a single time counts from the first of them all.
  func following(washout: Int) -> Self

  func mean(_ series: Series) -> Double
  func knownMean(_ series: Series) -> Double
  func addSlopes(_ series: Series, times c: Double, to slopes: MutableSeries)
  func addCurvature(
    _ series: Series, times c: Double, direction: Series, to result: MutableSeries)
  func copyTerms(
    _ series: Series, from time: Int, to samples: UnsafeMutablePointer<Double>, stride: Int)
}

extension Observable {
  package static var measured: [String] { [] }
  package func frozen(on reference: Series) throws -> Self { self }
  package func following(washout: Int) -> Self { self }

  var needsReference: Bool { parameters.count < Self.required.count + Self.measured.count }
}

/// Which values an observable reads.
package struct ObservableTerms: Sendable, Equatable {
  /// k
  package var first: Int
  /// k'
  package var second: Int
  /// tau
  package var delay = 0
  /// The only t, nil for all t from tau on.
  package var time: Int?

  init(_ first: Int, _ second: Int? = nil, delay: Int = 0, time: Int? = nil) {
    self.first = first
    self.second = second ?? first
    self.delay = delay
    self.time = time
  }

  /// Each t of a sequence of that length.
  package func times(length: Int) -> Range<Int> {
    guard let time else { return min(delay, length)..<length }
    return time < length ? time..<(time + 1) : 0..<0
  }
}

package enum Observables {
  package static var all: [any Observable.Type] {
    [
      MeanObservable.self, MeanAtObservable.self, ProductObservable.self,
      AutocorrelationObservable.self, NormalisedAutocorrelationObservable.self,
      StandardisedMomentObservable.self,
    ]
  }

  /// The observable of that kind on a series of so many channels.
  /// - Throws: `.argument` for an unknown kind (the message lists the known ones) or a parameter that is out of range,
  ///   `.size` for a wrong number of them.
  package static func make(
    _ kind: String, _ parameters: [Double], channels: Int
  ) throws -> any Observable {
    let type = try named(kind)
    return try type.init(ObservableParameters(of: type, parameters, channels: channels))
  }

  /// - Throws: `.argument` with the kinds there are.
  static func named(_ kind: String) throws -> any Observable.Type {
    guard let type = all.first(where: { $0.kind == kind }) else {
      let known = all.map { $0.kind }.joined(separator: ", ")
      throw BacktuneError.argument("observable '\(kind)': unknown, expected one of \(known)")
    }
    return type
  }
}
