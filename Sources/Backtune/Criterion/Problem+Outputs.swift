import BacktuneNetwork
import BacktuneSimulation

extension Problem {
  /// The outputs of a network of the same structure over the sequences, sum T x O, in the units of the data.
  ///
  /// - Parameter starts: the initial states of sequences, one flat state each; empty for those of the network.
  package func outputs(of network: Network, from starts: [Double]) throws -> [Double] {
    let copies = startCount > 0 ? sequences.lengths.count / startCount : 1
    let all = Array([[Double]](repeating: starts, count: copies).joined())
    return try network.simulate(
      lengths: sequences.lengths, inputs: sequences.inputs,
      initial: starts.isEmpty ? nil : all, wantsOutputs: true,
      measurements: try sequences.measurements(network, horizons: horizons)
    ).outputs
  }

  /// Of every sequence.
  private var horizons: [Double] { measurements?.horizons ?? [] }
}
