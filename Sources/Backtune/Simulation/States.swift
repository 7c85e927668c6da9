import BacktuneNetwork
import BacktuneNumerics

/// Values of the nodes that a cost depends on, [time][node][lane] of every shard.
package final class Driven {
  package let parts: [Trajectory]

  init(_ parts: [Trajectory]) { self.parts = parts }

  package func zero() { for part in parts { part.zero() } }

  package func copy(from other: Driven) {
    for (own, source) in zip(parts, other.parts) { own.copy(from: source) }
  }
}

/// States of a simulation: of all nodes, and of those that a cost depends on.
package final class States {
  package let parts: [Trajectory]
  package let driven: Driven

  init(_ parts: [Trajectory], _ driven: Driven) { (self.parts, self.driven) = (parts, driven) }

  package func copy(from other: States) {
    for (own, source) in zip(parts, other.parts) { own.copy(from: source) }
    driven.copy(from: other.driven)
  }
}
