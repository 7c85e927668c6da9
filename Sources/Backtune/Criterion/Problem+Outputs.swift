import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

extension Problem {
  /// - Throws: `.argument` for sequences that are read when they are wanted.
  package func checkInMemory(_ what: String) throws {
    guard runner.isLoading else { return }
    throw BacktuneError.argument(
      "\(what): sequences are read when they are wanted, expected sequences in memory")
  }

  /// The outputs of a network of the same structure over the sequences, sum T x O, in the units of the data.
  ///
  /// - Parameter starts: the initial states of sequences, one flat state each; empty for those of the network.
  package func outputs(
    of network: Network, from starts: [Double], poll: Poll = .none
  ) throws -> [Double] {
    let copies = startCount > 0 ? sequences.lengths.count / startCount : 1
    let all = Array([[Double]](repeating: starts, count: copies).joined())
    return try network.simulate(
      lengths: sequences.lengths, inputs: sequences.inputs,
      initial: starts.isEmpty ? nil : all, wantsOutputs: true,
      measurements: try sequences.measurements(network, horizons: horizons), poll: poll
    ).outputs
  }

  /// NMSE of the free run alone, where several horizons are asked together: `all` is that of all of them.
  package func freeRunNMSE(
    of network: Network, from starts: [Double], all: Double, poll: Poll
  ) throws -> Double {
    let spread = sequences.spreads.reduce(0, +) / Double(horizonCount)
    if horizonCount == 1 || !(spread > 0) { return all }
    let outputs = try outputs(of: network, from: starts, poll: poll)
    var (squares, runs, first) = (0.0, 0.0, 0)
    for (length, horizon) in zip(sequences.lengths, horizons) {
      let part = first..<first + length * network.outputCount
      first = part.upperBound
      guard horizon == .infinity else { continue }
      runs += 1
      for k in part where sequences.gains[k] > 0 {
        let e = outputs[k] - sequences.desired[k]
        squares += sequences.gains[k] * e * e
      }
    }
    squares = processes.sum(squares)
    let each = Double(sequences.lengths.count / horizonCount)
    return runs > 0 ? squares / (spread * runs / each) : .nan
  }

  /// Of every sequence.
  private var horizons: [Double] { measurements?.horizons ?? [] }
}
