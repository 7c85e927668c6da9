import BacktuneNumerics

/// Forward in time, along one direction of the weights.
extension Program {
  private struct Tangent: OperationUser {
    let frame: Frame
    let direction: Frame
    let scratch: UnsafeMutablePointer<Double>
    let states: UnsafePointer<Double>
    let row: UnsafeMutablePointer<Double>
    let lanes: Int

    @inline(__always)
    func run(_ operation: some Operation) {
      operation.storePartials(states, values: states, into: scratch, lanes: lanes)
      operation.tangent(
        frame, LanePartials(base: scratch, count: operation.span.count), row, lanes: lanes)
      operation.addDirection(direction, states, into: row, lanes: lanes)
    }
  }

  /// Derivative of every state along a direction of the weights, packed as they are; the rows before t = 0 hold that of
  /// the initial state, the input's nodes are 0.
  package func tangent(
    _ weights: PackedWeights, along direction: PackedWeights, _ workspace: Workspace,
    _ states: Trajectory, into tangents: Trajectory, _ batch: Batch, poll: Poll = .none
  ) throws {
    let (table, size) = (table, layout.rowSize)
    let frames = (Frame(weights: weights.values), Frame(weights: direction.values))
    try forEachStep(batch, poll) { t, lanes in
      let tangent = Tangent(
        frame: frames.0, direction: frames.1, scratch: workspace.values,
        states: states.origin + t * size, row: tangents.origin + t * size, lanes: lanes)
      for k in 0..<table.count { table[k].use(tangent) }
    }
  }
}
