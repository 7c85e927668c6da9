import BacktuneNetwork
import BacktuneNumerics

extension Equations {
  /// Checks that numbers of 32 bits hold all values.
  ///
  /// - Throws: `.network` for the first one that they do not.
  package func checkFloat(of format: String) throws {
    func check(_ value: Double, _ what: @autoclosure () -> String) throws {
      guard Float(value).isFinite else {
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
          for value in term.factors.flatMap(\.function.parameters) {
            try check(value, "a parameter of \(signal.name)")
          }
        }
      case .softmax(_, let temperature): try check(temperature, "temperature of \(signal.name)")
      default: break
      }
    }
  }
}
