import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// Steps by conjugate gradients, preconditioned by the paper's local second order: memory grows with the number of
/// weights, not with its square, and a product costs about three simulations.
final class IterativeSolver: StepSolver {
  /// How far a step is solved.
  struct Accuracy {
    /// What may be left of the right-hand side at most; less where the gradient has fallen.
    var forcing = 0.1
    /// Products of a solution at most.
    var products = 100
  }

  let products: NormalProducts
  let preconditioner: NodePreconditioner
  private let accuracy: Accuracy
  private var firstNorm = 0.0
  private(set) var largest = 0.0
  private(set) var diagonal: [Double] = []
  private(set) var isSolved = false
  /// Each takes as many products as a step: with 6 an NMSE of 1e-4 at N = 64 took 2.4 times as long, at N = 32 1.5 times.
  let maxCorrections = 1
  /// Products that may still be taken.
  var allowance = Int.max
  /// Of J^T J, a power of two: in it squares neither overflow nor vanish.
  private var unit = 1.0
  /// D, mu and the free columns of the last step.
  private var curvature: [Double]?
  private var damping = 0.0
  private var free: [Int] = []
  /// Products of this iteration with these free columns.
  private var memory: ProductMemory
  private var remembered: [Int] = []

  init(_ problem: Problem, accuracy: Accuracy = Accuracy()) throws {
    products = try NormalProducts(problem)
    preconditioner = try NodePreconditioner(problem)
    self.accuracy = accuracy
    memory = ProductMemory(
      limit: min(Self.largestMemory, Self.room / max(problem.adjustable.count, 1)))
  }

  var gradient: [Double] { products.gradient }

  /// Adjoints from which the diagonal of J^T J is estimated, and what is left of a right-hand side at the end.
  private static let probes = 4
  private static let finalTolerance = 1e-10
  /// Products that are remembered, and values of all of them, at most.
  private static let largestMemory = 100
  private static let room = 1 << 25

  var standing: SolverStanding { SolverStanding(isSettled: true, firstNorm: firstNorm) }

  func restart(from standing: SolverStanding) {
    firstNorm = standing.firstNorm
    memory.clear()
  }

  func update(_ states: States, slots: [Double], poll: Poll) throws {
    memory.clear()
    free = []
    try products.update(states, slots: slots, poll: poll)
    diagonal = try products.diagonal(probes: Self.probes, poll: poll)
    try preconditioner.update(states, diagonal: diagonal, poll: poll)
    largest = preconditioner.largest
    unit =
      largest.isNormal ? Double(sign: .plus, exponent: Int(largest.exponent), significand: 1) : 1
    firstNorm = max(firstNorm, norm(gradient))
  }

  func step(
    _ box: StepBox, curvature: [Double]?, damping: Double, isFinal: Bool, poll: Poll
  ) throws -> [Double]? {
    products.load()
    (self.damping, self.curvature) = (damping, curvature)
    preconditioner.damp(damping, curvature)
    (free, isSolved) = ([], true)
    let fallen = norm(box.gradient) / max(firstNorm, .leastNormalMagnitude)
    let forcing = min(accuracy.forcing, fallen.squareRoot())
    let tolerance = isFinal ? Self.finalTolerance : forcing
    return try box.solve { free, held in
      if free != remembered { memory.clear() }
      (self.free, remembered) = (free, free)
      var right = box.gradient.map { -$0 }
      if held.contains(where: { $0 != 0 }) {
        let moved = try products.product(held, poll: poll)
        for k in right.indices { right[k] -= moved[k] }
      }
      guard let solution = try solve(right, tolerance, poll) else { return nil }
      return free.map { solution[$0] }
    }
  }

  func correction(_ gradient: [Double], poll: Poll) throws -> [Double]? {
    guard !free.isEmpty else { return nil }
    products.load()
    return try solve(gradient.map { -$0 }, accuracy.forcing, poll)
  }

  /// Solves for the free columns; 0 elsewhere.
  private func solve(
    _ right: [Double], _ tolerance: Double, _ poll: Poll
  ) throws -> [Double]? {
    let method = ConjugateGradients(
      tolerance: tolerance, maxProducts: min(accuracy.products, allowance))
    let right = only(right).map { $0 / unit }
    let known = try memory.solution(right, damping: damping / unit)
    let shared = products.processes.first(
      known.map { $0.x + $0.image }, count: 2 * right.count)
    let solution = try method.solve(
      right,
      from: shared.map { (x: Array($0[..<right.count]), image: Array($0[right.count...])) },
      inverse: { r in only(preconditioner.apply(r.map { $0 * unit })) },
      product: { try product($0, poll) })
    guard let solution else { return nil }
    isSolved = isSolved && solution.isSolved
    return solution.x
  }

  /// (J^T J + D + mu I) v of the free columns, in the unit.
  private func product(_ v: [Double], _ poll: Poll) throws -> [Double] {
    allowance -= 1
    var result = try products.product(v, poll: poll)
    if let curvature { for k in result.indices { result[k] += curvature[k] * v[k] } }
    result = only(result).map { $0 / unit }
    memory.append(v, result)
    for k in result.indices { result[k] += damping / unit * v[k] }
    return result
  }

  /// What there is in free columns.
  private func only(_ v: [Double]) -> [Double] {
    if free.count == v.count { return v }
    var result = [Double](repeating: 0, count: v.count)
    for k in free { result[k] = v[k] }
    return result
  }

  private func norm(_ v: [Double]) -> Double {
    unit * v.reduce(0) { $0 + $1 / unit * ($1 / unit) }.squareRoot()
  }
}
