import BacktuneNetwork
import BacktuneNumerics

/// One group at work. Rows are pointers to time t of a trajectory; a source at lag l is read l rows before.
///
/// Adding a kind of operation: one file with its subclass (forward, adjoint, tangent, gradient side by side), and its
/// line in `Plan`.
package class Operation {
  /// The group computed.
  let group: GroupID
  /// Place of its first value in a row, and number of values (nodes, padding included, times lanes).
  let place: Int
  let count: Int
  /// Nodes, nodes with padding, and lanes.
  let size: Int
  let nodes: Int
  let width: Int

  init(_ group: GroupID, network: Network, layout: Layout) {
    self.group = group
    width = layout.lanes
    size = network.size(of: group)
    nodes = Layout.padded(size, lanes: layout.lanes)
    place = layout.offset(of: group) * layout.lanes
    count = nodes * layout.lanes
  }

  /// Takes the weights, one value a slot.
  func load(_ slots: UnsafePointer<Double>) {}

  /// x~(t) of the group, from the states of its sources, into `target`'s row.
  func forward(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// Adds beta^T eps, the pull of this group's adjoint values on its sources, to their rows of `sums`; `values` is the
  /// row into which `forward` wrote.
  func adjoint(
    _ states: UnsafePointer<Double>, values: UnsafePointer<Double>, _ eps: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// Takes a direction in which the weights move, one value a slot, for `tangent`.
  func loadDirection(_ slots: UnsafePointer<Double>) throws {}

  /// Derivative of the group along the direction of the weights and the tangents of its sources.
  func tangent(
    _ states: UnsafePointer<Double>, _ tangents: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// Values that `storePartials` writes, lanes apart.
  var partialCount: Int { 0 }

  /// Writes the derivatives that depend on the states, [value][lane]: what a `LinearPlan` needs of one time.
  func storePartials(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {}

  /// Adds sum_t eps(t) phi(t) to the gradient of each slot.
  func gradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {}

  /// Runs `body(offset, count)` over the values of the running lanes: all of them at once, or node by node.
  @inline(__always)
  final func runs(_ lanes: Int, _ body: (Int, Int) -> Void) {
    if lanes == width {
      body(0, count)
    } else {
      for node in 0..<nodes { body(node * width, lanes) }
    }
  }
}
