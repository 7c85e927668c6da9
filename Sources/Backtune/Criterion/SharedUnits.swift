import BacktuneNetwork

/// A node of a group.
struct NodePlace: Hashable {
  let group: GroupID
  let node: Int
}

/// Channels and nodes whose units are tied by shared weights: W/V = s_i/s_j has to be the same for all entries of a
/// slot, so all targets of one share a scale, and all sources. Number 0 keeps its units.
struct SharedUnits {
  private var parents: [Int]
  private var scales: [Double]
  private let channels: Int
  private var places: [NodePlace: Int] = [:]
  /// Of the first entry of every slot, -1 without one.
  private var targets: [Int]
  private var sources: [Int]

  init(channels: [Double], slots: Int) {
    self.channels = channels.count
    targets = [Int](repeating: -1, count: slots)
    sources = targets
    parents = Array(0...channels.count)
    scales = [1] + channels
  }

  mutating func add(_ node: NodePlace, scale: Double) {
    places[node] = parents.count
    parents.append(parents.count)
    scales.append(scale)
  }

  /// A node in the units of another.
  mutating func add(_ node: NodePlace, as other: NodePlace) { places[node] = places[other] }

  mutating func keepInputs() { for k in 0..<channels { unite(0, k + 1) } }

  private func place(_ group: GroupID, _ node: Int) -> Int {
    group == Network.input ? node + 1 : places[NodePlace(group: group, node: node)] ?? 0
  }

  /// Unites what has to have one unit.
  mutating func join(_ network: Network) {
    for (target, group) in network.groups.enumerated() {
      if let initial = group.initialState {
        for (k, slot) in network.arrays[initial.array].slots.enumerated() {
          note(slot, place(target, k % group.size), 0)
        }
      }
      guard case .learnware(let learnware) = group.body else { continue }
      for connection in learnware.connections {
        network.forEachLink(of: connection, to: target) {
          note($0.slot, place(target, $0.node), place(connection.source.group, $0.source))
        }
      }
      if let bias = learnware.bias {
        for (node, slot) in network.biasSlots(bias, size: group.size).enumerated() {
          note(slot, place(target, node), 0)
        }
      }
    }
  }

  private mutating func note(_ slot: Int, _ target: Int, _ source: Int) {
    if targets[slot] < 0 {
      (targets[slot], sources[slot]) = (target, source)
    } else {
      unite(targets[slot], target)
      unite(sources[slot], source)
    }
  }

  private func root(_ k: Int) -> Int {
    var k = k
    while parents[k] != k { k = parents[k] }
    return k
  }

  private mutating func unite(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    if a != b { parents[max(a, b)] = min(a, b) }
  }

  /// The root mean square of what is united; 1 where that keeps its units.
  private func scale(_ k: Int) -> Double {
    let own = root(k)
    if own == 0 { return 1 }
    let members = parents.indices.filter { root($0) == own }
    if members.count == 1 { return scales[k] }
    let largest = members.reduce(0) { max($0, scales[$1]) }
    let sum = members.reduce(0.0) { $0 + (scales[$1] / largest) * (scales[$1] / largest) }
    return largest * (sum / Double(members.count)).squareRoot()
  }

  func scale(channel: Int) -> Double { scale(channel + 1) }

  var nodeScales: [NodePlace: Double] {
    places.mapValues { scale($0) }.filter { $0.value != 1 }
  }

  /// W/V of every slot.
  var factors: [Double] {
    let all = parents.indices.map { scale($0) }
    return targets.indices.map { targets[$0] < 0 ? 1 : all[targets[$0]] / all[sources[$0]] }
  }
}
