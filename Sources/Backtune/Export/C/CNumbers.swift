import BacktuneNetwork
import BacktuneNumerics

/// Numbers and functions of a C program of one precision.
struct CNumbers {
  let precision: CFormat.Precision

  /// The type.
  var real: String { precision.rawValue }

  /// The shortest text that reads back to the same number.
  func literal(_ value: Double) -> String {
    switch precision {
    case .double: "\(value)"
    case .float: "\(Float(value))F"
    }
  }

  /// A function of math.h.
  func called(_ name: String) -> String { precision == .double ? name : "\(name)f" }

  // MARK: Functions

  /// f(v), by the helper of that name where math.h has none.
  func call(_ function: ScalarFunction, _ argument: String, prefix: String) -> String {
    switch function {
    case .identity: argument
    case .tanh: "\(called("tanh"))(\(argument))"
    case .exp: "\(called("exp"))(\(argument))"
    case .log: "\(called("log"))(\(argument))"
    case .reciprocal: "(\(literal(1)) / \(argument))"
    case .square: "(\(argument) * \(argument))"
    default:
      "\(prefix)_\(Self.helper(function))(\(([argument] + Self.parameters(function).map { literal($0.value) }).joined(separator: ", ")))"
    }
  }

  /// The definitions of the helpers that functions need, each once.
  func helpers(of functions: [ScalarFunction], prefix: String) -> [String] {
    var seen: Set<String> = []
    return functions.compactMap { function in
      let key = Self.helper(function)
      guard let body = body(of: function), seen.insert(key).inserted else { return nil }
      let arguments = (["v"] + Self.parameters(function).map(\.name)).map { "\(real) \($0)" }
      return """
        static \(real) \(prefix)_\(key)(\(arguments.joined(separator: ", ")))
        {
          return \(body);
        }
        """
    }
  }

  /// The names that helpers may have.
  static let helpers = ScalarFunction.table.map(\.name) + ["zeta01", "threshold"]

  private static func helper(_ function: ScalarFunction) -> String {
    switch function {
    case .zeta01: "zeta01"
    // As that of the network is called.
    case .step: "threshold"
    default: function.name
    }
  }

  /// What a helper takes besides v.
  private static func parameters(_ function: ScalarFunction) -> [(name: String, value: Double)] {
    let row = ScalarFunction.table.first { $0.name == function.name }
    guard let row, function != .zeta01 else { return [] }
    return Array(zip(row.parameters, function.parameters)).map { ($0, $1) }
  }

  /// What a helper returns; nil for functions without one.
  private func body(of function: ScalarFunction) -> String? {
    let (exp, tanh, one, half) = (called("exp"), called("tanh"), literal(1), literal(0.5))
    switch function {
    case .identity, .tanh, .exp, .log, .reciprocal, .square: return nil
    case .zeta01: return "\(one) / (\(one) + \(exp)(\(literal(-4)) * v))"
    case .zeta:
      return "(\(half) * (a + b)) + (\(half) * (b - a) * \(tanh)((\(literal(2)) * v) / (b - a)))"
    case .logistic: return "\(one) / (\(one) + \(exp)(-v))"
    case .relu: return "(v < \(literal(0))) ? \(literal(0)) : v"
    case .softplus:
      return
        "((v < \(literal(0))) ? \(literal(0)) : v) + (eps * \(called("log1p"))(\(exp)(-\(called("fabs"))(v) / eps)))"
    case .upsilon:
      return "\(one) / (\(one) + \(exp)(\(literal(-4)) * w * (v - \(half))))"
    case .step:
      return
        "(v < \(half)) ? \(literal(0)) : ((v > \(half)) ? \(one) : (v + \(literal(0))))"
    }
  }
}
