import BacktuneNumerics

/// The order in which groups are computed at one time, and how far back each one is read.
extension Network {
  /// Groups in an order where every source at lag 0 stands before its reader; otherwise that of definition.
  package var evaluationOrder: [GroupID] {
    var order: [GroupID] = []
    var placed = [Bool](repeating: false, count: groups.count)
    var stack: [(group: GroupID, expanded: Bool)] = groups.indices.reversed().map { ($0, false) }
    while let (group, expanded) = stack.popLast() {
      if placed[group] { continue }
      if expanded {
        placed[group] = true
        order.append(group)
      } else {
        stack.append((group, true))
        for source in groups[group].body.sources.reversed()
        where source.lag == 0 && source.group >= 0 && !placed[source.group] {
          stack.append((source.group, false))
        }
      }
    }
    return order
  }

  /// A chain of lag-0 reads by which `target` is an ancestor of `start`: start reads ... reads target. Nil if none.
  func lagZeroPath(from target: GroupID, to start: GroupID) -> [GroupID]? {
    guard start >= 0 else { return nil }
    if start == target { return [start] }
    // Nobody reads it at lag 0: the usual case, as groups are mostly defined before they are read.
    guard readAtLagZero.contains(target) else { return nil }
    var previous = [GroupID: GroupID]()
    var stack = [start]
    var seen: Set<GroupID> = [start]
    while let group = stack.popLast() {
      if group == target {
        var chain = [group]
        while let reader = previous[chain[chain.count - 1]] { chain.append(reader) }
        return chain
      }
      for source in groups[group].body.sources
      where source.lag == 0 && source.group >= 0 && seen.insert(source.group).inserted {
        previous[source.group] = group
        stack.append(source.group)
      }
    }
    return nil
  }

  /// How many past values of a group, or of the input, are read: its largest lag (0 if none).
  package func depth(of group: GroupID) -> Int {
    groups.reduce(0) { depth, reader in
      reader.body.sources.reduce(depth) { $1.group == group ? max($0, $1.lag) : $0 }
    }
  }

  /// R, the largest lag of the network.
  public var range: Int {
    groups.reduce(0) { range, group in group.body.sources.reduce(range) { max($0, $1.lag) } }
  }

  /// Past values in a flat state, [depth][size], the most recent time first.
  package struct PastValues {
    package let group: GroupID
    package let depth: Int
    package let offset: Int
    /// Whether they are what was measured of the group, its own value where nothing was.
    package let isMeasured: Bool
  }

  /// Where past values stand in a flat state: first those of the input, then of the groups in the order of definition,
  /// then what was measured of groups.
  package var stateLayout: [PastValues] {
    var depths = [Int](repeating: 0, count: groups.count + 1)
    for source in groups.lazy.flatMap(\.body.sources) {
      depths[source.group + 1] = max(depths[source.group + 1], source.lag)
    }
    var offset = 0
    func past(_ group: GroupID, _ depth: Int, isMeasured: Bool) -> PastValues {
      defer { offset += depth * size(of: group) }
      return PastValues(group: group, depth: depth, offset: offset, isMeasured: isMeasured)
    }
    return ([Network.input] + Array(groups.indices)).map {
      past($0, depths[$0 + 1], isMeasured: false)
    } + measuredSources.map { past($0.group, $0.depth, isMeasured: true) }
  }

  /// Number of values of a flat state.
  public var stateSize: Int {
    memo.stateSize { stateLayout.reduce(0) { $0 + $1.depth * size(of: $1.group) } }
  }
}
