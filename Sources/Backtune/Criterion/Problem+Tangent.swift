import BacktuneSimulation

extension Problem {
  /// dx/dW d of every state along a direction d, one value a slot; weights must be loaded.
  ///
  /// - Parameter tangents: what `makeAdjoint` made, written by nothing else.
  package func tangent(
    _ states: Trajectory, along direction: [Double], into tangents: Trajectory,
    poll: () throws -> Void = {}
  ) throws {
    try plan.loadDirection(direction)
    start(tangents, direction)
    try plan.tangent(states, into: tangents, batch, poll: poll)
  }
}
