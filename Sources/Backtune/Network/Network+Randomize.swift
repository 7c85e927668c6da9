import BacktuneNumerics

extension Network {
  /// Draws every free weight anew: normal with deviation 0.5/sqrt(fan-in), where the fan-in of a node counts its
  /// sources over all connections, bias not counted (of a shared weight: the largest fan-in it serves); uniform in
  /// the range of its array where it has one (a leak: [0, 0.5]); uniform inside the bounds where both are finite;
  /// reflected into a one-sided bound. Each array has its own stream, named by it: the same seed gives the same
  /// bits, whatever other arrays there are.
  public mutating func randomize(seed: UInt64) {
    let fanIn = slotFanIn()
    for array in arrays {
      var stream = RandomStream(seed: seed, name: array.name)
      for slot in array.slots {
        let (lower, upper) = (slots.lower[slot], slots.upper[slot])
        var value: Double
        if case .uniform(let low, let high) = array.draw {
          value = stream.uniform(in: low, high)
        } else if lower.isFinite && upper.isFinite {
          value = stream.uniform(in: lower, upper)
        } else {
          value = stream.normal() * 0.5 / Double(max(fanIn[slot], 1)).squareRoot()
          if value < lower { value = 2 * lower - value }
          if value > upper { value = 2 * upper - value }
          // Reflected in a bound near the largest number.
          if !value.isFinite { value = lower.isFinite ? lower : upper }
        }
        // Drawn even where fixed, so that fixing one weight does not change the others.
        if !slots.isFixed[slot] { slots.values[slot] = min(max(value, lower), upper) }
      }
    }
  }

  /// For each slot, the number of sources of the node it feeds.
  private func slotFanIn() -> [Int] {
    var result = [Int](repeating: 0, count: slots.values.count)
    for target in groups.indices {
      guard case .learnware(let learnware) = groups[target].body else { continue }
      let links = learnware.connections.map { self.links(of: $0, to: target) }
      var nodeFanIn = [Int](repeating: 0, count: groups[target].size)
      for link in links.joined() { nodeFanIn[link.node] += 1 }
      for link in links.joined() {
        result[link.slot] = max(result[link.slot], nodeFanIn[link.node])
      }
      if let bias = learnware.bias {
        for (node, slot) in biasSlots(bias, size: groups[target].size).enumerated() {
          result[slot] = max(result[slot], nodeFanIn[node])
        }
      }
    }
    return result
  }
}

/// One entry of a connection: the node it feeds, the source node it reads, and its weight slot in the network.
package struct Link: Equatable, Sendable {
  package let node: Int
  package let source: Int
  package let slot: Int
}

extension Network {
  /// The entries of a connection, row-major, the absent ones left out.
  package func links(of connection: Connection, to target: GroupID) -> [Link] {
    let rows = groups[target].size
    let columns = size(of: connection.source.group)
    let first = arrays[connection.array].slots.lowerBound
    switch connection.form {
    case .dense:
      return (0..<rows * columns).map {
        Link(node: $0 / columns, source: $0 % columns, slot: first + $0)
      }
    case .diagonal:
      return (0..<rows).map { Link(node: $0, source: $0, slot: first + $0) }
    case .sparse(let entries):
      return entries.enumerated().map {
        Link(node: $1 / columns, source: $1 % columns, slot: first + $0)
      }
    case .shared(let index):
      return index.enumerated().compactMap { entry, slot in
        slot < 0
          ? nil : Link(node: entry / columns, source: entry % columns, slot: first + slot)
      }
    }
  }

  /// Number of entries of all connections, and of biases.
  package var entryCount: Int {
    groups.reduce(0) { sum, group in
      guard case .learnware(let learnware) = group.body else { return sum }
      return learnware.connections.reduce(sum + group.size) {
        switch $1.form {
        case .dense: $0 + group.size * size(of: $1.source.group)
        case .diagonal: $0 + group.size
        case .sparse(let list), .shared(let list): $0 + list.count
        }
      }
    }
  }

  /// The slot of the bias of each node.
  package func biasSlots(_ bias: Bias, size: Int) -> [Int] {
    let first = arrays[bias.array].slots.lowerBound
    return (0..<size).map { first + (bias.index?[$0] ?? $0) }
  }
}
