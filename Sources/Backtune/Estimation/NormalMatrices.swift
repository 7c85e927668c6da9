import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A = sum_t kappa phi phi^T of a class of node systems, over all sequences. Formed chunk by chunk: the sources of some
/// hundred times are gathered in a matrix, which is multiplied by itself.
struct NormalMatrices {
  private let states: Trajectory
  private let batch: Batch
  private static let chunkRows = 512

  init(_ states: Trajectory, _ batch: Batch) {
    self.states = states
    self.batch = batch
  }

  /// The A that the systems of a class share, kappa = 1: order x order, the triangle of row <= column row-major.
  func shared(_ item: NodeSystems.Class, poll: () throws -> Void) throws -> Buffer {
    let matrix = try Buffer(count: item.order * item.order, for: "normal matrix")
    for member in item.systems[0].members {
      try gather(member, order: item.order, poll: poll) { rows, count, _, _ in
        Self.accumulate(rows, count, item.order, into: matrix)
      }
    }
    return matrix
  }

  /// A of one system with kappa = 1/(1 + |x~ - phi_0|) of each of its nodes.
  func weighted(
    _ system: NodeSystems.System, slots: [Double], poll: () throws -> Void
  ) throws -> Buffer {
    let order = system.slots.count
    let matrix = try Buffer(count: order * order, for: "normal matrix")
    for member in system.members {
      let place =
        (states.layout.offset(of: member.group) + member.node) * states.layout.lanes
      try gather(member, order: order, poll: poll) { rows, count, times, lanes in
        for r in 0..<count {
          let row = states.row(times[r])
          let phi0 = member.fixed.reduce(0) {
            $0 + slots[$1.slot] * Self.value(row, $1.shift, lanes[r])
          }
          let kappa = 1 / (1 + abs(row[place + lanes[r]] - phi0))
          let scale = kappa.squareRoot()
          for d in 0..<order { rows[r * order + d] *= scale }
        }
        Self.accumulate(rows, count, order, into: matrix)
      }
    }
    return matrix
  }

  @inline(__always)
  private static func value(_ row: UnsafePointer<Double>, _ shift: Int, _ lane: Int) -> Double {
    shift == NodeSystems.constant ? 1 : row[shift + lane]
  }

  /// Calls `body(rows, count, times, lanes)` with phi of `count` values of (time, lane) as the rows of a matrix.
  private func gather(
    _ member: NodeSystems.Member, order: Int, poll: () throws -> Void,
    _ body: (UnsafeMutablePointer<Double>, Int, [Int], [Int]) throws -> Void
  ) throws {
    let chunk = try Buffer(count: Self.chunkRows * order, for: "normal matrix")
    var times = [Int](repeating: 0, count: Self.chunkRows)
    var lanes = times
    var count = 0
    for t in 0..<batch.steps {
      let row = UnsafePointer(states.row(t))
      for lane in 0..<batch.active[t] {
        let phi = chunk.pointer + count * order
        for d in 0..<order { phi[d] = 0 }
        for term in member.terms { phi[term.column] += Self.value(row, term.shift, lane) }
        (times[count], lanes[count]) = (t, lane)
        count += 1
        if count == Self.chunkRows {
          try body(chunk.pointer, count, times, lanes)
          count = 0
          try poll()
        }
      }
    }
    if count > 0 { try body(chunk.pointer, count, times, lanes) }
  }

  /// A += rows^T rows, the triangle of row <= column row-major.
  private static func accumulate(
    _ rows: UnsafePointer<Double>, _ count: Int, _ order: Int, into matrix: Buffer
  ) {
    GeneralProduct.addSquare(
      order: order, depth: count, .init(rows, row: 1, column: order), into: matrix.pointer)
  }
}
