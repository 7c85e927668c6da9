import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A = sum_t kappa phi phi^T of a class of node systems, over all sequences of all processes. Formed chunk by chunk: the sources of some
/// hundred times are gathered in a matrix, which is multiplied by itself.
struct NormalMatrices {
  private let states: States
  private let shards: Shards
  private static let chunkRows = 512

  init(_ states: States, _ shards: Shards) {
    self.states = states
    self.shards = shards
  }

  /// The A that the systems of a class share, kappa = 1: order x order, the triangle of row <= column row-major.
  func shared(_ item: NodeSystems.Class, poll: Poll) throws -> Buffer {
    try sum(item.systems[0], poll) { _, _, _, _ in 1 }
  }

  /// A of one system with kappa = 1/(1 + |x~ - phi_0|) of each of its nodes.
  func weighted(
    _ system: NodeSystems.System, slots: [Double], poll: Poll
  ) throws -> Buffer {
    try sum(system, poll) { member, layout, row, lane in
      let phi0 = member.fixed.reduce(0) {
        $0 + slots[$1.slot] * ($1.phi.shift(layout).map { row[$0 + lane] } ?? 1)
      }
      let value = row[layout.place(of: member.group, member.node) + lane]
      return (1 / (1 + abs(value - phi0))).squareRoot()
    }
  }

  /// Sums over shards of what every row is, times a root of kappa.
  private func sum(
    _ system: NodeSystems.System, _ poll: Poll,
    root: @escaping (NodeSystems.Member, Layout, UnsafePointer<Double>, Int) -> Double
  ) throws -> Buffer {
    let order = system.slots.count
    let parts = try (0..<shards.count).map { _ in
      try Buffer(count: order * order, for: "normal matrix")
    }
    try shards.reduction.forEach(poll: poll) { part, poll in
      for member in system.members {
        try add(part, member, order: order, into: parts[part], poll) { row, lane in
          root(member, shards.all[part].layout, row, lane)
        }
      }
    }
    for part in parts.dropFirst() {
      Vectors.add(1, part.pointer, to: parts[0].pointer, count: order * order)
    }
    shards.processes.sum(parts[0].pointer, count: order * order)
    return parts[0]
  }

  /// A += sum of phi phi^T over the steps of a shard, phi being multiplied by `root(row, lane)`.
  private func add(
    _ part: Int, _ member: NodeSystems.Member, order: Int, into matrix: Buffer, _ poll: Poll,
    root: (UnsafePointer<Double>, Int) -> Double
  ) throws {
    let (shard, states) = (shards.all[part], states.parts[part])
    let terms = member.terms.map { ($0.column, $0.phi.shift(shard.layout)) }
    let chunk = try Buffer(count: Self.chunkRows * order, for: "normal matrix")
    var count = 0
    func flush() {
      GeneralProduct.addSquare(
        order: order, depth: count, .init(chunk.pointer, row: 1, column: order),
        into: matrix.pointer)
      count = 0
    }
    for t in 0..<shard.batch.steps {
      let row = UnsafePointer(states.row(t))
      for lane in 0..<shard.batch.active[t] {
        let (phi, scale) = (chunk.pointer + count * order, root(row, lane))
        for d in 0..<order { phi[d] = 0 }
        for (column, shift) in terms { phi[column] += shift.map { row[$0 + lane] } ?? 1 }
        if scale != 1 { for d in 0..<order { phi[d] *= scale } }
        count += 1
        if count == Self.chunkRows {
          flush()
          try poll()
        }
      }
    }
    if count > 0 { flush() }
  }
}
