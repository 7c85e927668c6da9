import BacktuneNetwork

/// The units of the data, and the coordinates V without units in which an estimation moves the weights W (2.13 of the
/// design): inputs are read as (u - m)/s, observed linear groups as x/s, those that are fed back with what was measured as
/// (x - m)/s, and with them
///
///     V_ij = W_ij s_j / s_i,   V_i = (a_i + sum_j m_j W_ij - m_i) / s_i
///
/// s_i and s_j being those of a connection's target and source, 1 for all other nodes, m being 0 for them. What runs in these
/// coordinates does not depend on the units. A node, or channel, keeps its own units where something else than adjustable linear
/// combinations reads it, and where weights that are shared could not follow.
package struct Scales: Sendable {
  /// m and s of every input channel: 0 where it is not centred, 1 where it keeps its units.
  package private(set) var means: [Double]
  package private(set) var deviations: [Double]
  /// m and s of every output.
  package private(set) var outputMeans: [Double]
  package private(set) var outputs: [Double]
  /// Channels that keep their units, or their mean, and the group for whose sake.
  package private(set) var uncentred: [(channel: Int, group: GroupID)] = []
  /// Outputs that are measured and keep their mean, likewise.
  package private(set) var uncentredOutputs: [(output: Int, group: GroupID)] = []
  /// W/V of every slot, where means are left out.
  package private(set) var factors: [Double]
  /// The weights that the mean of an input channel comes through, with the bias that makes up for it.
  private var shifts: [Shift] = []
  /// Own biases and initial values of what is centred, with its mean.
  private var origins: [(slot: Int, mean: Double)] = []
  /// Observed groups that may be scaled.
  private var scaled: Set<GroupID> = []
  /// s of every node that is scaled.
  private var nodes: [NodePlace: Double] = [:]
  /// m of every node that is centred.
  private var nodeMeans: [NodePlace: Double] = [:]

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
    outputMeans = [Double](repeating: 0, count: network.outputCount)
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
    let biases = FreeBiases(network, regularised: constraints.regularised)
    centreOutputs(network, moments, biases)
    if readElsewhere.contains(Network.input) { return }
    centre(network, inputs, biases)
  }

  /// Takes the means of channels out wherever free biases make up for them.
  private mutating func centre(
    _ network: Network, _ inputs: [ChannelMoments], _ biases: FreeBiases
  ) {
    var found: [[Shift]] = inputs.map { _ in [] }
    var isCentred = inputs.map { $0.deviation > 0 && $0.mean != 0 }
    for (target, group) in network.groups.enumerated() {
      guard case .learnware(let learnware) = group.body else { continue }
      for connection in learnware.connections where connection.source.group == Network.input {
        network.forEachLink(of: connection, to: target) { link in
          guard isCentred[link.source] else { return }
          guard let bias = biases[target, link.node] else {
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

  /// Takes the means out of observed groups of which measurements are read, wherever they and all that reads them have
  /// free biases that make up for it: what is read has the offset of the data then, and the initial values too.
  private mutating func centreOutputs(
    _ network: Network, _ moments: [ChannelMoments], _ biases: FreeBiases
  ) {
    if moments.isEmpty || !network.isMeasured { return }
    var output = 0
    for item in network.outputs {
      let first = output
      output += item.count
      guard scaled.contains(item.group) else { continue }
      let members = network.groups.indices.filter {
        $0 == item.group || network.measuredSource(of: $0)?.group == item.group
      }
      if members.count == 1 { continue }
      var means = [Double](repeating: 0, count: network.size(of: item.group))
      for k in 0..<item.count where moments[first + k].deviation > 0 {
        means[k] = moments[first + k].mean
      }
      if means.allSatisfy({ $0 == 0 }) { continue }
      if let group = centre(network, item.group, members, means, biases) {
        uncentredOutputs += (first..<output).map { ($0, group) }
      } else {
        outputMeans.replaceSubrange(first..<output, with: means[..<item.count])
      }
    }
  }

  /// Takes the means out of a group and of what is measured of it.
  /// - Returns: a group that makes this impossible, nil where it was done.
  private mutating func centre(
    _ network: Network, _ group: GroupID, _ members: [GroupID], _ means: [Double],
    _ biases: FreeBiases
  ) -> GroupID? {
    var (shifts, origins) = ([Shift](), [(slot: Int, mean: Double)]())
    for node in means.indices where means[node] != 0 {
      guard let bias = biases[group, node] else { return group }
      origins.append((bias, means[node]))
    }
    for member in members {
      guard let initial = network.groups[member].initialState else { continue }
      for (k, slot) in network.arrays[initial.array].slots.enumerated() {
        let mean = means[k % means.count]
        if mean == 0 { continue }
        guard biases.isPlain(slot) else { return member }
        origins.append((slot, mean))
      }
    }
    for (target, reader) in network.groups.enumerated() {
      guard case .learnware(let learnware) = reader.body else { continue }
      for connection in learnware.connections where members.contains(connection.source.group) {
        var isPossible = true
        network.forEachLink(of: connection, to: target) { link in
          if means[link.source] == 0 { return }
          guard let bias = biases[target, link.node] else {
            isPossible = false
            return
          }
          shifts.append(Shift(bias: bias, slot: link.slot, mean: means[link.source]))
        }
        if !isPossible { return target }
      }
    }
    self.shifts += shifts
    self.origins += origins
    for member in members {
      for (node, mean) in means.enumerated() where mean != 0 {
        nodeMeans[NodePlace(group: member, node: node)] = mean
      }
    }
    return nil
  }

  /// V of weights W, one value a slot.
  package func inner(_ weights: [Double]) -> [Double] {
    var result = weights
    for shift in shifts { result[shift.bias] += shift.mean * weights[shift.slot] }
    for origin in origins { result[origin.slot] -= origin.mean }
    for k in result.indices { result[k] /= factors[k] }
    return result
  }

  /// W of V.
  package func outer(_ inner: [Double]) -> [Double] {
    var result = inner
    for k in result.indices { result[k] *= factors[k] }
    for shift in shifts { result[shift.bias] -= shift.mean * result[shift.slot] }
    for origin in origins { result[origin.slot] += origin.mean }
    // A network has finite weights, whatever its data.
    let most = Double.greatestFiniteMagnitude
    for k in result.indices { result[k] = min(max(result[k], -most), most) }
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

  /// m of a node of a group that is no input.
  package func mean(_ group: GroupID, _ node: Int) -> Double {
    nodeMeans.isEmpty ? 0 : nodeMeans[NodePlace(group: group, node: node)] ?? 0
  }

  /// Whether weights and data are as they came.
  package var isNone: Bool {
    shifts.isEmpty && origins.isEmpty && factors.allSatisfy { $0 == 1 }
      && deviations.allSatisfy { $0 == 1 } && outputs.allSatisfy { $0 == 1 }
  }
}
