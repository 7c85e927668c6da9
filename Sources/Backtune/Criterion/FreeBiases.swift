import BacktuneNetwork

/// The biases that make up for an offset of what their node reads: free, unbounded, of one node alone, and not regularised.
struct FreeBiases {
  private let network: Network
  private let uses: [Int]
  private let regularised: Set<Int>
  /// The bias of every node of every group of learnware that has some.
  private let slots: [GroupID: [Int]]

  /// - Parameter regularised: slots of weights that are regularised in their own units.
  init(_ network: Network, regularised: Set<Int>) {
    (self.network, self.regularised) = (network, regularised)
    uses = network.slotUses
    var slots: [GroupID: [Int]] = [:]
    for (id, group) in network.groups.enumerated() {
      guard case .learnware(let body) = group.body, let bias = body.bias else { continue }
      slots[id] = network.biasSlots(bias, size: group.size)
    }
    self.slots = slots
  }

  /// The slot of the bias of a node; nil without one that is free.
  subscript(group: GroupID, node: Int) -> Int? {
    guard let slot = slots[group]?[node], isPlain(slot), !network.slots.isFixed[slot] else {
      return nil
    }
    return slot
  }

  /// Whether a slot may have an origin of its own.
  func isPlain(_ slot: Int) -> Bool {
    uses[slot] == 1 && !regularised.contains(slot) && network.slots.lower[slot] == -.infinity
      && network.slots.upper[slot] == .infinity
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
