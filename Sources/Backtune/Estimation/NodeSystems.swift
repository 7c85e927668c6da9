import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The linear problems of section 2.5: one for each learnware node, or for each set of nodes tied by shared weights.
///
/// A source value phi is read in a row of a trajectory at a fixed distance from its time (the shift), so that a shift
/// names a source, its node and its lag at once.
struct NodeSystems {
  /// The source of a bias: the constant 1.
  static let constant = Int.min

  /// A node and its sources: phi of column d is the sum of the values at its shifts.
  struct Member {
    let group: GroupID
    let node: Int
    /// (column, shift) of the adjustable weights.
    let terms: [(column: Int, shift: Int)]
    /// (slot, shift) of the fixed weights: phi_0.
    let fixed: [(slot: Int, shift: Int)]
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
    /// Shifts of the columns where every system has one member with one source a column; nil otherwise.
    let shifts: [Int]?
  }

  let classes: [Class]

  /// No second order for a node with more adjustable sources than this: its cost is cubic.
  static let largestOrder = 1024

  init(_ network: Network, _ layout: Layout) {
    var nodes: [(GroupID, Int, [(slot: Int, shift: Int)])] = []
    for (id, group) in network.groups.enumerated() {
      guard case .learnware(let learnware) = group.body else { continue }
      var entries = [[(slot: Int, shift: Int)]](repeating: [], count: group.size)
      if let bias = learnware.bias {
        for (node, slot) in network.biasSlots(bias, size: group.size).enumerated() {
          entries[node].append((slot, Self.constant))
        }
      }
      for connection in learnware.connections {
        let source = connection.source
        let base = layout.offset(of: source.group) * layout.lanes - source.lag * layout.rowSize
        network.forEachLink(of: connection, to: id) {
          entries[$0.node].append(($0.slot, base + $0.source * layout.lanes))
        }
      }
      for (node, list) in entries.enumerated() { nodes.append((id, node, list)) }
    }
    classes = Self.classes(of: Self.systems(nodes, network.slots.isFixed))
  }

  /// Groups nodes that share an adjustable slot, directly or through others.
  private static func systems(
    _ nodes: [(group: GroupID, node: Int, entries: [(slot: Int, shift: Int)])], _ isFixed: [Bool]
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
        var terms: [(column: Int, shift: Int)] = []
        for entry in node.entries where !isFixed[entry.slot] {
          let place = column[entry.slot] ?? slots.count
          if place == slots.count {
            column[entry.slot] = place
            slots.append(entry.slot)
          }
          terms.append((place, entry.shift))
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
    var place = [[Int]: Int]()
    var classes: [(shifts: [Int]?, systems: [System])] = []
    for system in systems {
      let terms = system.members[0].terms
      let isPlain =
        system.members.count == 1
        && zip(terms.indices, terms).allSatisfy { $0 == $1.column }
      guard isPlain else {
        classes.append((nil, [system]))
        continue
      }
      let shifts = terms.map(\.shift)
      if let index = place[shifts] {
        classes[index].systems.append(system)
      } else {
        place[shifts] = classes.count
        classes.append((shifts, [system]))
      }
    }
    return classes.map {
      Class(order: $0.systems[0].slots.count, systems: $0.systems, shifts: $0.shifts)
    }
  }
}
