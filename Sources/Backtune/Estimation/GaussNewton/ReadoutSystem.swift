import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A problem whose free weights are all those of linear readouts: observed learnware nodes, whose adjustable sources do not
/// depend on any adjustable weight. The cost is then one convex quadratic a node.
///
///     sum_t kappa (phi_0 + sum_d V_d phi_d - o)^2 / 2 + sum_d s_d V_d^2
///
/// phi_0 being what fixed weights contribute.
struct ReadoutSystem {
  /// An observed node: its adjustable weights, and the sources that they multiply.
  struct Node {
    /// Place of its value in a row, lane 0.
    let place: Int
    /// Slots of its weights, and where their sources stand from its row; `constant` for a bias.
    let slots: [Int]
    let shifts: [Int]
  }

  static let constant = Int.min
  let nodes: [Node]
  private let problem: Problem

  /// Memory of the factors at most, in bytes.
  private static let room = 1 << 30

  /// Nil where the problem is another.
  init?(_ problem: Problem) {
    let network = problem.network
    let count = network.slots.values.count
    guard problem.isQuadraticInOutputs, !problem.adjustable.isEmpty,
      problem.adjustable.allSatisfy({ $0 < count })
    else { return nil }
    var isFree = [Bool](repeating: false, count: count)
    for slot in problem.adjustable { isFree[slot] = true }
    // Initial states are no readout's.
    for state in network.groups.compactMap(\.initialState) {
      if network.arrays[state.array].slots.contains(where: { isFree[$0] }) { return nil }
    }
    let layout = problem.plan.layout
    let observed = Dictionary(
      uniqueKeysWithValues: network.outputs.map { ($0.group, $0.count) })
    var uses = [Int](repeating: 0, count: count)
    var nodes: [Node] = []
    var readouts: Set<GroupID> = []
    for (id, group) in network.groups.enumerated() {
      guard case .learnware(let body) = group.body else { continue }
      var terms = [[(slot: Int, shift: Int)]](repeating: [], count: group.size)
      func add(_ node: Int, _ slot: Int, _ shift: Int) {
        guard isFree[slot] else { return }
        uses[slot] += 1
        terms[node].append((slot, shift))
      }
      if let bias = body.bias {
        for (node, slot) in network.biasSlots(bias, size: group.size).enumerated() {
          add(node, slot, Self.constant)
        }
      }
      for connection in body.connections {
        let source = connection.source
        let first = layout.offset(of: source.group) * layout.lanes - source.lag * layout.rowSize
        network.forEachLink(of: connection, to: id) {
          add($0.node, $0.slot, first + $0.source * layout.lanes)
        }
      }
      if terms.allSatisfy(\.isEmpty) { continue }
      readouts.insert(id)
      let seen = observed[id] ?? 0
      // Weights of a node that nobody sees stay as they are.
      for (node, list) in terms.enumerated() where node < seen && !list.isEmpty {
        nodes.append(
          Node(
            place: (layout.offset(of: id) + node) * layout.lanes, slots: list.map(\.slot),
            shifts: list.map(\.shift)))
      }
    }
    // Shared weights join nodes; what reads a readout depends on more than its weights.
    guard !nodes.isEmpty, uses.allSatisfy({ $0 <= 1 }),
      readouts.allSatisfy({ observed[$0] != nil }),
      !network.groups.contains(where: { $0.body.sources.contains { readouts.contains($0.group) } })
    else { return nil }
    let widest = nodes.reduce(0) { max($0, $1.slots.count) } + 1
    guard widest * widest <= Self.room / MemoryLayout<Double>.stride / 4 else { return nil }
    (self.nodes, self.problem) = (nodes, problem)
  }

  /// The weights of the minimum: those of least squares, the shortest in units of the sources where several are as good.
  ///
  /// - Parameters:
  ///   - states: written over.
  /// - Returns: one value a slot; nil where they are not finite.
  func solve(
    _ slots: [Double], _ states: Trajectory, poll: () throws -> Void
  ) throws -> [Double]? {
    var result = slots
    for node in nodes { for slot in node.slots { result[slot] = 0 } }
    // phi_0 is what is left of the outputs.
    guard try problem.evaluate(result, into: states, poll: poll).isFinite else { return nil }
    let curvature = problem.weightRegularisation(result)?.curvature
    let slopes = try problem.makeAdjoint()
    let weights = try problem.makeAdjoint()
    problem.takeSlopes(of: states, into: slopes)
    problem.takeCurvatures(of: states, into: weights)
    for family in families(weights, curvature) {
      let solution = try family.solve(
        states, slopes: slopes, weights: weights, problem.batch, poll: poll)
      for (node, values) in zip(family.nodes, solution) {
        for (slot, value) in zip(node.slots, values) {
          guard value.isFinite else { return nil }
          result[slot] = value
        }
      }
    }
    return result
  }

