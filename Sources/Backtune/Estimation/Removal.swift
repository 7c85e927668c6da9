import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics

/// The end of a sparse estimation: weights that it brought near zero are fixed there and the rest re-estimated.
struct Removal {
  /// A weight below this, times the largest of its array, is near zero.
  private static let relativeSize = 1e-3
  /// How much the cost may grow by it.
  private static let largestGrowth = 1.01
  /// Whether anything may be taken away.
  static func isWanted(_ problem: Problem) -> Bool {
    problem.weightTerms.contains { $0.removesWeights && !$0.slots.isEmpty }
  }

  /// How the iterations of a run are spent: before weights are taken away, and in each round of it.
  static func rounds(of iterations: Int) -> (first: Int, round: Int) {
    (iterations - iterations / 2, max(iterations / 10, 1))
  }

  /// The slots of `problem` near zero.
  static func slots(_ problem: Problem, _ values: [Double]) -> [Int] {
    let terms = problem.weightTerms.filter(\.removesWeights)
    let candidates = Set(terms.flatMap(\.slots))
    let isOfData = terms.allSatisfy(\.usesDataUnits)
    return problem.network.arrays.flatMap { array -> [Int] in
      // In the units of the penalty.
      func size(_ slot: Int) -> Double {
        abs(isOfData ? values[slot] : problem.scales.factors[slot] * values[slot])
      }
      let largest = array.slots.reduce(0) { max($0, size($1)) }
      return array.slots.filter {
        candidates.contains($0) && size($0) < relativeSize * largest
          && problem.slots.lower[$0] <= 0 && problem.slots.upper[$0] >= 0
      }
    }
  }

  let slots: [Int]
  /// What was re-estimated, good if it may be kept.
  let session: any Session
  let isGood: Bool
  /// Why the re-estimation ended.
  let stop: StopReason

  /// Re-estimates what `before` found, without some slots and under the same nu.
  init?(
    _ before: any Session, _ sequences: Sequences, _ objective: Objective,
    _ options: EstimatorOptions, iterations: Int, poll: Poll
  ) throws {
    slots = Self.slots(before.problem, before.slots)
    guard !slots.isEmpty else { return nil }
    var network = before.network
    network.fixAtZero(slots)
    var plain = options
    plain.restarts = 0
    let session = try plain.makeSession(
      try Problem(
        network, sequences, objective: objective, options: options.observation,
        units: options.units, processes: before.problem.processes))
    var values = before.slots
    for slot in slots { values[slot] = 0 }
    session.restart(from: values)
    self.session = session
    session.search.inherit(from: before)
    session.search.holdsNu = true
    defer { session.search.holdsNu = false }
    var stop = StopReason.iterations
    do {
      try session.start(poll: poll)
      var left = session.cost.isFinite && !session.isEmpty ? iterations : 0
      while left > 0 {
        try session.iterate(options, poll: poll)
        left -= 1
        if session.lastReport.order == .none {
          stop = session.isConverged ? .converged : .stalled
          break
        }
      }
    } catch let error as BacktuneError where error.kind == .interrupted {
      // What it has come to may do.
      stop = .callback
    }
    self.stop = stop
    // Neither above what the whole estimation began with.
    isGood = session.cost <= min(Self.largestGrowth * before.cost, before.report.firstCost)
  }
}
