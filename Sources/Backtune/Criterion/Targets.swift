import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Desired outputs and gains in the lanes of a layout: [time][output][lane]. Observed values stand in a trajectory in the
/// units of the problem: times the scale of their output they are those of the desired ones.
package final class Targets {
  let observed: [Observed]
  let sequences: Sequences
  private let layout: Layout
  private let steps: Int
  private let columns: Int
  private let desired: Buffer
  private let gains: Buffer
  /// s of every value of a row of `desired`.
  private let scales: Buffer
  /// For each observed group: its place in a row, its number of observed values, and their place among the outputs.
  private let runs: [(place: Int, count: Int, column: Int)]

  /// - Parameter units: s of every output; nil for 1.
  package init(
    _ network: Network, _ sequences: Sequences, _ batch: Batch, _ layout: Layout,
    scales units: [Double]? = nil
  ) throws {
    self.sequences = sequences
    self.layout = layout
    observed = network.outputs
    steps = batch.steps
    let outputs = sequences.outputCount
    columns = outputs * layout.lanes
    let dimensions = [batch.steps, outputs, layout.lanes]
    desired = try Buffer(dimensions: dimensions, for: "desired outputs")
    gains = try Buffer(dimensions: dimensions, for: "gains")
    scales = try Buffer(count: columns, for: "scales of the outputs")
    for column in 0..<columns { scales.pointer[column] = units?[column / layout.lanes] ?? 1 }
    for (sequence, first) in batch.starts.enumerated() {
      let lane = batch.lane[sequence]
      for t in 0..<batch.lengths[sequence] {
        for k in 0..<outputs {
          let (from, to) = ((first + t) * outputs + k, t * columns + k * layout.lanes + lane)
          desired.pointer[to] = sequences.desired[from]
          gains.pointer[to] = sequences.gains[from]
        }
      }
    }
    var column = 0
    runs = network.outputs.map { item in
      defer { column += item.count * layout.lanes }
      return (layout.offset(of: item.group) * layout.lanes, item.count * layout.lanes, column)
    }
  }

  /// Calls `body(place in a trajectory, desired value, gain, scale)` for every observed value.
  @inline(__always)
  func forEachObserved(_ body: (Int, Double, Double, Double) -> Void) {
    let (desired, gains, size) = (desired.pointer, gains.pointer, layout.rowSize)
    let scales = scales.pointer
    for t in 0..<steps {
      for run in runs {
        let (place, target) = (t * size + run.place, t * columns + run.column)
        for k in 0..<run.count where gains[target + k] > 0 {
          body(place + k, desired[target + k], gains[target + k], scales[run.column + k])
        }
      }
    }
  }

  /// kappa o of an output, 0 where it is not observed.
  func goal(_ t: Int, _ output: Int, _ lane: Int) -> Double {
    let place = t * columns + output * layout.lanes + lane
    return gains.pointer[place] * desired.pointer[place]
  }

  /// sum kappa e^2.
  package func squares(_ states: Trajectory) -> Double {
    let x = states.origin
    var sum = 0.0
    forEachObserved { place, o, gain, scale in
      let e = scale * x[place] - o
      sum += gain * e * e
    }
    return sum
  }

  /// sum kappa e^2 of every output.
  func outputSquares(_ states: Trajectory) -> [Double] {
    let (x, size, lanes) = (states.origin, layout.rowSize, layout.lanes)
    var sums = [Double](repeating: 0, count: columns / lanes)
    for t in 0..<steps {
      for run in runs {
        for k in 0..<run.count {
          let column = run.column + k
          let gain = gains.pointer[t * columns + column]
          if gain == 0 { continue }
          let e =
            scales.pointer[column] * x[t * size + run.place + k]
            - desired.pointer[t * columns + column]
          sums[column / lanes] += gain * e * e
        }
      }
    }
    return sums
  }

  /// Imposes the observed values on a trajectory.
  package func impose(on states: Trajectory) {
    let x = states.origin
    forEachObserved { place, o, _, scale in x[place] = o / scale }
  }
}
