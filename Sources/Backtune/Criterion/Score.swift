/// What a simulation scored.
package struct Score: Sendable {
  /// The criterion, un-normalised.
  package let data: Double
  /// The regularisation.
  package let penalty: Double
  /// sum kappa e^2; 0 where nothing is desired value by value.
  package let squares: Double

  package init(data: Double, penalty: Double, squares: Double) {
    (self.data, self.penalty, self.squares) = (data, penalty, squares)
  }

  package static let infinite = Score(data: .infinity, penalty: 0, squares: .infinity)
  package var total: Double { data + penalty }
  package var isFinite: Bool { total.isFinite && squares.isFinite }
}
