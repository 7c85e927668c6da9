import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// rho = -sum_n o_n log x_n of observed softmax groups x = softmax(z / temperature). Its slopes are taken by z, where they
/// are (x sum kappa o - kappa o) / temperature: nothing overflows. o need not sum to 1.
package enum CrossEntropy: CriterionKind {
  package static var names: [String] { ["cross-entropy"] }

  package static func makeTerm(_ context: TermContext) throws -> any DataTerm {
    try CrossEntropyTerm(try context.requireTargets(), context)
  }
}

private final class CrossEntropyTerm: DataTerm {
  private let targets: Targets
  private let lanes: Int
  private let parts: [Part]
  private let rowSize: Int
  private let batch: Batch
  let driven: [Observed]

  /// An observed softmax group: places of x and z in a row, its size, the observed nodes, their first output.
  private struct Part {
    let x: Int
    let z: Int
    let size: Int
    let observed: Int
    let column: Int
    let inverseTemperature: Double
  }

  init(_ targets: Targets, _ context: TermContext) throws {
    self.targets = targets
    (lanes, rowSize, batch) = (context.layout.lanes, context.layout.rowSize, context.batch)
    var column = 0
    var (parts, driven): ([Part], [Observed]) = ([], [])
    for item in context.network.outputs {
      let group = context.network.groups[item.group]
      guard case .softmax(let softmax) = group.body, softmax.source.lag == 0,
        softmax.source.group != Network.input
      else {
        throw BacktuneError.network(
          "criterion cross-entropy: output group \(group.name) is no softmax of another group at lag 0"
        )
      }
      parts.append(
        Part(
          x: context.layout.offset(of: item.group) * lanes,
          z: context.layout.offset(of: softmax.source.group) * lanes, size: group.size,
          observed: item.count, column: column, inverseTemperature: 1 / softmax.temperature))
      driven.append(Observed(group: softmax.source.group, count: group.size))
      column += item.count
    }
    (self.parts, self.driven) = (parts, driven)
    guard !targets.sequences.desired.contains(where: { $0 < 0 }) else {
      throw BacktuneError.argument(
        "desired: a negative value came, the criterion cross-entropy expects 0 or more")
    }
  }

  var divisor: Double { targets.sequences.gainSum }

  func value(_ states: Trajectory) -> Double {
    var sum = 0.0
    forEachDistribution { part, row, lane, _, goals in
      let (largest, log) = Self.logSum(states.origin + row + part.z + lane, part, lanes)
      let z = states.origin + row + part.z + lane
      for n in 0..<part.observed where goals[n] > 0 {
        sum += goals[n] * (log - (z[n * lanes] - largest) * part.inverseTemperature)
      }
    }
    return sum
  }

  func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
    forEachDistribution { part, row, lane, total, goals in
      let x = states.origin + row + part.x + lane
      let slope = slopes.origin + row + part.z + lane
      for n in 0..<part.size {
        let goal = n < part.observed ? goals[n] : 0
        slope[n * lanes] += (x[n * lanes] * total - goal) * part.inverseTemperature
      }
    }
  }

  /// The diagonal of the second derivative by z, twice: that bounds the whole of it.
  func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {
    forEachDistribution { part, row, lane, total, _ in
      let x = states.origin + row + part.x + lane
      let curvature = curvatures.origin + row + part.z + lane
      let scale = 2 * total * part.inverseTemperature * part.inverseTemperature
      for n in 0..<part.size {
        // Above 0 also where x is 0 or 1 to rounding.
        curvature[n * lanes] += scale * max(x[n * lanes] * (1 - x[n * lanes]), 1e-12)
      }
    }
  }

  /// The mean of kappa o x (1 - x) / temperature^2; outputs that are nearly certain count as at 0.05.
  func curvature(_ states: Trajectory) -> Double? {
    var (sum, count) = (0.0, 0.0)
    forEachDistribution { part, row, lane, total, _ in
      let x = states.origin + row + part.x + lane
      let scale = total * part.inverseTemperature * part.inverseTemperature
      for n in 0..<part.size where total > 0 {
        sum += scale * max(x[n * lanes] * (1 - x[n * lanes]), 0.05)
        count += 1
      }
    }
    return count > 0 ? sum / count : 1
  }

  func imposition(on states: Trajectory, poll: () throws -> Void) -> Imposition? {
    targets.impose
  }

  /// log sum_m exp((z_m - largest) / temperature), and the largest.
  private static func logSum(
    _ z: UnsafePointer<Double>, _ part: Part, _ lanes: Int
  ) -> (largest: Double, log: Double) {
    var largest = z[0]
    for n in 1..<max(part.size, 1) { largest = max(largest, z[n * lanes]) }
    var sum = 0.0
    for n in 0..<part.size { sum += exp((z[n * lanes] - largest) * part.inverseTemperature) }
    return (largest, log(sum))
  }

  /// Calls `body(part, row, lane, sum kappa o, kappa o of the observed nodes)` for every group, step and sequence.
  private func forEachDistribution(
    _ body: (Part, Int, Int, Double, UnsafePointer<Double>) -> Void
  ) {
    var goals = [Double](repeating: 0, count: parts.map(\.observed).max() ?? 0)
    goals.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for t in 0..<batch.steps {
        for part in parts {
          for lane in 0..<batch.active[t] {
            var total = 0.0
            for n in 0..<part.observed {
              base[n] = targets.goal(t, part.column + n, lane)
              total += base[n]
            }
            if total > 0 { body(part, t * rowSize, lane, total, base) }
          }
        }
      }
    }
  }
}
