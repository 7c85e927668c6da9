import Backtune
import BacktuneNumerics

@testable import BacktuneCriterion
@testable import BacktuneEstimation
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Short ways to networks and data in tests.
enum Build {
  static func network(
    _ kind: String, size: Int, inputs: Int = 1, options: String = "", seed: UInt64 = 0
  ) throws -> Network {
    var network = try Network(inputs: inputs)
    try network.addUnit(kind, size: size, options: Array(options.utf8))
    network.randomize(seed: seed)
    return network
  }

  static func normal(_ count: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(seed: seed, name: "test inputs")
    return (0..<count).map { _ in stream.normal() }
  }

  static func sequences(
    _ network: Network, lengths: [Int], inputs: [Double], desired: [Double], gains: [Double]? = nil
  ) throws -> Sequences {
    try inputs.withUnsafeBufferPointer { i in
      try desired.withUnsafeBufferPointer { d in
        guard let gains else {
          return try Sequences(network, lengths: lengths, inputs: i, desired: d)
        }
        return try gains.withUnsafeBufferPointer { g in
          try Sequences(network, lengths: lengths, inputs: i, desired: d, gains: g)
        }
      }
    }
  }

  static func simulate(_ network: Network, lengths: [Int], inputs: [Double]) throws
    -> SimulationResult
  {
    try network.simulate(lengths: lengths, inputs: inputs, wantsStates: true)
  }

  /// A learner and what a root network of the same kind did with normal inputs.
  static func reverseEngineering(
    _ kind: String, size: Int, steps: Int, options: String = "", observed: Int = 1,
    seed: UInt64 = 0
  ) throws -> (learner: Network, sequences: Sequences, root: Network) {
    var root = try network(kind, size: size, options: options, seed: seed + 1000)
    var learner = try network(kind, size: size, options: options, seed: seed)
    let output = root.groups.count - 1
    try root.observe([Observed(group: output, count: observed)])
    try learner.observe([Observed(group: output, count: observed)])
    let inputs = normal(steps, seed: seed)
    let desired = try simulate(root, lengths: [steps], inputs: inputs).outputs
    return (
      learner, try sequences(learner, lengths: [steps], inputs: inputs, desired: desired), root
    )
  }
}
