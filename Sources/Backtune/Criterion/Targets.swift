import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Desired outputs and gains in the lanes of the shards: [time][output][lane]. Observed values stand among the driven ones
/// in the units of the problem: times the scale of their output they are those of the desired ones, less its mean where that
/// is taken out.
package final class Targets {
  let sequences: Sequences
  let runner: ShardRunner
  private let parts: (Int) -> Part

  /// - Parameters:
  ///   - means: m of every output, which is taken out of the desired values; nil for 0.
  ///   - units: s of every output; nil for 1.
  package init(
    _ sequences: Sequences, _ runner: ShardRunner, means: [Double]? = nil,
    scales units: [Double]? = nil
  ) throws {
    (self.sequences, self.runner) = (sequences, runner)
    if runner.isLoading {
      let coming = try ComingTargets(runner, means: means, scales: units)
      parts = { coming.part($0) }
      return
    }
    let outputs = sequences.outputCount
    let all = try sequences.desired.withUnsafeBufferPointer { desired in
      try sequences.gains.withUnsafeBufferPointer { gains in
        try runner.shards.all.indices.map { number in
          let shard = runner.shards.all[number]
          let (steps, lanes) = (shard.batch.steps, shard.batch.lanes)
          let room = try Part.room(steps: steps, outputs: outputs, lanes: lanes)
          var part = Part(number, runner, room, scales: units)
          let wanted = shard.sequences.map { sequence -> Wanted in
            let first = runner.shards.starts[sequence] * outputs
            let values = first..<first + sequences.lengths[sequence] * outputs
            return (
              UnsafeBufferPointer(rebasing: desired[values]),
              UnsafeBufferPointer(rebasing: gains[values])
            )
          }
          part.write(wanted, shard.batch, means: means)
          try part.join(keepsOne: true)
          return part
        }
      }
    }
    parts = { all[$0] }
  }

  /// Calls `body(place among the driven values, desired value, gain, scale)` for every observed value of a shard.
  @inline(__always)
  func forEachObserved(_ shard: Int, _ body: (Int, Double, Double, Double) -> Void) {
    forEach(
      shard,
      vector: { place, o, gain, scale in
        for k in 0..<Vector.width where gain[k] > 0 { body(place + k, o[k], gain[k], scale[k]) }
      }, rest: body)
  }

  /// Calls `vector(place, desired values, gains, scales)` for vectors of values side by side, of which those with a gain
  /// above 0 are observed, and `rest` for observed ones beside them.
  @inline(__always)
  func forEach(
    _ shard: Int, vector: (Int, Vector, Vector, Vector) -> Void,
    rest: (Int, Double, Double, Double) -> Void
  ) {
    let part = parts(shard)
    let scales = UnsafePointer(part.scales.pointer)
    if part.isOneValue {
      return forEach(part, vector, rest)
    }
    for t in 0..<part.steps {
      for run in part.runs {
        let place = t * part.rowSize + run.place
        let desired = part.desired.pointer + t * part.columns + run.column
        let gains = part.gains.pointer + t * part.gainStep + run.column
        let own = scales + run.column
        var k = 0
        while k + Vector.width <= run.count {
          vector(place + k, Vector(at: desired + k), Vector(at: gains + k), Vector(at: own + k))
          k += Vector.width
        }
        while k < run.count {
          if gains[k] > 0 { rest(place + k, desired[k], gains[k], own[k]) }
          k += 1
        }
      }
    }
  }

  /// The same of one value a time: vectors of times.
  @inline(__always)
  private func forEach(
    _ part: Part, _ vector: (Int, Vector, Vector, Vector) -> Void,
    _ rest: (Int, Double, Double, Double) -> Void
  ) {
    let (desired, gains) = (part.desired.pointer, part.gains.pointer)
    let scale = part.scales.pointer[0]
    var t = 0
    while t + Vector.width <= part.steps {
      let gain = part.gainStep == 0 ? Vector(repeating: gains[0]) : Vector(at: gains + t)
      vector(t, Vector(at: desired + t), gain, Vector(repeating: scale))
      t += Vector.width
    }
    while t < part.steps {
      let gain = gains[t * part.gainStep]
      if gain > 0 { rest(t, desired[t], gain, scale) }
      t += 1
    }
  }

  /// kappa o of an output, 0 where it is not observed.
  func goal(_ shard: Int, _ t: Int, _ output: Int, _ lane: Int) -> Double {
    let part = parts(shard)
    let column = output * part.lanes + lane
    return part.gains.pointer[t * part.gainStep + column]
      * part.desired.pointer[t * part.columns + column]
  }

  /// sum kappa e^2.
  package func squares(_ states: Driven) -> Double {
    runner.reduction.sum { [self] shard in
      let x = states.parts[shard].origin
      var sum = 0.0
      forEachObserved(shard) { place, o, gain, scale in
        let e = scale * x[place] - o
        sum += gain * e * e
      }
      return sum
    }
  }

  /// sum kappa e^2 of every output.
  func outputSquares(_ states: Driven) -> [Double] {
    runner.reduction.sums(sequences.outputCount) { [self] shard, sums in
      let (part, x) = (parts(shard), states.parts[shard].origin)
      for t in 0..<part.steps {
        for run in part.runs {
          for k in 0..<run.count {
            let column = run.column + k
            let gain = part.gains.pointer[t * part.gainStep + column]
            if gain == 0 { continue }
            let e =
              part.scales.pointer[column] * x[t * part.rowSize + run.place + k]
              - part.desired.pointer[t * part.columns + column]
            sums[column / part.lanes] += gain * e * e
          }
        }
      }
    }
  }

  /// Imposes the observed values.
  package func impose(on states: Driven) {
    runner.reduction.each { [self] shard in
      let x = states.parts[shard].origin
      forEachObserved(shard) { place, o, _, scale in x[place] = o / scale }
    }
  }
}
