import BacktuneNumerics

/// Between the values of all nodes, and those that a cost depends on.
extension ShardRunner {
  /// Takes the driven values of states that were written.
  package func gather(_ states: States) {
    reduction.each { [self] in
      gather(states.parts[$0], $0, into: states.driven.parts[$0])
    }
  }

  /// Writes driven values into the states.
  package func scatter(_ states: States) {
    reduction.each { [self] part in
      let (all, own) = (states.parts[part], states.driven.parts[part])
      forEachRun(part) { (all.origin + $0).update(from: own.origin + $1, count: $2) }
    }
  }

  func gather(_ all: Trajectory, _ part: Int, into own: Trajectory) {
    forEachRun(part) { (own.origin + $1).update(from: all.origin + $0, count: $2) }
  }

  /// Calls `body(place among all, place among the driven ones, count)` for what stands together in both.
  @inline(__always)
  private func forEachRun(_ part: Int, _ body: (Int, Int, Int) -> Void) {
    let (runs, all, own) = (drives[part].runs, drives[part].rowSize, drives[part].slopeSize)
    for t in 0..<shards.all[part].batch.steps {
      for run in runs { body(t * all + run.place, t * own + run.slope, run.count) }
    }
  }

  /// Calls `body(part, place)` for every driven value of sequences that run.
  @inline(__always)
  package func forEachValue(_ part: Int, _ body: (Int) -> Void) {
    layout(part).forEachValue(of: driven, shards.all[part].batch, body)
  }
}
