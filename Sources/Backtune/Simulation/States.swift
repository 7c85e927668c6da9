import BacktuneNetwork
import BacktuneNumerics

/// Values of the nodes that a cost depends on, [time][node][lane] of every shard.
///
/// Where not all shards are in memory it has those of the ones that are, and what is to be written of others when they
/// come: definitions in place of values.
package final class Driven {
  private let all: [Trajectory]
  private let loaded: LoadedParts?
  private let count: Int
  private var version = 0
  private var fill: LoadedParts.Fill = { _, target, _ in target.zero() }

  init(_ all: [Trajectory]) { (self.all, loaded, count) = (all, nil, all.count) }

  init(_ loaded: LoadedParts, count: Int) { (all, self.loaded, self.count) = ([], loaded, count) }

  package var parts: TrajectoryParts {
    guard let loaded else { return TrajectoryParts(all) }
    return TrajectoryParts(count: count) { [version, fill] in
      loaded.trajectory($0, version: version, fill)
    }
  }

  /// Whether it has definitions.
  package var isDefined: Bool { loaded != nil }

  /// Says what is to be written of every shard.
  package func define(_ fill: @escaping LoadedParts.Fill) {
    guard let loaded else { return }
    (version, self.fill) = (loaded.loader.makeVersion(), fill)
  }

  package func zero() {
    define { _, target, _ in target.zero() }
    for part in all { part.zero() }
  }

  package func copy(from other: Driven) {
    if isDefined { define(other.fill) }
    for (own, source) in zip(all, other.all) { own.copy(from: source) }
  }
}

/// States of a simulation: of all nodes, and of those that a cost depends on.
///
/// Where not all shards are in memory, those of others are simulated anew when they come.
package final class States {
  private let all: [Trajectory]
  package let driven: Driven
  private let loaded: LoadedStates?
  private var simulation: LoadedSimulation?

  init(_ all: [Trajectory], _ driven: Driven) {
    (self.all, self.driven, loaded) = (all, driven, nil)
  }

  init(_ loaded: LoadedStates, _ driven: Driven) {
    (all, self.driven, self.loaded) = ([], driven, loaded)
  }

  package var parts: TrajectoryParts {
    guard let loaded else { return TrajectoryParts(all) }
    return TrajectoryParts(count: loaded.count) { [simulation] in
      loaded.states($0, of: simulation)
    }
  }

  package func copy(from other: States) {
    if loaded != nil { return define(other.simulation) }
    for (own, source) in zip(all, other.all) { own.copy(from: source) }
    driven.copy(from: other.driven)
  }

  /// Says what they are simulated by.
  func define(_ simulation: LoadedSimulation?) {
    self.simulation = simulation
    guard let loaded, let simulation else { return }
    driven.define { try loaded.gather(simulation, $0, into: $1, poll: $2) }
  }
}
