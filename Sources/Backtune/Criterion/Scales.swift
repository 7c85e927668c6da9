import BacktuneNetwork

/// The units of the data, and the coordinates V without units in which an estimation moves the weights W (2.13 of the
/// design): inputs are read as (u - m)/s, observed linear groups as x/s, and with them
///
///     V_ij = W_ij s_j / s_i,   V_i = (a_i + sum_j m_j W_ij) / s_i
///
/// s_i and s_j being those of a connection's target and source, 1 for all other nodes. What runs in these coordinates does
/// not depend on the units. A node, or channel, keeps its own units where something else than adjustable linear
/// combinations reads it, and where weights that are shared could not follow.
package struct Scales: Sendable {
  /// m and s of every input channel: 0 where it is not centred, 1 where it keeps its units.
  package private(set) var means: [Double]
  package private(set) var deviations: [Double]
  /// s of every output.
  package private(set) var outputs: [Double]
  /// Channels that keep their units, or their mean, and the group for whose sake.
  package private(set) var uncentred: [(channel: Int, group: GroupID)] = []
  /// W/V of every slot, where means are left out.
  package private(set) var factors: [Double]
  /// The weights that the mean of an input channel comes through, with the bias that makes up for it.
  private var shifts: [Shift] = []
  /// Observed groups that may be scaled.
  private var scaled: Set<GroupID> = []
  /// s of every node that is scaled.
  private var nodes: [NodePlace: Double] = [:]

  private struct Shift {
    let bias: Int
    let slot: Int
    let mean: Double
  }

  /// As the data are.
  package init(none network: Network) {
    means = [Double](repeating: 0, count: network.inputs)
    deviations = [Double](repeating: 1, count: network.inputs)
    outputs = [Double](repeating: 1, count: network.outputCount)
    factors = [Double](repeating: 1, count: network.slots.values.count)
  }

  /// What is to be taken into account besides the network.
  struct Constraints {
    /// Whether the criterion compares values of observed groups that may be scaled.
    var scalesOutputs = true
    /// Groups whose activity is regularised.
    var activities: Set<GroupID> = []
    /// Slots of regularised weights.
    var regularised: Set<Int> = []
  }

  /// - Parameters:
  ///   - inputs, outputs: moments of every channel.
  init(
    _ network: Network, inputs: [ChannelMoments], outputs moments: [ChannelMoments],
    _ constraints: Constraints
  ) {
    self.init(none: network)
    var units = SharedUnits(channels: inputs.map(\.scale), slots: network.slots.values.count)
    var readElsewhere = Set(
      network.groups.flatMap { group -> [GroupID] in
        switch group.body {
        case .learnware, .measured: return []
        case .firmware, .softmax: return group.body.sources.map(\.group)
        }
      })
    // What is measured has the units of what it is measured of.
    for (id, group) in network.groups.enumerated() {
      guard case .measured(let body) = group.body else { continue }
      let isObserved =
        network.outputs.contains { $0.group == id } || constraints.activities.contains(id)
      if readElsewhere.contains(id) || isObserved { readElsewhere.insert(body.source.group) }
    }
    if readElsewhere.contains(Network.input) { units.keepInputs() }
    var output = 0
    for item in network.outputs {
      let isScaled: Bool
      if case .learnware = network.groups[item.group].body {
        isScaled =
          constraints.scalesOutputs && !readElsewhere.contains(item.group)
          && !constraints.activities.contains(item.group)
      } else {
        isScaled = false
      }
      if isScaled { scaled.insert(item.group) }
      for node in 0..<item.count {
        if isScaled, moments.indices.contains(output) {
          units.add(NodePlace(group: item.group, node: node), scale: moments[output].scale)
        }
        output += 1
      }
    }
    for (id, group) in network.groups.enumerated() {
      guard let source = network.measuredSource(of: id)?.group else { continue }
      for node in 0..<group.size {
        units.add(
          NodePlace(group: id, node: node), as: NodePlace(group: source, node: node))
      }
    }
    units.join(network)
    deviations = inputs.indices.map { units.scale(channel: $0) }
    nodes = units.nodeScales
    self.outputs = network.outputs.flatMap { item in
      (0..<item.count).map { nodes[NodePlace(group: item.group, node: $0)] ?? 1 }
    }
    factors = units.factors
    if readElsewhere.contains(Network.input) { return }
    centre(network, inputs, constraints.regularised)
  }

  /// Takes the means of channels out wherever free biases make up for them.
  private mutating func centre(
    _ network: Network, _ inputs: [ChannelMoments], _ regularised: Set<Int>
  ) {
    let uses = network.slotUses
    var found: [[Shift]] = inputs.map { _ in [] }
    var isCentred = inputs.map { $0.deviation > 0 && $0.mean != 0 }
    for (target, group) in network.groups.enumerated() {
      guard case .learnware(let learnware) = group.body else { continue }
      let biases = learnware.bias.map { network.biasSlots($0, size: group.size) }
      for connection in learnware.connections where connection.source.group == Network.input {
        network.forEachLink(of: connection, to: target) { link in
          guard isCentred[link.source] else { return }
          guard let bias = biases?[link.node], uses[bias] == 1, !regularised.contains(bias),
            network.slots.isFreeAndUnbounded(bias)
          else {
            isCentred[link.source] = false
            uncentred.append((link.source, target))
            return
          }
          found[link.source].append(
            Shift(bias: bias, slot: link.slot, mean: inputs[link.source].mean))
        }
      }
    }
    for channel in inputs.indices where isCentred[channel] {
      means[channel] = inputs[channel].mean
      shifts += found[channel]
    }
  }

  /// V of weights W, one value a slot.
  package func inner(_ weights: [Double]) -> [Double] {
    var result = weights
    for shift in shifts { result[shift.bias] += shift.mean * weights[shift.slot] }
    for k in result.indices { result[k] /= factors[k] }
    return result
  }

  /// W of V.
  package func outer(_ inner: [Double]) -> [Double] {
    var result = inner
    for k in result.indices { result[k] *= factors[k] }
    for shift in shifts { result[shift.bias] -= shift.mean * result[shift.slot] }
    return result
  }

  /// The derivative by W of what has this derivative by V.
  package func outerGradient(_ inner: [Double]) -> [Double] {
    var result = inner
    for k in result.indices { result[k] /= factors[k] }
    // Biases are in no other bias: their own derivatives are complete.
    for shift in shifts { result[shift.slot] += shift.mean * result[shift.bias] }
    return result
  }

  /// Whether observed nodes of a group are taken in units of what is desired of them.
  package func isScaled(_ group: GroupID) -> Bool { scaled.contains(group) }

  /// s of a node of a group that is no input.
  package func scale(_ group: GroupID, _ node: Int) -> Double {
    nodes.isEmpty ? 1 : nodes[NodePlace(group: group, node: node)] ?? 1
  }

  /// Whether weights and data are as they came.
  package var isNone: Bool {
    shifts.isEmpty && factors.allSatisfy { $0 == 1 } && deviations.allSatisfy { $0 == 1 }
      && outputs.allSatisfy { $0 == 1 }
  }
}

extension WeightSlots {
  fileprivate func isFreeAndUnbounded(_ slot: Int) -> Bool {
    !isFixed[slot] && lower[slot] == -.infinity && upper[slot] == .infinity
  }
}

extension Network {
  /// How many entries, biases and initial values read each slot.
  fileprivate var slotUses: [Int] {
    var uses = [Int](repeating: 0, count: slots.values.count)
    for (target, group) in groups.enumerated() {
      if let initial = group.initialState {
        for slot in arrays[initial.array].slots { uses[slot] += 1 }
      }
      guard case .learnware(let learnware) = group.body else { continue }
      for connection in learnware.connections {
        forEachLink(of: connection, to: target) { uses[$0.slot] += 1 }
      }
      if let bias = learnware.bias {
        for slot in biasSlots(bias, size: group.size) { uses[slot] += 1 }
      }
    }
    return uses
  }
}
