import BacktuneCriterion
import BacktuneNetwork

/// Draws of weights in the units of the data (2.13 e of the design).
extension Problem {
  /// Slots with the weights of `Network.randomize`, which knows no data: taken as V, the outputs about their means. Weights
  /// with a range of their own, and fixed ones, are as they were drawn or set.
  func drawnSlots(seed: UInt64) -> [Double] {
    var drawn = network
    drawn.randomize(seed: seed)
    var result = slots(for: drawn.slots.values)
    let (given, values) = (network.slots, drawn.slots.values)
    var isFree = [Bool](repeating: false, count: values.count)
    for array in network.arrays where array.draw == .normal {
      for slot in array.slots where !given.isFixed[slot] {
        isFree[slot] = !(given.lower[slot].isFinite && given.upper[slot].isFinite)
      }
    }
    for slot in values.indices where isFree[slot] {
      result[slot] = min(max(values[slot], slots.lower[slot]), slots.upper[slot])
    }
    addMeans(&result, isFree)
    // What is centred starts from its mean.
    for (group, body) in network.groups.enumerated() {
      guard let initial = body.initialState else { continue }
      for (k, slot) in network.arrays[initial.array].slots.enumerated()
      where scales.mean(group, k % body.size) != 0 && !given.isFixed[slot] { result[slot] = 0 }
    }
    return result
  }

  /// Adds to the biases of observed nodes what brings their values about the means of what is desired.
  private func addMeans(_ slots: inout [Double], _ isFree: [Bool]) {
    let moments = outputMoments
    guard !moments.isEmpty else { return }
    var means = [GroupID: [Double]]()
    var output = 0
    for item in network.outputs {
      let own = (0..<item.count).map {
        (moments[output + $0].mean - scales.outputMeans[output + $0]) / scales.outputs[output + $0]
      }
      output += item.count
      guard scales.isScaled(item.group) else { continue }
      means[item.group] =
        own + [Double](repeating: 0, count: network.size(of: item.group) - item.count)
    }
    for (group, goals) in means {
      guard case .learnware(let learnware) = network.groups[group].body,
        let bias = learnware.bias
      else { continue }
      // What comes back of the means by the group itself, or by others that are observed.
      var missing = goals
      for connection in learnware.connections where connection.source.group != Network.input {
        let source = connection.source.group
        guard let read = means[network.measuredSource(of: source)?.group ?? source]
        else { continue }
        network.forEachLink(of: connection, to: group) {
          missing[$0.node] -= slots[$0.slot] * read[$0.source]
        }
      }
      for (node, slot) in network.biasSlots(bias, size: goals.count).enumerated()
      where isFree[slot] && bias.index == nil {
        slots[slot] += missing[node]
      }
    }
  }
}
