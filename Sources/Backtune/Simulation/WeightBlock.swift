import BacktuneNetwork
import BacktuneNumerics

/// The matrix of one connection at work: its products with rows of a trajectory, and its gradient.
class WeightBlock {
  /// From the row of time t to its source.
  let shift: Int
  /// Whether the source is the network input, which has no adjoint value.
  let isInput: Bool
  let rows: Int
  let columns: Int
  let width: Int
  /// The slot of each entry of the matrix, -1 = none; empty where entry e has slot `firstSlot` + e.
  let slotOfEntry: [Int]
  let firstSlot: Int

  init(
    _ connection: Connection, to group: GroupID, slotOfEntry: [Int], network: Network,
    layout: Layout
  ) {
    let source = connection.source
    shift = layout.offset(of: source.group) * layout.lanes - source.lag * layout.rowSize
    isInput = source.group == Network.input
    rows = network.size(of: group)
    columns = network.size(of: source.group)
    width = layout.lanes
    self.slotOfEntry = slotOfEntry
    firstSlot = network.arrays[connection.array].slots.lowerBound
  }

  /// Takes the weights, one value a slot.
  func load(_ slots: UnsafePointer<Double>) {}

  /// Takes a direction of the weights.
  func loadDirection(_ slots: UnsafePointer<Double>) throws {}

  /// y += W s, or y = bias + W s where a bias (one value a node) is given.
  func multiply(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    from bias: UnsafePointer<Double>?, lanes: Int
  ) {}

  /// y += dW s.
  func multiplyDirection(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// s += W^T e, at the rows of the source.
  func multiplyTransposed(
    _ e: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// Adds sum_t e(t) s(t)^T to the slots; `place` is that of the group in a row.
  func gradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {}

  /// Spreads a bias over the lanes.
  @inline(__always)
  final func start(
    _ y: UnsafeMutablePointer<Double>, _ bias: UnsafePointer<Double>?, _ lanes: Int
  ) {
    guard let bias else { return }
    for node in 0..<rows { ScalarKernels.fill(bias[node], y + node * width, count: lanes) }
  }
}

/// The block that fits a connection: diagonal, a list of entries where few exist, a matrix otherwise.
func makeWeightBlock(
  _ connection: Connection, to group: GroupID, network: Network, layout: Layout
) throws -> WeightBlock {
  let purpose = "connection \(network.arrays[connection.array].name)"
  switch connection.form {
  case .dense:
    return try DenseBlock(
      connection, to: group, slotOfEntry: [], network: network, layout: layout, purpose)
  case .diagonal:
    return try DiagonalBlock(connection, to: group, network: network, layout: layout, purpose)
  case .sparse, .shared:
    let columns = network.size(of: connection.source.group)
    let count = network.size(of: group) * columns
    var present = 0
    network.forEachLink(of: connection, to: group) { _ in present += 1 }
    // A list of entries is slower than a matrix by entry, more so with one lane, where a matrix is vectorised.
    if present * (layout.lanes == 1 ? 6 : 2) < count {
      return try IndexedBlock(
        connection, to: group, count: present, network: network, layout: layout, purpose)
    }
    try MemoryBudget.bytes(doubles: [count], for: purpose)
    var slotOfEntry = [Int](repeating: -1, count: count)
    network.forEachLink(of: connection, to: group) {
      slotOfEntry[$0.node * columns + $0.source] = $0.slot
    }
    return try DenseBlock(
      connection, to: group, slotOfEntry: slotOfEntry, network: network, layout: layout, purpose)
  }
}
