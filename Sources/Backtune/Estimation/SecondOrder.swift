import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Second-order adjustment, section 2.5 of the design and equation (6) of RR-9100: for every node system
///
///     W = W^ + (A + D)^+ (b - A W^ - R')
///
/// With x^ the simulated value, b - A W^ is minus the gradient, whatever kappa; with re-estimated states it is
/// sum_t phi (x^ - Phi(x^)). D and R' are the curvature and gradient of a regularisation of the weights.
struct SecondOrder {
  let systems: NodeSystems
  /// Slots of initial states: each is a node of its own at one time, whose only source is the constant 1, so that its A
  /// is the number of sequences that start from it.
  var starts: [(slot: Int, sequences: Int)] = []

  /// Gradient R' and diagonal curvature D of a regularisation, one value a slot.
  typealias Regularisation = (gradient: [Double], curvature: [Double])

  /// What a direction is computed from.
  struct Input {
    let states: States
    let shards: Shards
    /// b - A W^, one value a slot.
    let rightHandSide: [Double]
    var regularisation: Regularisation?

    /// The same, the cost being multiplied.
    func scaled(by scale: Double) -> Input {
      guard scale != 1 else { return self }
      return Input(
        states: states, shards: shards, rightHandSide: rightHandSide.map { scale * $0 },
        regularisation: regularisation.map { SecondOrder.scaled($0, by: scale) })
    }
  }

  static func scaled(_ part: Regularisation, by scale: Double) -> Regularisation {
    (part.gradient.map { scale * $0 }, part.curvature.map { scale * $0 })
  }

  /// W - W^ with one A for the systems of a class: variants 1 and 3. Zero for nodes without second order.
  func direction(_ input: Input, poll: Poll) throws -> [Double] {
    let matrices = NormalMatrices(input.states, input.shards)
    let result = startDirection(input)
    let classes = systems.classes
    try forEach(classes.map(\.order), input, poll) { [self] k, poll in
      let item = classes[k]
      let matrix = try matrices.shared(item, poll: poll)
      if input.regularisation == nil {
        return try solve(matrix, item.systems[...], input, result, poll)
      }
      // D differs from node to node.
      try forEach(item.systems.map { _ in item.order }, input, poll) { k, poll in
        let copy = try Buffer(count: matrix.count, for: "normal matrix")
        copy.copy(from: matrix)
        try solve(copy, item.systems[k...k], input, result, poll)
      }
    }
    return Array(result.values)
  }

  /// W - W^ with kappa = 1/(1 + |x~ - phi_0|), a matrix a node: variant 2.
  func weightedDirection(
    _ input: Input, slots: [Double], poll: Poll
  ) throws -> [Double] {
    let matrices = NormalMatrices(input.states, input.shards)
    let result = startDirection(input)
    let all = systems.classes.flatMap(\.systems)
    try forEach(all.map(\.slots.count), input, poll) { [self] k, poll in
      let matrix = try matrices.weighted(all[k], slots: slots, poll: poll)
      try solve(matrix, all[k...k], input, result, poll)
    }
    return Array(result.values)
  }

  /// A direction that systems write side by side, each its own slots.
  private final class Direction {
    let values: UnsafeMutableBufferPointer<Double>

    init(count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }
  }

  /// Systems of larger orders come one by one: a call of LAPACK is polled then.
  private static let smallOrder = 256

  /// Calls `body` for every system: those of small orders side by side, then the others. Where matrices are summed over
  /// processes they come one by one, in an order that all have.
  private func forEach(
    _ orders: [Int], _ input: Input, _ poll: Poll, _ body: @escaping (Int, Poll) throws -> Void
  ) throws {
    let isAlone = input.shards.processes == nil && !input.shards.isLoading
    let small = orders.indices.filter { isAlone && orders[$0] <= Self.smallOrder }
    let work = small.reduce(0) {
      $0 + orders[$1] * orders[$1] * (input.shards.totalSteps + 4 * orders[$1])
    }
    try Reduction(count: small.count, work: work).forEach(poll: poll) { k, poll in
      try body(small[k], poll)
      try poll()
    }
    for k in orders.indices where !isAlone || orders[k] > Self.smallOrder {
      try body(k, poll)
      try poll()
    }
  }

  private func startDirection(_ input: Input) -> Direction {
    let result = Direction(count: input.rightHandSide.count)
    for (slot, sequences) in starts where sequences > 0 && input.rightHandSide[slot].isFinite {
      result.values[slot] = input.rightHandSide[slot] / Double(sequences)
    }
    return result
  }

  /// Solves systems of one matrix, which is overwritten by A + D.
  private func solve(
    _ matrix: Buffer, _ systems: ArraySlice<NodeSystems.System>, _ input: Input,
    _ result: Direction, _ poll: Poll
  ) throws {
    guard let first = systems.first else { return }
    let order = first.slots.count
    if let regularisation = input.regularisation {
      for (d, slot) in first.slots.enumerated() {
        matrix.pointer[d * order + d] += regularisation.curvature[slot]
      }
    }
    let factors: SymmetricSystem
    do {
      factors = try SymmetricSystem(copying: matrix.pointer, order: order, poll: poll)
    } catch let error as BacktuneError where error.kind == .argument {
      // A matrix that is not finite (states near overflow) has no step: the line search then finds nothing.
      return
    }
    var (b, x) = ([Double](repeating: 0, count: order), [Double](repeating: 0, count: order))
    for system in systems {
      for (d, slot) in system.slots.enumerated() {
        b[d] = input.rightHandSide[slot] - (input.regularisation?.gradient[slot] ?? 0)
      }
      factors.solve(b, into: &x)
      for (d, slot) in system.slots.enumerated() where x[d].isFinite {
        result.values[slot] = x[d]
      }
    }
  }
}
