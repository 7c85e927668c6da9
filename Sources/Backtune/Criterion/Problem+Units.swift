import BacktuneNetwork

/// Between the weights W of a network and the slots V of a problem.
extension Problem {
  /// All slots for these weights of the network: initial states of sequences start from those given, or from rest.
  package func slots(for weights: [Double]) -> [Double] {
    scales.inner(weights) + slots.values[weights.count...]
  }

  /// The weights of the network, and the initial states of the sequences (empty unless each has its own).
  package func parts(of slots: [Double]) -> (weights: [Double], starts: [Double]) {
    let count = network.slots.values.count
    let starts = withOwnMeasured(scales.outerStates(Array(slots[count...]), network))
    let (given, own) = (network.slots, slots[..<count])
    // Where nothing moved, to the bit.
    if own == self.slots.values[..<count] { return (given.values, starts) }
    var weights = scales.outer(Array(own))
    for k in weights.indices {
      weights[k] =
        given.isFixed[k] ? given.values[k] : min(max(weights[k], given.lower[k]), given.upper[k])
    }
    return (weights, starts)
  }

  /// Where nothing was measured before t = 0, flat states hold there what groups are themselves.
  private func withOwnMeasured(_ starts: [Double]) -> [Double] {
    let (layout, size) = (network.stateLayout, network.stateSize)
    if startsMeasured || starts.isEmpty || !network.isMeasured { return starts }
    var result = starts
    for past in layout where past.isMeasured {
      // The first of a group is its own past, at least as deep.
      guard let own = layout.first(where: { $0.group == past.group }) else { continue }
      let count = past.depth * network.size(of: past.group)
      for first in stride(from: 0, to: starts.count, by: size) {
        for k in 0..<count { result[first + past.offset + k] = starts[first + own.offset + k] }
      }
    }
    return result
  }

  /// The derivative by the adjustable weights of the network of what has this derivative by the slots.
  package func weightGradient(_ gradient: [Double]) -> [Double] {
    let all = scales.outerGradient(Array(gradient[..<network.slots.values.count]))
    return network.slots.adjustable.map { all[$0] }
  }

  /// Deviation of the observed values about the mean of their output, in the units of the problem, gains not counted.
  package var outputDeviation: Double {
    ChannelMoments.deviation(of: outputMoments, units: scales.outputs)
  }
}

extension Scales {
  /// Slots with values and bounds as V.
  func inner(_ slots: WeightSlots) -> WeightSlots {
    var result = slots
    result.replace(
      values: inner(slots.values), lower: zip(slots.lower, factors).map { $0 / $1 },
      upper: zip(slots.upper, factors).map { $0 / $1 })
    return result
  }

  /// Flat states of sequences, as they are simulated.
  func innerStates(_ states: [Double], _ network: Network) -> [Double] {
    var result = states
    forEachState(network, states.count) { place, mean, scale in
      result[place] = (states[place] - mean) / scale
    }
    return result
  }

  /// Flat states of sequences, in the units of the data.
  func outerStates(_ states: [Double], _ network: Network) -> [Double] {
    var result = states
    forEachState(network, states.count) { place, mean, scale in
      result[place] = states[place] * scale + mean
    }
    return result
  }

  private func forEachState(
    _ network: Network, _ count: Int, _ body: (Int, _ mean: Double, _ scale: Double) -> Void
  ) {
    if isNone { return }
    var place = 0
    let layout = network.stateLayout
    while place < count {
      for past in layout {
        for _ in 0..<past.depth {
          for node in 0..<network.size(of: past.group) {
            let isInput = past.group == Network.input
            body(
              place, isInput ? means[node] : mean(past.group, node),
              isInput ? deviations[node] : scale(past.group, node))
            place += 1
          }
        }
      }
    }
  }
}
