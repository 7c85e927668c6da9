import BacktuneNumerics

/// One entry of a connection: the node it feeds, the source node it reads, and its weight slot in the network.
package struct Link: Equatable, Sendable {
  package let node: Int
  package let source: Int
  package let slot: Int
}

/// The entries of connections, whatever their form.
extension Network {
  /// Calls `body` with the entries of a connection, row-major, the absent ones left out.
  package func forEachLink(
    of connection: Connection, to target: GroupID, _ body: (Link) -> Void
  ) {
    let rows = groups[target].size
    let columns = size(of: connection.source.group)
    let first = arrays[connection.array].slots.lowerBound
    func visit(_ entry: Int, _ slot: Int) {
      body(Link(node: entry / columns, source: entry % columns, slot: first + slot))
    }
    switch connection.form {
    case .dense: for entry in 0..<rows * columns { visit(entry, entry) }
    case .diagonal:
      for node in 0..<rows { body(Link(node: node, source: node, slot: first + node)) }
    case .sparse(let entries):
      for (slot, entry) in entries.enumerated() { visit(entry, slot) }
    case .shared(let entries, let slots):
      for (entry, slot) in zip(entries, slots) { visit(entry, slot) }
    }
  }

  /// Number of entries of a connection, the absent ones left out.
  package func entryCount(of connection: Connection, to target: GroupID) -> Int {
    switch connection.form {
    case .dense: groups[target].size * size(of: connection.source.group)
    case .diagonal: groups[target].size
    case .sparse(let list), .shared(let list, _): list.count
    }
  }

  /// Number of entries of all connections, and of biases.
  package var entryCount: Int {
    groups.indices.reduce(0) { sum, target in
      guard case .learnware(let learnware) = groups[target].body else { return sum }
      return learnware.connections.reduce(sum + groups[target].size) {
        $0 + entryCount(of: $1, to: target)
      }
    }
  }

  /// The slot of the bias of each node.
  package func biasSlots(_ bias: Bias, size: Int) -> [Int] {
    let first = arrays[bias.array].slots.lowerBound
    return (0..<size).map { first + (bias.index?[$0] ?? $0) }
  }
}
