extension Problem {
  /// Whether the cost is least squares of the observed values, and of the weights at most: quadratic in both.
  package var isQuadraticInOutputs: Bool {
    data is PointwiseTerm<LeastSquares> && activityTerms.isEmpty
      && weightTerms.allSatisfy { $0 is Ridge }
  }
}
