import BacktuneSimulation

/// A part of the cost that is a sum over driven values, which each have their own slopes: it can be taken shard by shard.
package protocol LocalTerm: AnyObject {
  /// What adds the derivatives by the driven values of a shard: `(part, values, slopes)`. What it takes of all states, such
  /// as a scale nu, is taken at once.
  func slopes(at states: Driven) -> ShardDerivative
  /// The same of the second derivatives of the quadratic that majorises it.
  func curvatures(at states: Driven) -> ShardDerivative
}

/// Adds derivatives by the driven values of a shard, which come first, to the ones that follow.
package typealias ShardDerivative = (_ part: Int, Trajectory, Trajectory) -> Void

extension ShardRunner {
  /// Adds derivatives shard by shard.
  func add(_ derivative: @escaping ShardDerivative, at states: Driven, into target: Driven) {
    reduction.each { derivative($0, states.parts[$0], target.parts[$0]) }
  }
}

extension Driven {
  /// Says that it is the sum of derivatives at states.
  func define(_ derivatives: [ShardDerivative], at states: Driven) {
    define { part, target, _ in
      // Simulated first: the place of what is written is not theirs.
      let values = states.parts[part]
      target.zero()
      for derivative in derivatives { derivative(part, values, target) }
    }
  }
}
