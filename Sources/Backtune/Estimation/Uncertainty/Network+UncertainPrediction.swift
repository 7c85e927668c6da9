import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

extension Network {
  /// Simulates sequences, and tells how sure the outputs are: the weights are the means of a distribution whose
  /// deviations are given.
  ///
  /// - Parameters: of sequences as of `simulate`; an initial state that is given is sure, one that is learnt is not.
  /// - Returns: outputs and their standard deviations, sum T x O values each; a deviation is infinite where an output
  ///   depends on what is undetermined, NaN where the noise of the data is not known.
  /// - Throws: as `simulate`; `.size` for combinations of another number of weights; `.interrupted` where the monitor,
  ///   which is polled, stops it.
  package func uncertainPrediction(
    lengths: [Int], inputs: UnsafeBufferPointer<Double>,
    initial: UnsafeBufferPointer<Double>? = nil, _ combinations: WeightCombinations,
    monitor: Estimator.Monitor? = nil
  ) throws -> (outputs: [Double], deviations: [Double]) {
    let adjustable = slots.adjustable
    guard combinations.weights == adjustable.count else {
      throw BacktuneError.size(
        "directions: of \(combinations.weights) weights, the network has \(adjustable.count)")
    }
    let poll = Poll.asking(monitor)
    let run = try SimulatedStates(
      self, lengths: lengths, inputs: inputs, initial: initial, poll: poll)
    let shards = run.runner.shards
    let outputs = try run.runner.outputs(run.states)
    let columns = Columns(
      shards.all[0].program, adjustable: adjustable, sequences: lengths.count,
      starts: initial != nil ? lengths.count : 0)
    let deviation = try PredictionDeviation(
      shards, run.states, columns, slots: slots.values, combinations, poll: poll)
    return (outputs, deviation.values)
  }
}