  /// Nodes that share sources, gains and penalties, up to a factor of both (the scale of their outputs): their factors
  /// are formed once.
  private func families(_ weights: Trajectory, _ curvature: [Double]?) -> [ReadoutFamily] {
    var result: [ReadoutFamily] = []
    for node in nodes {
      let largest = largestWeight(node, weights)
      let penalties = node.slots.map { (curvature?[$0] ?? 0) / largest }
      // Nothing is desired of it.
      if largest == 0 { continue }
      let place = result.firstIndex { other in
        other.nodes[0].shifts == node.shifts
          && zip(other.penalties, penalties).allSatisfy(Self.areEqual)
          && haveSameGains(other, node, largest, weights)
      }
      if let place {
        result[place].nodes.append(node)
      } else {
        result.append(ReadoutFamily(nodes: [node], penalties: penalties, largest: largest))
      }
    }
    return result
  }

  private static func areEqual(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= 8 * Double.ulpOfOne * abs(a)
  }

  private func largestWeight(_ node: Node, _ weights: Trajectory) -> Double {
    var largest = 0.0
    for t in 0..<problem.batch.steps {
      let row = weights.row(t) + node.place
      for lane in 0..<problem.batch.active[t] { largest = max(largest, row[lane]) }
    }
    return largest
  }

  private func haveSameGains(
    _ family: ReadoutFamily, _ node: Node, _ largest: Double, _ weights: Trajectory
  ) -> Bool {
    for t in 0..<problem.batch.steps {
      let (a, b) = (weights.row(t) + family.nodes[0].place, weights.row(t) + node.place)
      for lane in 0..<problem.batch.active[t]
      where !Self.areEqual(a[lane] / family.largest, b[lane] / largest) {
        return false
      }
    }
    return true
  }
}

/// Readouts of the same sources: one matrix, a right-hand side each.
struct ReadoutFamily {
  var nodes: [ReadoutSystem.Node]
  /// Second derivatives of the penalty of each weight, and the largest one of an output value, to which they are relative.
  let penalties: [Double]
  let largest: Double

  /// Multiplications of a chunk of rows, about, and its rows.
  private static let chunkWork = 20_000_000
  private static let chunkRows = 32...256

  /// The weights of every node.
  ///
  /// - Parameters:
  ///   - states: what the sources are.
  ///   - slopes, weights: derivatives by the outputs where all weights are 0.
  func solve(
    _ states: Trajectory, slopes: Trajectory, weights: Trajectory, _ batch: Batch,
    poll: () throws -> Void
  ) throws -> [[Double]] {
    let (columns, shifts) = (penalties.count, nodes[0].shifts)
    let factor = try TriangularFactor(order: columns + nodes.count)
    let rows = min(
      max(Self.chunkWork / (2 * factor.order * factor.order), Self.chunkRows.lowerBound),
      Self.chunkRows.upperBound)
    let chunk = try Buffer(dimensions: [factor.order, rows], for: "rows of a readout")
    var count = 0
    func flush() throws {
      try factor.append(chunk.pointer, count: count, stride: rows)
      count = 0
      try poll()
    }
    for t in 0..<batch.steps {
      let (state, slope, weight) = (states.row(t), slopes.row(t), weights.row(t))
      for lane in 0..<batch.active[t] {
        let own = weight[nodes[0].place + lane]
        if own <= 0 { continue }
        let scale = (own / largest).squareRoot()
        let target = chunk.pointer + count
        for (d, shift) in shifts.enumerated() {
          target[d * rows] = shift == ReadoutSystem.constant ? scale : scale * state[shift + lane]
        }
        for (k, node) in nodes.enumerated() {
          let place = node.place + lane
          target[(columns + k) * rows] = -scale * slope[place] / weight[place]
        }
        count += 1
        if count == rows { try flush() }
      }
    }
    if count > 0 { try flush() }
    if penalties.contains(where: { $0 > 0 }) {
      try factor.append(
        diagonal: penalties.map { $0.squareRoot() } + nodes.map { _ in 0 })
    }
    return try factor.leastSquares(columns: columns, poll: poll)
  }
}
