import BacktuneNumerics

/// What is asked of one observed value x whose desired value is o. Section "Criterion" of the design; appendix C of
/// RR-9100.
///
/// Adding a criterion: one file with its type, and its line in `Criteria.all`.
package protocol Criterion: Sendable {
  /// Its names, the first one being the one reported.
  static var names: [String] { get }
  init()
  /// rho(x, o), to be multiplied by the gain.
  func value(_ x: Double, _ o: Double) -> Double
  /// Its derivative by x.
  func slope(_ x: Double, _ o: Double) -> Double
}

package enum Criteria {
  package static var all: [any Criterion.Type] { [LeastSquares.self] }

  /// - Throws: `.argument` with the names there are.
  package static func named(_ name: String) throws -> any Criterion {
    guard let type = all.first(where: { $0.names.contains(name) }) else {
      let known = all.map { $0.names.joined(separator: " or ") }.joined(separator: ", ")
      throw BacktuneError.argument("criterion '\(name)': unknown, expected one of \(known)")
    }
    return type.init()
  }
}
