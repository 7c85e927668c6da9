import BacktuneNetwork
import BacktuneNumerics

extension Equations {
  /// Checks that numbers of 32 bits hold all values, what is divided by as other numbers than 0.
  ///
  /// - Throws: `.network` for the first one that they do not.
  package func checkFloat(of format: String) throws {
    func check(
      _ value: Double, isDivisor: Bool = false, _ what: @autoclosure () -> String
    ) throws {
      guard Float(value).isFinite, !isDivisor || Float(value) != 0 else {
        throw BacktuneError.network(
          "format \(format): \(what()) is \(value), which precision 'float' does not hold")
      }
    }
    for table in tables {
      for value in table.values { try check(value, "a weight of \(table.name)") }
    }
    for signal in signals {
      for value in signal.past.joined() { try check(value, "the start of \(signal.name)") }
      switch signal.equation {
      case .elementwise(let terms):
        for term in terms {
          try check(term.coefficient, "a coefficient of \(signal.name)")
          for factor in term.factors {
            for value in factor.function.parameters {
              try check(value, "a parameter of \(signal.name)")
            }
            if let divisor = Self.divisor(of: factor.function) {
              try check(divisor.value, isDivisor: true, "\(divisor.name) of \(signal.name)")
            }
          }
        }
      case .softmax(_, let temperature):
        try check(temperature, isDivisor: true, "temperature of \(signal.name)")
      default: break
      }
    }
  }

  /// What a function divides by.
  private static func divisor(of function: ScalarFunction) -> (name: String, value: Double)? {
    switch function {
    // Of the ends as they are written.
    case .zeta(let a, let b): ("b - a", Double(Float(b) - Float(a)))
    case .softplus(let eps): ("eps", eps)
    default: nil
    }
  }
}
