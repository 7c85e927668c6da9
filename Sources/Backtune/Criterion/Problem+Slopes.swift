import BacktuneSimulation

/// The first and second derivatives of the cost by the driven values.
extension Problem {
  /// rho' of the driven values, activity regularisation included.
  package func takeSlopes(of states: Driven, into slopes: Driven) {
    if slopes.isDefined { return takeLocalSlopes(of: states, into: slopes) }
    slopes.zero()
    data.addSlopes(states, into: slopes)
    for term in activityTerms { term.addSlopes(states, into: slopes) }
  }

  /// All terms, where none goes over more than a shard at a time.
  private var localTerms: [any LocalTerm] {
    ([data] + activityTerms as [Any]).compactMap { $0 as? any LocalTerm }
  }

  /// The same without those of `globalTerms`.
  package func takeLocalSlopes(of states: Driven, into slopes: Driven) {
    if slopes.isDefined {
      return slopes.define(localTerms.map { $0.slopes(at: states) }, at: states)
    }
    slopes.zero()
    if !(data is any GlobalTerm) { data.addSlopes(states, into: slopes) }
    for term in activityTerms where !(term is any GlobalTerm) {
      term.addSlopes(states, into: slopes)
    }
  }

  /// The second derivatives by the driven values, one by one, of a quadratic that majorises the cost; those of
  /// `globalTerms` are not among them.
  package func takeCurvatures(of states: Driven, into curvatures: Driven) {
    if curvatures.isDefined {
      return curvatures.define(localTerms.map { $0.curvatures(at: states) }, at: states)
    }
    curvatures.zero()
    data.addCurvatures(states, into: curvatures)
    for term in activityTerms { term.addCurvatures(states, into: curvatures) }
  }

  /// The slopes that J^T pulls back to the gradient of the quadratic of `base` at states near it: of terms of few
  /// residuals with the weights of `base`.
  package func takeSlopes(of states: Driven, near base: Driven, into slopes: Driven) {
    takeLocalSlopes(of: states, into: slopes)
    for term in globalTerms {
      for (k, item) in zip(term.residuals(base), term.residuals(states)).enumerated() {
        term.addDerivative(of: k, times: item.0.weight * item.1.residual, base, into: slopes)
      }
    }
  }
}
