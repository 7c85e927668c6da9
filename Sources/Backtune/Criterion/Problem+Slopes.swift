import BacktuneSimulation

/// The first and second derivatives of the cost by the driven values.
extension Problem {
  /// rho' of the driven values, activity regularisation included.
  package func takeSlopes(of states: Trajectory, into slopes: Trajectory) {
    clear(slopes)
    data.addSlopes(states, into: slopes)
    for term in activityTerms { term.addSlopes(states, into: slopes) }
  }

  /// The same without those of `globalTerms`.
  package func takeLocalSlopes(of states: Trajectory, into slopes: Trajectory) {
    clear(slopes)
    if !(data is any GlobalTerm) { data.addSlopes(states, into: slopes) }
    for term in activityTerms where !(term is any GlobalTerm) {
      term.addSlopes(states, into: slopes)
    }
  }

  /// The second derivatives by the driven values, one by one, of a quadratic that majorises the cost; those of
  /// `globalTerms` are not among them.
  package func takeCurvatures(of states: Trajectory, into curvatures: Trajectory) {
    clear(curvatures)
    data.addCurvatures(states, into: curvatures)
    for term in activityTerms { term.addCurvatures(states, into: curvatures) }
  }

  /// The slopes that J^T pulls back to the gradient of the quadratic of `base` at states near it: of terms of few
  /// residuals with the weights of `base`.
  package func takeSlopes(of states: Trajectory, near base: Trajectory, into slopes: Trajectory) {
    takeLocalSlopes(of: states, into: slopes)
    for term in globalTerms {
      for (k, item) in zip(term.residuals(base), term.residuals(states)).enumerated() {
        term.addDerivative(of: k, times: item.0.weight * item.1.residual, base, into: slopes)
      }
    }
  }

  /// Sets the driven values to zero.
  package func clear(_ slopes: Trajectory) {
    plan.layout.forEachValue(of: driven, batch) { slopes.origin[$0] = 0 }
  }

  /// The adjoint at simulated states of any slopes of the driven values, without guard; weights must be loaded.
  package func pullBack(
    _ slopes: Trajectory, _ states: Trajectory, into eps: Trajectory, poll: () throws -> Void = {}
  ) throws {
    _ = try plan.tune(states, slopes: slopes, guard: nil, into: eps, batch, poll: poll)
  }
}
