import BacktuneNetwork

/// Which groups are computed together, and in which order.
///
/// Learnware groups that read the same sources (the gates of an lstm) are one operation: their matrices are one product,
/// and their nodes stand side by side in a row.
package struct Topology: Sendable {
  /// The groups of every operation, in the order of evaluation.
  package let runs: [[GroupID]]

  /// Entries of a joined matrix to those that exist: more would cost more than a second pass.
  private static let mostWaste = 1.25

  package init(_ network: Network) {
    var runs: [[GroupID]] = []
    /// Of each run of learnware: what it reads, and how many entries exist.
    var open: [(run: Int, sources: [Source], entries: Int)] = []
    for group in network.evaluationOrder {
      guard let sources = Self.denseSources(network.groups[group]) else {
        runs.append([group])
        continue
      }
      let size = network.groups[group].size
      let entries = size * Self.columns(sources, network)
      let place = open.firstIndex { item in
        // What stands before the first group of the run is known when it is computed, and so is the past.
        guard
          sources.allSatisfy({
            $0.lag > 0 || $0.group == Network.input || item.sources.contains($0)
          })
        else { return false }
        let rows = runs[item.run].reduce(size) { $0 + network.groups[$1].size }
        let joined = rows * Self.columns(Self.union(item.sources, sources), network)
        return Double(joined) <= Self.mostWaste * Double(item.entries + entries)
      }
      if let place {
        runs[open[place].run].append(group)
        open[place].sources = Self.union(open[place].sources, sources)
        open[place].entries += entries
      } else {
        open.append((runs.count, sources, entries))
        runs.append([group])
      }
    }
    self.runs = runs
  }

  /// What a learnware group reads by dense matrices; nil where it is not to be joined: for another kind, without
  /// matrices, with two for one source, and where something else reads the present.
  private static func denseSources(_ group: Group) -> [Source]? {
    guard case .learnware(let body) = group.body else { return nil }
    var sources: [Source] = []
    for connection in body.connections {
      switch connection.form {
      case .dense:
        if sources.contains(connection.source) { return nil }
        sources.append(connection.source)
      case .diagonal where connection.source.lag > 0: continue
      default: return nil
      }
    }
    return sources.isEmpty ? nil : sources
  }

  private static func union(_ a: [Source], _ b: [Source]) -> [Source] {
    a + b.filter { !a.contains($0) }
  }

  private static func columns(_ sources: [Source], _ network: Network) -> Int {
    sources.reduce(0) { $0 + network.size(of: $1.group) }
  }
}
