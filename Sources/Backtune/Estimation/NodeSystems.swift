import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The linear problems of section 2.5: one for each learnware node, or for each set of nodes tied by shared weights.
///
struct NodeSystems {
  /// A source value phi: a node of a group (or input) at a lag, or the constant 1 of a bias.
  struct Phi: Hashable {
    let group: GroupID
    let node: Int
    let lag: Int

    static let constant = Phi(group: .min, node: 0, lag: 0)

    /// Where it stands from the row of its time, lane 0; nil for the constant.
    func shift(_ layout: Layout) -> Int? {
      self == .constant
        ? nil : layout.shift(to: Source(group, lag: lag)) + node * layout.lanes
    }
  }

  /// A node and its sources: phi of column d is the sum of its values.
  struct Member {
    let group: GroupID
    let node: Int
    /// (column, source) of the adjustable weights.
    let terms: [(column: Int, phi: Phi)]
    /// (slot, source) of the fixed weights: phi_0.
    let fixed: [(slot: Int, phi: Phi)]
  }

  /// The unknowns of one system, and its members (one, unless weights are shared).
  struct System {
    let slots: [Int]
    let members: [Member]
  }

  /// Systems whose nodes read the same sources: they share A, formed and factorised once.
  struct Class {
    let order: Int
    let systems: [System]
    /// Sources of the columns where every system has one member with one source a column; nil otherwise.
    let sources: [Phi]?
  }

  let classes: [Class]

  /// No second order for a node with more adjustable sources than this: its cost is cubic.
  static let largestOrder = 1024

  init(_ network: Network) {
    var nodes: [(GroupID, Int, [(slot: Int, phi: Phi)])] = []
    for (id, group) in network.groups.enumerated() {
      guard case .learnware(let learnware) = group.body else { continue }
      var entries = [[(slot: Int, phi: Phi)]](repeating: [], count: group.size)
      if let bias = learnware.bias {
        for (node, slot) in network.biasSlots(bias, size: group.size).enumerated() {
          entries[node].append((slot, .constant))
        }
      }
      for connection in learnware.connections {
        let source = connection.source
        network.forEachLink(of: connection, to: id) {
          entries[$0.node].append(
            ($0.slot, Phi(group: source.group, node: $0.source, lag: source.lag)))
        }
      }
      for (node, list) in entries.enumerated() { nodes.append((id, node, list)) }
    }
    classes = Self.classes(of: Self.systems(nodes, network.slots.isFixed))
  }

  /// Groups nodes that share an adjustable slot, directly or through others.
  private static func systems(
    _ nodes: [(group: GroupID, node: Int, entries: [(slot: Int, phi: Phi)])], _ isFixed: [Bool]
  ) -> [System] {
    var root = Array(nodes.indices)
    func find(_ k: Int) -> Int {
      var k = k
      while root[k] != k {
        root[k] = root[root[k]]
        k = root[k]
      }
      return k
    }
    var owner = [Int](repeating: -1, count: isFixed.count)
    for (k, node) in nodes.enumerated() {
      for entry in node.entries where !isFixed[entry.slot] {
        if owner[entry.slot] < 0 {
          owner[entry.slot] = k
        } else {
          let (a, b) = (find(owner[entry.slot]), find(k))
          root[max(a, b)] = min(a, b)
        }
      }
    }
    var members = [Int: [Int]]()
    for k in nodes.indices { members[find(k), default: []].append(k) }
    return members.keys.sorted().compactMap { key in
      var column = [Int: Int]()
      var slots: [Int] = []
      let list = (members[key] ?? []).map { k in
        let node = nodes[k]
        var terms: [(column: Int, phi: Phi)] = []
        for entry in node.entries where !isFixed[entry.slot] {
          let place = column[entry.slot] ?? slots.count
          if place == slots.count {
            column[entry.slot] = place
            slots.append(entry.slot)
          }
          terms.append((place, entry.phi))
        }
        let fixed = node.entries.filter { isFixed[$0.slot] }
        return Member(group: node.group, node: node.node, terms: terms, fixed: fixed)
      }
      return slots.isEmpty || slots.count > largestOrder
        ? nil : System(slots: slots, members: list)
    }
  }

  /// Joins the systems of one member whose columns read the same sources.
  private static func classes(of systems: [System]) -> [Class] {
    var place = [[Phi]: Int]()
    var classes: [(sources: [Phi]?, systems: [System])] = []
    for system in systems {
      let terms = system.members[0].terms
      let isPlain =
        system.members.count == 1
        && zip(terms.indices, terms).allSatisfy { $0 == $1.column }
      guard isPlain else {
        classes.append((nil, [system]))
        continue
      }
      let sources = terms.map(\.phi)
      if let index = place[sources] {
        classes[index].systems.append(system)
      } else {
        place[sources] = classes.count
        classes.append((sources, [system]))
      }
    }
    return classes.map {
      Class(order: $0.systems[0].slots.count, systems: $0.systems, sources: $0.sources)
    }
  }
}
