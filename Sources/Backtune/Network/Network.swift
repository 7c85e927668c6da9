import BacktuneNumerics
import Synchronization

/// A recurrent network: node groups in the order of definition, their weights, and what is observed of them.
///
/// x_n(t) is either learnware (a linear combination with adjustable weights) or firmware (a parameter-free sum of
/// products of scalar functions); any group may read any other, or the network input, at any lag, as long as the
/// sources at lag 0 form no cycle. This is equation (1) of report RR-9100 with its two kinds of node kept apart.
public struct Network: Sendable {
  /// The network input, as a source.
  public static let input: GroupID = -1

  /// Largest lag that is accepted.
  public static let maximalLag = 1 << 20

  /// Number M of inputs, 0 or more.
  public let inputs: Int
  /// The groups, in the order of definition: a ``GroupID`` is a place in it.
  public internal(set) var groups: [Group] = []
  /// The arrays of weights, in the order of definition.
  public internal(set) var arrays: [WeightArray] = []
  package internal(set) var slots = WeightSlots()
  /// The observed outputs, as set by `observe`; see `outputs`.
  package internal(set) var observed: [Observed] = []
  /// The output group of the unit, or the group, that was added last: observed unless `observe` says otherwise.
  var defaultOutput: GroupID?
  /// Places of groups and arrays by name.
  private var groupIndex: [String: GroupID] = [:]
  var arrayIndex: [String: Int] = [:]
  /// Groups that some group reads at lag 0.
  var readAtLagZero: Set<GroupID> = []
  /// Nodes of all groups.
  package private(set) var nodeCount = 0
  /// What the inputs are before t = 0; nil for 0, or what an estimation takes.
  package internal(set) var rest: Rest?
  /// Names and units of the data, see `labels`; and what was observed when they were set.
  var storedLabels = DataLabels()
  var labelledOutputs: [Observed] = []
  /// The seed of the last `randomize`.
  var drawSeed: UInt64?
  /// Changes with every change of structure, so that a plan made earlier can tell that it is stale.
  package internal(set) var structureVersion = 0 {
    didSet {
      memo = StructureMemo()
      describeAnew()
    }
  }
  package private(set) var memo = StructureMemo()
  /// Changes with the structure, what is observed, the labels, and which weights are fixed: no two networks that differ in
  /// these have the same.
  package private(set) var descriptionVersion = Network.nextVersion()

  private static let versions = Atomic<Int>(0)

  private static func nextVersion() -> Int { versions.wrappingAdd(1, ordering: .relaxed).newValue }

  mutating func describeAnew() { descriptionVersion = Self.nextVersion() }

  /// The same, without what was made of it: for what is kept there itself.
  package var withoutMemo: Network {
    var copy = self
    copy.memo = StructureMemo()
    return copy
  }

  /// - Throws: `.size` when `inputs` is negative, `.memory` when it passes the budget.
  public init(inputs: Int) throws {
    try MemoryBudget.bytes(doubles: [inputs], for: "inputs")
    self.inputs = inputs
  }

  /// Adds a group of linear combinations, without bias or connections yet.
  @discardableResult
  public mutating func addLearnware(_ name: String, size: Int) throws -> GroupID {
    try add(name, size: size, body: .learnware(Learnware()))
  }

  /// Adds a group of sums of products, without terms yet (its value is 0 until it has one).
  @discardableResult
  public mutating func addFirmware(_ name: String, size: Int) throws -> GroupID {
    try add(name, size: size, body: .firmware(Firmware()))
  }

  /// Adds the softmax of a group of the same size.
  /// - Parameter temperature: more than 0.
  @discardableResult
  public mutating func addSoftmax(
    _ name: String, of source: Source, temperature: Double = 1
  ) throws -> GroupID {
    if source.group != Network.input { _ = try group(source.group, as: "source") }
    var network = self
    let id = try network.addFirmware(name, size: size(of: source.group))
    try network.makeSoftmax(id, of: source, temperature: temperature)
    self = network
    return id
  }

  /// Makes a group without terms the softmax of another one.
  mutating func makeSoftmax(_ target: GroupID, of source: Source, temperature: Double) throws {
    let name = groups[target].name
    guard temperature > 0, temperature.isFinite else {
      throw BacktuneError.argument(
        "temperature of group \(name): \(temperature), expected a finite number above 0")
    }
    let source = try checked(source, for: target)
    guard size(of: source.group) == groups[target].size else {
      throw BacktuneError.size(
        "source of softmax group \(name): size \(size(of: source.group)), expected \(groups[target].size)"
      )
    }
    groups[target].body = .softmax(SoftmaxBody(source: source, temperature: temperature))
    note(source)
    structureVersion += 1
  }

