import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// rho = -sum_n o_n log x_n of observed softmax groups x = softmax(z / temperature). Its slopes are taken by z, where they
/// are (x sum kappa o - kappa o) / temperature: nothing overflows. o need not sum to 1.
package enum CrossEntropy: Likelihood {
  package static var names: [String] { ["cross-entropy"] }
  package static var domain: String { "0 or more" }

  package static func allows(_ o: Double) -> Bool { o >= 0 }

  /// The groups that softmax reads, where its slopes are, and its own, all nodes of them.
  package static func driven(_ network: Network) throws -> [Observed] {
    try network.softmaxOutputs.flatMap { item in
      [item.output.group, item.source].map { Observed(group: $0, count: network.size(of: $0)) }
    }
  }

  package static func makeTerm(_ context: TermContext) throws -> any DataTerm {
    try CrossEntropyTerm(try requireTargets(context), context)
  }
}

extension Network {
  /// The observed softmax groups, and what they read.
  /// - Throws: `.network` for an output of another kind.
  fileprivate var softmaxOutputs: [(output: Observed, source: GroupID, temperature: Double)] {
    get throws {
      try outputs.map { item in
        let group = groups[item.group]
        guard case .softmax(let softmax) = group.body, softmax.source.lag == 0,
          softmax.source.group != Network.input
        else {
          throw BacktuneError.network(
            "criterion cross-entropy: output group \(group.name) is no softmax of another group at lag 0"
          )
        }
        return (item, softmax.source.group, softmax.temperature)
      }
    }
  }
}

private final class CrossEntropyTerm: DataTerm, LocalTerm {
  private typealias Values = UnsafeMutablePointer<Double>

  private let targets: Targets
  private let runner: ShardRunner
  private let parts: [Part]

  /// An observed softmax group x = softmax(z / temperature): its size, the observed nodes, their first output.
  private struct Part {
    let x: GroupID
    let z: GroupID
    let size: Int
    let observed: Int
    let column: Int
    let inverseTemperature: Double
  }

  /// A distribution at one time of one sequence: places of x and z, the sum of kappa o, and kappa o of the observed nodes.
  private struct Step {
    let part: Part
    let x: Int
    let z: Int
    let width: Int
    let total: Double
    let goals: UnsafePointer<Double>
  }

  init(_ targets: Targets, _ context: TermContext) throws {
    (self.targets, runner) = (targets, context.runner)
    var column = 0
    parts = try context.network.softmaxOutputs.map { item in
      defer { column += item.output.count }
      return Part(
        x: item.output.group, z: item.source, size: context.network.size(of: item.output.group),
        observed: item.output.count, column: column, inverseTemperature: 1 / item.temperature)
    }
  }

  var divisor: Double { targets.sequences.gainSum }

  func value(_ states: Driven) -> Double {
    runner.reduction.sum { [self] shard in
      var sum = 0.0
      let values = states.parts[shard].origin
      forEachDistribution(shard) { step in
        let (part, z) = (step.part, values + step.z)
        let (largest, log) = Self.logSum(z, part, step.width)
        for n in 0..<part.observed where step.goals[n] > 0 {
          sum += step.goals[n] * (log - (z[n * step.width] - largest) * part.inverseTemperature)
        }
      }
      return sum
    }
  }

  func addSlopes(_ states: Driven, into slopes: Driven) {
    runner.add(self.slopes(at: states), at: states, into: slopes)
  }

  func slopes(at states: Driven) -> ShardDerivative {
    { [self] shard, values, slopes in
      forEachDistribution(shard) { step in
        let x = values.origin + step.x
        let slope = slopes.origin + step.z
        for n in 0..<step.part.size {
          let goal = n < step.part.observed ? step.goals[n] : 0
          slope[n * step.width] +=
            (x[n * step.width] * step.total - goal) * step.part.inverseTemperature
        }
      }
    }
  }

  func addCurvatures(_ states: Driven, into curvatures: Driven) {
    runner.add(self.curvatures(at: states), at: states, into: curvatures)
  }

  /// The diagonal of the second derivative by z, twice: that bounds the whole of it.
  func curvatures(at states: Driven) -> ShardDerivative {
    { [self] shard, values, curvatures in
      forEachDistribution(shard) { step in
        let x = values.origin + step.x
        let curvature = curvatures.origin + step.z
        let scale = 2 * step.total * step.part.inverseTemperature * step.part.inverseTemperature
        for n in 0..<step.part.size {
          // Above 0 also where x is 0 or 1 to rounding.
          curvature[n * step.width] +=
            scale * max(x[n * step.width] * (1 - x[n * step.width]), 1e-12)
        }
      }
    }
  }

  /// The mean of kappa o x (1 - x) / temperature^2; outputs that are nearly certain count as at 0.05.
  func curvature(_ states: Driven) -> Double? {
    func sum(_ value: @escaping (Step, Values) -> Double) -> Double {
      runner.reduction.sum { [self] shard in
        var sum = 0.0
        let values = states.parts[shard].origin
        forEachDistribution(shard) { sum += value($0, values + $0.x) }
        return sum
      }
    }
    let count = sum { step, _ in Double(step.part.size) }
    if count == 0 { return 1 }
    return sum { step, x in
      let scale = step.total * step.part.inverseTemperature * step.part.inverseTemperature
      return (0..<step.part.size).reduce(0) {
        $0 + scale * max(x[$1 * step.width] * (1 - x[$1 * step.width]), 0.05)
      }
    } / count
  }

  func imposition(on states: Driven, poll: Poll) -> Imposition? {
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

  /// Calls `body` for every group, step and sequence of a shard where something is desired.
  private func forEachDistribution(_ shard: Int, _ body: (Step) -> Void) {
    let (layout, batch) = (runner.layout(shard), runner.shards.all[shard].batch)
    var goals = [Double](repeating: 0, count: parts.map(\.observed).max() ?? 0)
    goals.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for t in 0..<batch.steps {
        for part in parts {
          for lane in 0..<batch.active[t] {
            var total = 0.0
            for n in 0..<part.observed {
              base[n] = targets.goal(shard, t, part.column + n, lane)
              total += base[n]
            }
            if total <= 0 { continue }
            let row = t * layout.rowSize + lane
            body(
              Step(
                part: part, x: row + layout.place(of: part.x), z: row + layout.place(of: part.z),
                width: layout.lanes, total: total, goals: base))
          }
        }
      }
    }
  }
}
