import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// How well a network predicts its sequences from what was measured, 2.12 of the design.
extension Problem {
  /// Errors of predictions some steps ahead, from many times of the sequences.
  package struct Ahead {
    /// Of each output, in deviations of what is observed of it, squared: the mean over all observed values.
    package let nmse: Double
    fileprivate let values: [(output: Int, value: Double)]
  }

  /// The groups whose own values measurements take the place of; those that stand for inputs are not among them.
  private var fedBack: Set<GroupID> {
    Set(
      network.groups.compactMap {
        guard case .measured(let body) = $0.body, !body.isInput else { return nil }
        return body.source.group
      })
  }

  /// Whether anything is known that the network could have been given in place of its own values.
  package var isFedBack: Bool {
    processes.any(
      fedBack.contains { measurements?.values[$0]?.contains { !$0.isNaN } == true })
  }

  /// The most steps ahead that sequences are predicted: half of the longest.
  package var longestAhead: Int { processes.max(sequences.lengths.max() ?? 0) / 2 }

  /// Predicts from about 16 T / k times, so that it costs some runs of the sequences whatever k is.
  ///
  /// - Parameters:
  ///   - starts: the initial states of sequences, one flat state each; empty for those of the network.
  ///   - steps: k, 1 or more.
  ///   - shift: what is added to, or taken from, all that was measured, in deviations.
  package func ahead(
    _ network: Network, from starts: [Double], steps: Int, shift: Double = 0, poll: Poll = .none
  ) throws -> Ahead {
    let lengths = Array(sequences.lengths.prefix(sequences.lengths.count / horizonCount))
    let total = lengths.reduce(0, +)
    let (m, o, every) = (network.inputs, network.outputCount, max(1, steps / 16))
    let (known, others) = shifted(total, by: shift)
    let outputs = try sequences.inputs.withUnsafeBufferPointer { inputs in
      try known.withUnsafeBufferPointer { known in
        try starts.withUnsafeBufferPointer { starts in
          try network.predict(
            lengths: lengths, inputs: UnsafeBufferPointer(rebasing: inputs[..<(total * m)]),
            measured: known, others: others, horizon: Double(steps), every: every,
            initial: starts.isEmpty ? nil : starts, poll: poll
          ).outputs
        }
      }
    }
    // What the first values are predicted from was not measured.
    let unknown = network.measuredSources.map(\.depth).max() ?? 1
    var (values, squares, count, first) = ([(output: Int, value: Double)](), 0.0, 0.0, 0)
    for length in lengths {
      var start = (unknown + every - 1) / every * every
      while start + steps <= length {
        let row = (first + start + steps - 1) * o
        for k in 0..<o where sequences.gains[row + k] > 0 && outputMoments[k].deviation > 0 {
          let deviation = outputMoments[k].deviation
          let error = (outputs[row + k] - known[row + k]) / deviation
          values.append((k, outputs[row + k] / deviation))
          (squares, count) = (squares + error * error, count + 1)
        }
        start += every
      }
      first += length
    }
    let sums = processes.sum([squares, count])
    try processes.check()
    (squares, count) = (sums[0], sums[1])
    let nmse = count > 0 ? squares / count : .nan
    return Ahead(nmse: nmse.isFinite || count == 0 ? nmse : .infinity, values: values)
  }

  /// The root of the mean square by which predictions differ, in deviations.
  package func distance(_ one: Ahead, _ other: Ahead) -> Double {
    let squares = zip(one.values, other.values).reduce(0) {
      $0 + ($1.0.value - $1.1.value) * ($1.0.value - $1.1.value)
    }
    let sums = processes.sum([squares, Double(one.values.count)])
    return (sums[0] / max(sums[1], 1)).squareRoot()
  }

  /// What was measured, with something added to, or taken from, all that the network could be fed back: signs that follow
  /// no pattern, so that whatever grows is moved.
  private func shifted(_ total: Int, by shift: Double) -> ([Double], [GroupID: [Double]]) {
    var known = Array(sequences.known.prefix(total * network.outputCount))
    var others = sequences.measured.mapValues { Array($0.prefix($0.count / horizonCount)) }
    guard shift != 0 else { return (known, others) }
    // By the number of a sequence, whoever has it.
    func move(
      _ values: inout [Double], _ columns: Range<Int>, of width: Int, _ scales: [Double]
    ) {
      var first = 0
      for (place, length) in sequences.lengths.prefix(sequences.lengths.count / horizonCount)
        .enumerated()
      {
        var signs = RandomStream(
          seed: 0, name: "shift, sequence \(sequences.number(of: place))")
        for t in first..<first + length {
          for k in columns {
            values[t * width + k] += signs.uniform() < 0.5 ? shift * scales[k] : -shift * scales[k]
          }
        }
        first += length
      }
    }
    for group in fedBack.sorted() {
      if var values = others[group] {
        let size = network.size(of: group)
        let moments = ChannelMoments.of(values.map { $0.isNaN ? 0 : $0 }, channels: size) {
          [values] in !values[$0].isNaN
        }
        let all = ChannelMoments.joined(moments, processes)
        move(&values, 0..<size, of: size, all.map(\.scale))
        others[group] = values
        continue
      }
      let before = network.outputs.prefix { $0.group != group }
      guard before.count < network.outputs.count else { continue }
      let place = before.reduce(0) { $0 + $1.count }
      move(
        &known, place..<place + network.outputs[before.count].count, of: network.outputCount,
        outputMoments.map(\.scale))
    }
    return (known, others)
  }
}
