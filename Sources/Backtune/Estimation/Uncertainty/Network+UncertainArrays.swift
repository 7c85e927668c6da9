import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

extension Network {
  /// Simulates sequences, and tells how sure the outputs are.
  ///
  /// - Parameters:
  ///   - combinations: what an estimation left unsure of the weights, see ``Estimator/combinations(monitor:)``.
  ///   - lengths: T of each sequence, 0 or more.
  ///   - inputs: sum T x inputs, time first, finite.
  ///   - initial: sequences x ``stateSize`` values before t = 0, which are sure then; nil for zero, or what is learnt, which
  ///     is not.
  ///   - monitor: asked every few milliseconds whether to stop.
  /// - Returns: outputs and their standard deviations, sum T x ``outputCount`` values each; a deviation is infinite where
  ///   an output depends on what is undetermined, NaN where the noise of the data is not known.
  /// - Throws: as `simulate`; `.size` for combinations of another number of weights; `.interrupted` where the monitor
  ///   stops it.
  public func uncertainPrediction(
    _ combinations: WeightCombinations, lengths: [Int], inputs: [Double],
    initial: [Double]? = nil, monitor: Estimator.Monitor? = nil
  ) throws -> (outputs: [Double], deviations: [Double]) {
    try inputs.withUnsafeBufferPointer { inputs in
      try initial.withBuffer {
        try uncertainPrediction(
          lengths: lengths, inputs: inputs, initial: $0, combinations, monitor: monitor)
      }
    }
  }
}
