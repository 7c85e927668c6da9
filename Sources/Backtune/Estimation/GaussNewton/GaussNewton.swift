import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Levenberg-Marquardt on the residuals r of the observed values: steps d with (J^T J + mu I) d = -J^T r, each followed
/// by corrections with the same factors, which bend it along the curve on which the residuals stay small.
///
/// The correction of a step is
///
///     c = -(J^T J + mu I)^-1 (J^T r(W + d) + mu d)
///
/// J being that of the start of the iteration: it is the geodesic acceleration of Transtrum and Sethna (2012) to second
/// order, takes one adjoint (or a product, see `KeptRows`) and no more than the simulation that judged the step, and
/// repeated it goes on to higher orders. On the reverse-engineered sequences of N = 16 it brings the iterations to an NMSE
/// of 1e-4 from 16 to 5, and those to 1e-6 from over 100 to 14.
final class GaussNewton: Session {
  let problem: Problem
  let search: WeightSearch
  let solver: any StepSolver
  /// States at the start of the iteration, and the slopes of a correction.
  private var ownBase: States?
  private let slopes: Driven
  /// mu of the next iteration, relative to the largest diagonal element of J^T J.
  private var damping = initialDamping
  private(set) var lastReport = IterationReport(cost: .infinity, nmse: .nan)
  private(set) var isConverged = false

  private static let initialDamping = 1e-3

  /// - Parameter form: how its steps are solved; nil for what is predicted to cost less.
  init(_ problem: Problem, form: LinearForm? = nil) throws {
    self.problem = problem
    search = WeightSearch(problem, keepsStates: false)
    solver = try (form ?? .cheaper(problem)).makeSolver(problem)
    slopes = try problem.runner.makeDriven(for: "slopes of a correction")
  }

  func restart(from slots: [Double]) {
    resume(Position(slots: slots))
    isConverged = false
  }

  /// Where an estimation stands, to be continued.
  struct Position {
    /// One value a slot.
    let slots: [Double]
    fileprivate(set) var damping = GaussNewton.initialDamping
    fileprivate(set) var solver = SolverStanding()
  }

  var position: Position {
    Position(slots: search.slots, damping: damping, solver: solver.standing)
  }

  /// Goes on from there, to the same bits: `start` comes first.
  func resume(_ position: Position) {
    search.restart(from: position.slots)
    solver.restart(from: position.solver)
    damping = position.damping
  }

  private func base(_ poll: Poll) throws -> States {
    let base = try ownBase ?? problem.makeStates(poll: poll)
    ownBase = base
    return base
  }

  var slots: [Double] { search.slots }
  var first: Score { search.first }
  var report: IterationReport { search.report }

  func start(poll: Poll) throws {
    begin()
    defer { close() }
    if try search.start(poll: poll) { lastReport.order = .rescue }
  }

  func iterate(_ options: EstimatorOptions, poll: Poll) throws {
    begin()
    defer { close() }
    guard search.score.isFinite, !isEmpty else { return }
    search.adapt()
    let cost = search.score.total
    let base = try base(poll)
    try search.writeStates(into: base, poll: poll)
    let origin = search.slots
    try solver.update(base, slots: origin, poll: poll)
    let linear = LinearisedProblem(problem, origin, solver)
    guard linear.scale > 0, linear.scale.isFinite else {
      // No weight moves a value that counts.
      isConverged = problem.processes.all(
        linear.scale == 0 && linear.box.gradient.allSatisfy { $0 == 0 })
      return
    }
    var least = cost
    // Noted also where it is interrupted.
    defer {
      if search.score.total < least {
        (lastReport.order, lastReport.variant, lastReport.step) = (.second, Self.variant, 1)
      }
    }
    try lookForDamping(linear, cost, poll)
    guard search.score.total >= cost, try hasConverged(linear, poll) else { return }
    // The slopes vanish at a saddle too, such as two units that are equal.
    least *= 1 - SaddleExit.rounding
    try SaddleExit(problem, search, solver, base).run(from: origin, poll: poll)
    isConverged = search.score.total >= least
  }

  /// What stands for the second order in a trace.
  private static let variant = 4

