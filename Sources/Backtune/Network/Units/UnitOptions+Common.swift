import BacktuneNumerics

/// Options that several units have.
extension JSONOptions {
  /// The sources of a recurrent unit: itself at lag 1, and the input at `input_lag` (1).
  mutating func recurrentSources() throws -> [UnitSource] {
    let inputLag = try lag("input_lag", default: 1)
    return try sources(default: [
      UnitSource(place: .itself, lag: 1), UnitSource(place: .input, lag: inputLag),
    ])
  }

  /// The squashing function of gates: zeta01, or with `profile` "logistic" that of other libraries, 1/(1+exp(-u)).
  mutating func gateProfile() throws -> ScalarFunction {
    try choice("profile", of: ["zeta", "logistic"]) == "zeta" ? .zeta(a: 0, b: 1) : .logistic
  }

  /// A leak: `leak`, a number in [0, 0.999] or "adjust"; or `time_constant` tau >= dt, with `dt` (1), which makes it
  /// 1 - dt/tau (footnote 13 of RR-9100).
  mutating func leak(default fallback: Leak) throws -> Leak {
    let leak = take("leak")
    let timeConstant = take("time_constant")
    let dt = try number("dt", in: Double.leastNormalMagnitude...Double.greatestFiniteMagnitude)
    if let timeConstant {
      guard leak == nil else {
        throw BacktuneError.argument("leak and time_constant both came, expected one")
      }
      guard let tau = timeConstant.double, case let g = 1 - (dt ?? 1) / tau,
        g >= 0, g <= Leak.largest
      else {
        throw wrong(
          "time_constant", timeConstant, "a number of dt or more, and 1000 dt at most")
      }
      return g == 0 ? .none : .constant(g)
    }
    guard dt == nil else {
      throw BacktuneError.argument("dt came without time_constant")
    }
    switch leak {
    case nil: return fallback
    case .number(0): return .none
    case .text("adjust"): return .adjustable
    case .number(let g) where g > 0 && g <= Leak.largest: return .constant(g)
    case .some(let other):
      throw wrong("leak", other, "a number in [0, \(Leak.largest)] or 'adjust'")
    }
  }
}

/// What remains of a value from one step to the next.
enum Leak: Equatable, Sendable {
  case none
  case constant(Double)
  case adjustable

  /// Bound of an adjustable leak, and of a constant one.
  static let largest = 0.999

  /// Bounds of an adjustable leak, and the range in which it is drawn.
  static var weightOptions: WeightOptions {
    WeightOptions(lower: 0, upper: largest, draw: .uniform(lower: 0, upper: 0.5))
  }
}
