import BacktuneNumerics

/// A scalar function f of firmware: x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)).
///
/// `zeta(a, b)` is (a+b)/2 + (b-a)/2 tanh(2u/(b-a)), of slope 1 at 0; `upsilon(w)` the smooth threshold zeta01(w (u - 1/2))
/// and `step` its limit (0, 1/2, 1 below, at, above 1/2); `softplus(eps)` is eps log(1 + exp(u/eps)).
/// Source: report RR-9100, appendix A.
public enum ScalarFunction: Hashable, Sendable {
  case identity
  case zeta(a: Double, b: Double)
  case logistic
  case relu
  case softplus(eps: Double)
  case exp
  case log
  case reciprocal
  case square
  case upsilon(w: Double)
  case step

  /// Every function: its name, the names of its parameters, and what makes it.
  package static let table:
    [(name: String, parameters: [String], make: @Sendable ([Double]) -> ScalarFunction)] = [
      ("identity", [], { _ in .identity }),
      ("zeta", ["a", "b"], { .zeta(a: $0[0], b: $0[1]) }),
      ("logistic", [], { _ in .logistic }),
      ("relu", [], { _ in .relu }),
      ("softplus", ["eps"], { .softplus(eps: $0[0]) }),
      ("exp", [], { _ in .exp }),
      ("log", [], { _ in .log }),
      ("reciprocal", [], { _ in .reciprocal }),
      ("square", [], { _ in .square }),
      ("upsilon", ["w"], { .upsilon(w: $0[0]) }),
      ("step", [], { _ in .step }),
    ]

  /// The function of that name.
  /// - Throws: `.argument` for an unknown name (the message lists the known ones), a wrong number of parameters,
  ///   a parameter that is not finite, zeta with a >= b, softplus with eps <= 0.
  public init(_ name: String, _ parameters: [Double] = []) throws {
    let row = try Self.row(name)
    guard parameters.count == row.parameters.count else {
      throw BacktuneError.argument(
        "function \(name): \(parameters.count) parameters came, expected \(row.parameters.count)"
          + (row.parameters.isEmpty ? "" : " (\(row.parameters.joined(separator: ", ")))"))
    }
    for (label, value) in zip(row.parameters, parameters) where !value.isFinite {
      throw BacktuneError.argument(
        "function \(name): \(label) is \(value), expected a finite number")
    }
    self = row.make(parameters)
    switch self {
    case .zeta(let a, let b) where !(a < b) || !(b - a).isFinite:
      throw BacktuneError.argument("function zeta: a is \(a) and b is \(b), expected a < b")
    case .zeta(let a, let b) where !(2 / (b - a)).isFinite:
      throw BacktuneError.argument("function zeta: a is \(a) and b is \(b), too near each other")
    case .upsilon(let w) where !(2 * w).isFinite:
      throw BacktuneError.argument("function upsilon: w is \(w), too large")
    case .softplus(let eps) where eps <= 0:
      throw BacktuneError.argument("function softplus: eps is \(eps), expected more than 0")
    default: break
    }
  }

  /// Number of parameters of the function of that name.
  /// - Throws: `.argument` for an unknown name.
  public static func parameterCount(of name: String) throws -> Int {
    try row(name).parameters.count
  }

  private static func row(_ name: String) throws -> (
    name: String, parameters: [String], make: @Sendable ([Double]) -> ScalarFunction
  ) {
    guard let row = table.first(where: { $0.name == name }) else {
      let known = table.map(\.name).joined(separator: ", ")
      throw BacktuneError.argument("function: unknown name '\(name)', expected one of \(known)")
    }
    return row
  }

  public var name: String {
    switch self {
    case .identity: "identity"
    case .zeta: "zeta"
    case .logistic: "logistic"
    case .relu: "relu"
    case .softplus: "softplus"
    case .exp: "exp"
    case .log: "log"
    case .reciprocal: "reciprocal"
    case .square: "square"
    case .upsilon: "upsilon"
    case .step: "step"
    }
  }

  public var parameters: [Double] {
    switch self {
    case .zeta(let a, let b): [a, b]
    case .softplus(let eps): [eps]
    case .upsilon(let w): [w]
    default: []
    }
  }
}
