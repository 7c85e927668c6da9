import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A problem whose free weights are all those of linear readouts: observed learnware nodes, whose adjustable sources do not
/// depend on any adjustable weight. The cost is then one convex quadratic a node.
///
///     sum_t kappa (phi_0 + sum_d V_d phi_d - o)^2 / 2 + sum_d s_d V_d^2
///
/// phi_0 being what fixed weights contribute. A group that is measured at all times passes nothing on, so that a predictor
/// may read what it predicts.
struct ReadoutSystem {
  /// An observed node: its adjustable weights, and the sources that they multiply.
  struct Node {
    let group: GroupID
    let node: Int
    /// Slots of its weights, and the sources that they multiply.
    let slots: [Int]
    let sources: [NodeSystems.Phi]
  }

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
    let observed = Dictionary(
      uniqueKeysWithValues: network.outputs.map { ($0.group, $0.count) })
    var uses = [Int](repeating: 0, count: count)
    var nodes: [Node] = []
    var readouts: Set<GroupID> = []
    for (id, group) in network.groups.enumerated() {
      guard case .learnware(let body) = group.body else { continue }
      var terms = [[(slot: Int, phi: NodeSystems.Phi)]](repeating: [], count: group.size)
      func add(_ node: Int, _ slot: Int, _ phi: NodeSystems.Phi) {
        guard isFree[slot] else { return }
        uses[slot] += 1
        terms[node].append((slot, phi))
      }
      if let bias = body.bias {
        for (node, slot) in network.biasSlots(bias, size: group.size).enumerated() {
          add(node, slot, .constant)
        }
      }
      for connection in body.connections {
        let source = connection.source
        network.forEachLink(of: connection, to: id) {
          add($0.node, $0.slot, .init(group: source.group, node: $0.source, lag: source.lag))
        }
      }
      if terms.allSatisfy(\.isEmpty) { continue }
      readouts.insert(id)
      let seen = observed[id] ?? 0
      // Weights of a node that nobody sees stay as they are.
      for (node, list) in terms.enumerated() where node < seen && !list.isEmpty {
        nodes.append(
          Node(
            group: id, node: node, slots: list.map(\.slot), sources: list.map(\.phi)))
      }
    }
    // Shared weights join nodes; what reads a readout depends on more than its weights.
    let readers = network.groups.indices.filter {
      network.groups[$0].body.sources.contains { readouts.contains($0.group) }
    }
    guard !nodes.isEmpty, uses.allSatisfy({ $0 <= 1 }),
      readouts.allSatisfy({ observed[$0] != nil }), readers.allSatisfy(problem.isAlwaysMeasured)
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
    _ slots: [Double], _ states: States, poll: Poll
  ) throws -> [Double]? {
    var result = slots
    for node in nodes { for slot in node.slots { result[slot] = 0 } }
    // phi_0 is what is left of the outputs.
    guard try problem.evaluate(result, into: states, poll: poll).isFinite else { return nil }
    let curvature = problem.weightRegularisation(result)?.curvature
    let slopes = try problem.runner.makeDriven(for: "slopes of readouts")
    let weights = try problem.runner.makeDriven(for: "weights of readouts")
    problem.takeSlopes(of: states.driven, into: slopes)
    problem.takeCurvatures(of: states.driven, into: weights)
    for family in families(weights, curvature) {
      let solution = try family.solve(
        states, slopes: slopes, weights: weights, problem.runner, poll: poll)
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
  private func families(_ weights: Driven, _ curvature: [Double]?) -> [ReadoutFamily] {
    var result: [ReadoutFamily] = []
    for node in nodes {
      let largest = largestWeight(node, weights)
      let penalties = node.slots.map { (curvature?[$0] ?? 0) / largest }
      // Nothing is desired of it.
      if largest == 0 { continue }
      let place = result.firstIndex { other in
        other.nodes[0].sources == node.sources
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

  private func largestWeight(_ node: Node, _ weights: Driven) -> Double {
    problem.runner.reduction.max { [self] part in
      let runner = problem.runner
      let place = runner.layout(part).place(of: node.group, node.node)
      let batch = runner.shards.all[part].batch
      let weights = weights.parts[part]
      return (0..<batch.steps).reduce(0) { largest, t in
        let row = weights.row(t) + place
        return (0..<batch.active[t]).reduce(largest) { max($0, row[$1]) }
      }
    }
  }

  private func haveSameGains(
    _ family: ReadoutFamily, _ node: Node, _ largest: Double, _ weights: Driven
  ) -> Bool {
    problem.processes.all(haveSameGainsHere(family, node, largest, weights))
  }

  private func haveSameGainsHere(
    _ family: ReadoutFamily, _ node: Node, _ largest: Double, _ weights: Driven
  ) -> Bool {
    for (part, shard) in problem.runner.shards.all.enumerated() {
      let layout = problem.runner.layout(part)
      let first = layout.place(of: family.nodes[0].group, family.nodes[0].node)
      let place = layout.place(of: node.group, node.node)
      let weights = weights.parts[part]
      for t in 0..<shard.batch.steps {
        let row = weights.row(t)
        for lane in 0..<shard.batch.active[t]
        where !Self.areEqual(row[first + lane] / family.largest, row[place + lane] / largest) {
          return false
        }
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
    _ states: States, slopes: Driven, weights: Driven, _ runner: ShardRunner,
    poll: Poll
  ) throws -> [[Double]] {
    let columns = penalties.count
    let factor = try TriangularFactor(order: columns + nodes.count)
    let rows = min(
      max(Self.chunkWork / (2 * factor.order * factor.order), Self.chunkRows.lowerBound),
      Self.chunkRows.upperBound)
    let chunk = try Buffer(dimensions: [factor.order, rows], for: "rows of a readout")
    var count = 0
    func flush() throws {
      try factor.append(chunk.pointer, count: count, stride: rows, poll: poll)
      count = 0
      try poll()
    }
    for (part, shard) in runner.shards.all.enumerated() {
      let (layout, batch) = (runner.layout(part), shard.batch)
      let shifts = nodes[0].sources.map { $0.shift(shard.layout) }
      let places = nodes.map { layout.place(of: $0.group, $0.node) }
      // Of a shard that comes, simulated once.
      let (slopes, weights, states) = (slopes.parts[part], weights.parts[part], states.parts[part])
      for t in 0..<batch.steps {
        let state = states.row(t)
        let (slope, weight) = (slopes.row(t), weights.row(t))
        for lane in 0..<batch.active[t] {
          let own = weight[places[0] + lane]
          if own <= 0 { continue }
          let scale = (own / largest).squareRoot()
          let target = chunk.pointer + count
          for (d, shift) in shifts.enumerated() {
            target[d * rows] = scale * (shift.map { state[$0 + lane] } ?? 1)
          }
          for (k, place) in places.enumerated() {
            target[(columns + k) * rows] = -scale * slope[place + lane] / weight[place + lane]
          }
          count += 1
          if count == rows { try flush() }
        }
      }
    }
    if count > 0 { try flush() }
    try factor.join(runner.shards.processes, poll: poll)
    if penalties.contains(where: { $0 > 0 }) {
      try factor.append(
        diagonal: penalties.map { $0.squareRoot() } + nodes.map { _ in 0 }, poll: poll)
    }
    return try factor.leastSquares(columns: columns, poll: poll)
  }
}
