import BacktuneCriterion

/// The linearised problem at the start of an iteration.
struct LinearisedProblem {
  let origin: [Double]
  let box: StepBox
  let scale: Double
  /// Derivative and curvature of the weights' regularisation, one value an adjustable slot.
  let regularisation: SecondOrder.Regularisation?

  init(_ problem: Problem, _ origin: [Double], _ solver: any StepSolver) {
    self.origin = origin
    let adjustable = problem.adjustable
    regularisation = problem.weightRegularisation(origin).map { part in
      (adjustable.map { part.gradient[$0] }, adjustable.map { part.curvature[$0] })
    }
    var gradient = solver.gradient
    if let regularisation { gradient = zip(gradient, regularisation.gradient).map(+) }
    box = StepBox(
      weights: adjustable.map { origin[$0] },
      lower: adjustable.map { problem.slots.lower[$0] },
      upper: adjustable.map { problem.slots.upper[$0] }, gradient: gradient)
    // Where no value that counts moves, the regularisation alone has a say.
    scale =
      solver.largest == 0
      ? regularisation?.curvature.max() ?? 0 : solver.largest
  }

  /// Derivative of the regularisation's quadratic after a step, by slot k.
  func pull(_ k: Int, _ step: [Double]) -> Double {
    regularisation.map { $0.gradient[k] + $0.curvature[k] * step[k] } ?? 0
  }
}
