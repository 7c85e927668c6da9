import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// A look round from weights where the slopes of the cost vanish: from weights nearby, drawn by a fixed seed, a few damped
/// steps lead back to a minimum, but from a saddle (units that are equal, weights that are all zero) to less than it costs.
/// What is better is kept, as any trial is.
struct SaddleExit {
  private let problem: Problem
  private let search: WeightSearch
  private let solver: any StepSolver
  private let base: States

  /// How far away it starts, beside the size of a weight, or 1 in units of the data.
  private static let distance = 0.3
  private static let steps = 8
  /// What it finds less than that, beside the cost, is what a minimum has of rounding.
  static let rounding = 1e-9
  /// Relative to the largest diagonal element of J^T J.
  private static let dampings = [10, 1, 1e-1, 1e-2, 1e-4]

  /// - Parameter base: written over.
  init(
    _ problem: Problem, _ search: WeightSearch, _ solver: any StepSolver, _ base: States
  ) {
    (self.problem, self.search, self.solver, self.base) = (problem, search, solver, base)
  }

  func run(from origin: [Double], poll: Poll) throws {
    if problem.isMet(search.score) { return }
    let goal = search.score.total
    let draws = draws
    var slots = search.moved(
      origin,
      problem.adjustable.enumerated().map { Self.distance * draws[$0] * max(abs(origin[$1]), 1) })
    for _ in 0..<Self.steps {
      let (cost, states) = try search.attempt(slots, poll: poll)
      guard cost.isFinite, search.score.total >= goal * (1 - Self.rounding) else { return }
      base.copy(from: states)
      guard let next = try step(from: slots, cost, poll) else { return }
      slots = next
    }
  }

  /// Normal numbers for all adjustable slots; those of a sequence's own initial state go by its number, whoever has it.
  private var draws: [Double] {
    var stream = RandomStream(seed: 0, name: "leaving a saddle")
    let (own, size) = (problem.network.slots.values.count, problem.network.stateSize)
    var last: Int?
    return problem.adjustable.map { slot in
      let sequence = slot < own ? nil : (slot - own) / size
      if let sequence, sequence != last {
        let number = problem.sequences.number(of: sequence)
        stream = RandomStream(seed: 0, name: "leaving a saddle, sequence \(number)")
        last = sequence
      }
      return stream.normal()
    }
  }

  /// The best of the steps of all dampings; nil where none is better.
  private func step(
    from slots: [Double], _ cost: Double, _ poll: Poll
  ) throws -> [Double]? {
    try solver.update(base, slots: slots, poll: poll)
    let linear = LinearisedProblem(problem, slots, solver)
    guard linear.scale > 0, linear.scale.isFinite else { return nil }
    var (least, best) = (cost, [Double]?.none)
    for damping in Self.dampings {
      let step = try solver.sharedStep(
        problem, linear, damping: damping * linear.scale, isFinal: false, poll: poll)
      guard let step else { continue }
      let candidate = search.moved(slots, step)
      let value = try search.attempt(candidate, poll: poll).cost
      if value < least { (least, best) = (value, candidate) }
    }
    return best
  }
}