  /// Tries a damping; less and less while it pays, or more and more until it does. Choosing the next one by the size of
  /// the first correction saves trials (9 simulations an iteration against 13 at N = 16) but no time to speak of, and
  /// finds less at N = 2.
  private func lookForDamping(
    _ linear: LinearisedProblem, _ cost: Double, _ poll: Poll
  ) throws {
    var least = try trial(linear, poll)
    if least < cost {
      while damping > Self.smallestDamping {
        let before = damping
        damping = max(damping / Self.dampingFactor, Self.smallestDamping)
        let value = try trial(linear, poll)
        if value >= least {
          damping = before
          return
        }
        least = value
      }
    }
    var factor = Self.dampingFactor
    while least >= cost && damping < Self.largestDamping {
      damping *= factor
      factor *= 2
      least = try trial(linear, poll)
    }
    // The next iteration starts from there, not from a damping that moves nothing.
    if least >= cost { damping = Self.initialDamping }
  }

  private static let dampingFactor = 4.0
  private static let smallestDamping = 1e-15
  private static let largestDamping = 1e6

  /// How much each correction must be smaller than the one before.
  private static let largestRatio = 0.8

  /// A step of the present damping with its corrections.
  /// - Returns: the least cost on the way, infinite where there is no step.
  private func trial(_ linear: LinearisedProblem, _ poll: Poll) throws -> Double {
    let mu = damping * linear.scale
    guard
      var step = try solver.sharedStep(
        problem, linear, damping: mu, isFinal: false, poll: poll)
    else { return .infinity }
    var least = Double.infinity
    var size = problem.product(step, step).squareRoot()
    let most = solver.maxCorrections
    for k in 0...most {
      let (value, simulated) = try search.attempt(
        search.moved(linear.origin, step), poll: poll)
      if value >= least && k > 0 { return least }
      least = min(least, value)
      guard k < most, value < .infinity else { return least }
      guard let correction = try correction(linear, step, mu, simulated, poll) else { return least }
      let before = size
      size = problem.product(correction, correction).squareRoot()
      // Corrections that hardly shrink lead nowhere.
      if size > Self.largestRatio * before { return least }
      for k in step.indices { step[k] = linear.box.bounded(step[k] + correction[k], k) }
    }
    return least
  }

  /// c of a step whose simulated states are given.
  private func correction(
    _ linear: LinearisedProblem, _ step: [Double], _ mu: Double, _ simulated: States,
    _ poll: Poll
  ) throws -> [Double]? {
    let base = try base(poll)
    problem.takeSlopes(of: simulated.driven, near: base.driven, into: slopes)
    let gradient = try solver.pullBack(slopes) ?? pullBack(slopes, base, linear.origin, poll)
    let correction = try solver.correction(
      gradient.indices.map { gradient[$0] + mu * step[$0] + linear.pull($0, step) }, poll: poll)
    return problem.shared(correction)
  }

  private func pullBack(
    _ slopes: Driven, _ base: States, _ origin: [Double], _ poll: Poll
  ) throws -> [Double] {
    problem.load(origin)
    let gradient = try problem.pullBack(slopes, base, poll: poll)
    return problem.adjustable.map { gradient[$0] }
  }

  /// What a step of hardly any damping could gain, g^T (J^T J)^+ g, is below rounding beside r^T r; or r itself is,
  /// beside the desired values.
  private func hasConverged(_ linear: LinearisedProblem, _ poll: Poll) throws -> Bool {
    let gradient = linear.box.gradient
    if search.score.penalty == 0 && problem.isMet(search.score) { return true }
    guard
      let step = try solver.sharedStep(
        problem, linear, damping: Self.smallestDamping * linear.scale, isFinal: true, poll: poll),
      solver.isSolved
    else { return false }
    // Nor does any weight by itself, which a much larger scale of others would hide in that step.
    let least = 1e-14 * search.score.total
    // Roots, since squares of slopes may be beyond what a number can be.
    let root = least.squareRoot()
    let diagonal = solver.diagonal
    let isSteep = gradient.indices.contains { k in
      let curvature = diagonal[k] + (linear.regularisation?.curvature[k] ?? 0)
      return !linear.box.isHeld(k) && abs(gradient[k]) > root * curvature.squareRoot()
    }
    if problem.processes.any(isSteep) { return false }
    return -problem.product(step, gradient) <= least
  }

  private func begin() {
    lastReport = report
    isConverged = false
  }

  private func close() { lastReport.close(report, simulations: search.takeSimulations()) }
}