  private mutating func add(_ name: String, size: Int, body: GroupBody) throws -> GroupID {
    guard !name.isEmpty, name != "input", name != "self", !name.utf8.contains(0) else {
      throw BacktuneError.argument(
        "group name '\(name)': expected a text other than 'input' and 'self', without zero bytes")
    }
    guard groupIndex[name] == nil else {
      throw BacktuneError.argument("group name '\(name)': there is a group of that name already")
    }
    guard size >= 1 else {
      throw BacktuneError.size("group \(name): size is \(size), expected 1 or more")
    }
    // Neither one group nor all of them: sums of sizes cannot overflow.
    try MemoryBudget.bytes(doubles: [size], for: "group \(name)")
    try MemoryBudget.bytes(doubles: [nodeCount + size], for: "groups up to \(name)")
    nodeCount += size
    groupIndex[name] = groups.count
    groups.append(Group(name: name, size: size, body: body))
    defaultOutput = groups.count - 1
    structureVersion += 1
    return groups.count - 1
  }

  /// Observes the first `count` nodes of each of these groups, in this order, instead of the last unit's output.
  /// - Throws: `.argument` for an unknown group or one named twice, `.size` for a count outside 1...size.
  public mutating func observe(_ list: [Observed]) throws {
    for (place, item) in list.enumerated() {
      let group = try self.group(item.group, as: "observed group")
      guard item.count >= 1, item.count <= group.size else {
        throw BacktuneError.size(
          "observed nodes of group \(group.name): \(item.count) came, expected 1 to \(group.size)")
      }
      guard list[..<place].allSatisfy({ $0.group != item.group }) else {
        throw BacktuneError.argument("observed group \(group.name): named twice")
      }
    }
    guard !list.isEmpty else {
      throw BacktuneError.argument("observe: no group came, expected at least one")
    }
    observed = list
    structureVersion += 1
  }

  /// What is observed: the list given to `observe`, otherwise all nodes of the unit that was added last.
  public var outputs: [Observed] {
    guard observed.isEmpty, let last = defaultOutput else { return observed }
    return [Observed(group: last, count: groups[last].size)]
  }

  /// All nodes of all groups.
  package var allNodes: [Observed] {
    groups.indices.map { Observed(group: $0, count: groups[$0].size) }
  }

  /// Number of observed outputs.
  public var outputCount: Int { outputs.reduce(0) { $0 + $1.count } }

  /// The group of that name.
  /// - Throws: `.argument` with the names there are.
  public func group(named name: String) throws -> GroupID {
    if name == "input" { return Network.input }
    guard let id = groupIndex[name] else {
      let known = groups.map(\.name).joined(separator: ", ")
      throw BacktuneError.argument("group '\(name)': unknown, expected input or one of \(known)")
    }
    return id
  }

  /// Size of a group, M for the network input.
  /// - Throws: `.argument` for an unknown group.
  package func sourceSize(_ group: GroupID) throws -> Int {
    group == Network.input ? inputs : try self.checkedGroup(group).size
  }

  /// - Throws: `.argument` for an unknown group.
  package func checkedGroup(_ id: GroupID) throws -> Group { try group(id, as: "group") }

  /// Size of a source that is known to exist.
  package func size(of group: GroupID) -> Int {
    group == Network.input ? inputs : groups[group].size
  }

  package func name(of group: GroupID) -> String {
    group == Network.input ? "input" : groups[group].name
  }

  func group(_ id: GroupID, as role: String) throws -> Group {
    guard groups.indices.contains(id) else {
      throw BacktuneError.argument(
        "\(role): group \(id) does not exist, this network has \(groups.count)")
    }
    return groups[id]
  }

  func checked(_ source: Source, for target: GroupID) throws -> Source {
    if source.group != Network.input { _ = try group(source.group, as: "source") }
    guard source.lag >= 0, source.lag <= Network.maximalLag else {
      throw BacktuneError.argument(
        "lag of source \(name(of: source.group)): \(source.lag), expected 0 to \(Network.maximalLag)"
      )
    }
    if source.lag == 0, let cycle = lagZeroPath(from: target, to: source.group) {
      let names = (cycle + [target]).map { name(of: $0) }.joined(separator: " -> ")
      throw BacktuneError.network(
        "group \(name(of: target)) cannot read \(name(of: source.group)) at lag 0: they would form the cycle \(names)"
      )
    }
    return source
  }
}
