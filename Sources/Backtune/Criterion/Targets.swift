import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What a simulation scored.
package struct Score: Sendable {
  /// sum kappa rho, and sum kappa e^2.
  package let total: Double
  package let squares: Double

  package static let infinite = Score(total: .infinity, squares: .infinity)
  package var isFinite: Bool { total.isFinite && squares.isFinite }
}

/// Desired outputs and gains in the lanes of a layout: [time][output][lane].
package final class Targets {
  package let outputs: Int
  private let lanes: Int
  private let desired: Buffer
  private let gains: Buffer
  /// For each observed group: its place in a row, its number of observed values, and their place among the outputs.
  private let runs: [(place: Int, count: Int, column: Int)]

  package init(_ network: Network, _ sequences: Sequences, _ batch: Batch, _ layout: Layout) throws
  {
    outputs = sequences.outputCount
    lanes = layout.lanes
    let rowSize = outputs * lanes
    let dimensions = [batch.steps, outputs, lanes]
    desired = try Buffer(dimensions: dimensions, for: "desired outputs")
    gains = try Buffer(dimensions: dimensions, for: "gains")
    for (sequence, first) in batch.starts.enumerated() {
      let lane = batch.lane[sequence]
      for t in 0..<batch.lengths[sequence] {
        for k in 0..<outputs {
          let (from, to) = ((first + t) * outputs + k, t * rowSize + k * lanes + lane)
          desired.pointer[to] = sequences.desired[from]
          gains.pointer[to] = sequences.gains[from]
        }
      }
    }
    var column = 0
    runs = network.outputs.map { item in
      defer { column += item.count * layout.lanes }
      return (
        layout.offset(of: item.group) * layout.lanes, item.count * layout.lanes, column
      )
    }
  }

  /// Calls `body(place in the trajectory, desired value, gain, place among the slopes)` for every observed value.
  @inline(__always)
  private func forEachObserved(
    _ layout: Layout, _ steps: Int, _ body: (Int, Double, Double, Int) -> Void
  ) {
    let (desired, gains, rowSize) = (desired.pointer, gains.pointer, outputs * lanes)
    for t in 0..<steps {
      for run in runs {
        let (place, target) = (t * layout.rowSize + run.place, t * rowSize + run.column)
        for k in 0..<run.count where gains[target + k] > 0 {
          body(place + k, desired[target + k], gains[target + k], target + k)
        }
      }
    }
  }

  /// The cost of a simulation; infinite as soon as an observed value is not finite.
  package func score(_ states: Trajectory, _ criterion: some Criterion) -> Score {
    let x = states.origin
    var (total, squares) = (0.0, 0.0)
    forEachObserved(states.layout, states.steps) { place, o, gain, _ in
      total += gain * criterion.value(x[place], o)
      squares += gain * (x[place] - o) * (x[place] - o)
    }
    let score = Score(total: total, squares: squares)
    return score.isFinite ? score : .infinite
  }

  /// rho' of every output, 0 where not observed.
  /// - Returns: the mean of |rho'| over the values where it is not zero, 0 if there is none.
  package func slopes(
    _ states: Trajectory, _ criterion: some Criterion, into slopes: Buffer
  ) -> Double {
    slopes.zero()
    let x = states.origin
    var (sum, count) = (0.0, 0.0)
    forEachObserved(states.layout, states.steps) { place, o, gain, target in
      let slope = gain * criterion.slope(x[place], o)
      slopes.pointer[target] = slope
      if slope != 0 {
        sum += abs(slope)
        count += 1
      }
    }
    return count > 0 ? sum / count : 0
  }

  /// Imposes the observed values on a trajectory.
  package func impose(on states: Trajectory) {
    let x = states.origin
    forEachObserved(states.layout, states.steps) { place, o, _, _ in x[place] = o }
  }
}
