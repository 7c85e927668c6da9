import BacktuneNumerics

/// A scalar function f of firmware: x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)).
///
/// `zeta(a, b)` is (a+b)/2 + (b-a)/2 tanh(2u/(b-a)), of slope 1 at 0; `upsilon(w)` the smooth threshold zeta01(w (u - 1/2))
/// and `step` its limit (0, 1/2, 1 below, at, above 1/2); `softplus(eps)` is eps log(1 + exp(u/eps)).
/// Source: report RR-9100, appendix A.
public enum ScalarFunction: Hashable, Sendable {
  /// u.
  case identity
  /// (a+b)/2 + (b-a)/2 tanh(2u/(b-a)), from a to b > a.
  case zeta(a: Double, b: Double)
  /// 1/(1 + exp(-u)).
  case logistic
  /// u above 0, otherwise 0.
  case relu
  /// eps log(1 + exp(u/eps)), eps > 0.
  case softplus(eps: Double)
  /// exp(u).
  case exp
  /// The natural logarithm.
  case log
  /// 1/u.
  case reciprocal
  /// u squared.
  case square
  /// zeta01(w (u - 1/2)).
  case upsilon(w: Double)
  /// 0, 1/2, 1 below, at, above 1/2.
  case step

  /// zeta[-1,1].
  public static let tanh = ScalarFunction.zeta(a: -1, b: 1)
  /// zeta[0,1], 1/(1 + exp(-4u)).
  public static let zeta01 = ScalarFunction.zeta(a: 0, b: 1)

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

  /// Zeta of usual bounds, by names that people know.
  package static let aliases: [(name: String, function: ScalarFunction)] = [
    ("tanh", .tanh), ("zeta01", .zeta01),
  ]

  /// Every name that is taken wherever a function is named.
  package static let names = aliases.map(\.name) + table.map(\.name)

  /// The function of that name.
  /// - Throws: `.argument` for an unknown name (the message lists the known ones), a wrong number of parameters,
  ///   a parameter that is not finite, zeta with a >= b, softplus with eps <= 0.
  package init(_ name: String, _ parameters: [Double] = []) throws {
    let labels = try Self.parameterNames(of: name)
    guard parameters.count == labels.count else {
      throw BacktuneError.argument(
        "function \(name): \(parameters.count) parameters came, expected \(labels.count)"
          + (labels.isEmpty ? "" : " (\(labels.joined(separator: ", ")))"))
    }
    self =
      try Self.aliases.first { $0.name == name }?.function ?? Self.row(name).make(parameters)
    try check()
  }

  /// Whether its parameters are finite and allowed.
  func check() throws {
    for (label, value) in zip(try Self.row(name).parameters, parameters) where !value.isFinite {
      throw BacktuneError.argument(
        "function \(name): \(label) is \(value), expected a finite number")
    }
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

  /// The names of the parameters of the function of that name.
  /// - Throws: `.argument` for an unknown name.
  package static func parameterNames(of name: String) throws -> [String] {
    aliases.contains { $0.name == name } ? [] : try row(name).parameters
  }

  private static func row(_ name: String) throws -> (
    name: String, parameters: [String], make: @Sendable ([Double]) -> ScalarFunction
  ) {
    guard let row = table.first(where: { $0.name == name }) else {
      let known = names.joined(separator: ", ")
      throw BacktuneError.argument("function: unknown name '\(name)', expected one of \(known)")
    }
    return row
  }

  package var name: String {
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

  package var parameters: [Double] {
    switch self {
    case .zeta(let a, let b): [a, b]
    case .softplus(let eps): [eps]
    case .upsilon(let w): [w]
    default: []
    }
  }
}
