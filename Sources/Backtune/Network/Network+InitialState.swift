import BacktuneNumerics

/// Learnt initial states: values before t = 0 as weights, the same for all sequences.
extension Network {
  /// Makes x(-1) ... x(-depth) of a group the weight array `group.x0`, [depth][node] (a vector where depth is 1), which
  /// starts at 0 and is adjusted like any other.
  ///
  /// - Throws: `.argument` when the group has one already, or for a depth outside 1 to the largest lag that is accepted.
  public mutating func learnInitialState(
    of target: GroupID, depth: Int = 1, weight: String? = nil,
    options: WeightOptions = WeightOptions(
      lower: -.infinity, upper: .infinity, draw: .uniform(lower: 0, upper: 0))
  ) throws {
    let group = try group(target, as: "group")
    guard group.initialState == nil else {
      throw BacktuneError.argument("group \(group.name): its initial state is learnt already")
    }
    guard depth >= 1, depth <= Network.maximalLag else {
      throw BacktuneError.argument(
        "initial state of group \(group.name): depth is \(depth), expected 1 to \(Network.maximalLag)"
      )
    }
    let name = weight ?? "\(group.name).x0"
    try MemoryBudget.bytes(doubles: [depth, group.size], for: "initial state \(name)")
    let array = try array(
      name, shape: depth == 1 ? [group.size] : [depth, group.size], entries: nil, options)
    groups[target].initialState = InitialState(array: array, depth: depth)
    structureVersion += 1
  }

  /// Learns the initial state of every group of a unit that is read at a past time, as far back as it is read.
  mutating func learnInitialStates(of unit: Range<GroupID>, kind: String) throws {
    let chosen = unit.filter { depth(of: $0) > 0 }
    guard !chosen.isEmpty else {
      throw BacktuneError.argument("unit \(kind): it reads no past, initial 'learn' has no sense")
    }
    for group in chosen { try learnInitialState(of: group, depth: depth(of: group)) }
  }

  /// How far back initial states are learnt.
  package var learntDepth: Int { groups.reduce(0) { max($0, $1.initialState?.depth ?? 0) } }
}
