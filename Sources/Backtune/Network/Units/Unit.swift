import BacktuneNumerics

/// A recurrent unit of the paper's appendix A, written with learnware and firmware and nothing else.
///
/// Adding a kind: one file with its struct, and its type in `Units.all`.
package protocol Unit {
  /// The word that selects it, and its default name.
  static var kind: String { get }
  init(size: Int, options: inout JSONOptions) throws
  /// Adds the groups `name.group`, with weights `name.group.role`.
  /// - Returns: the group of the unit's output.
  func build(in network: inout Network, name: String) throws -> GroupID
}

package enum Units {
  package static var all: [any Unit.Type] {
    [
      LinearUnit.self, LNLUnit.self, SparseLNLUnit.self, LSTMUnit.self, GRUUnit.self,
      StronglyTypedUnit.self, AIFUnit.self, SoftmaxUnit.self, ReservoirUnit.self,
      StateSpaceUnit.self, DenseUnit.self, ConvolutionUnit.self, GateUnit.self, ProductUnit.self,
      VersatileUnit.self,
    ]
  }
}

extension Network {
  /// Adds a unit of that kind.
  ///
  /// Any kind takes the option `initial`: "zero", or "learn" for initial states that are weights, `group.x0`.
  ///
  /// - Parameters:
  ///   - name: its groups are `name.group`; by default its kind, numbered when repeated (lnl, lnl2 ...).
  ///   - options: a JSON object, see the unit; empty text for the defaults.
  /// - Returns: the group of its output.
  /// - Throws: `.argument` for an unknown kind or option (the message lists the known ones), or a value of the wrong
  ///   kind; the network is unchanged then.
  @discardableResult
  public mutating func addUnit(
    _ kind: String, name: String? = nil, size: Int, options: [UInt8] = []
  ) throws -> GroupID {
    guard let type = Units.all.first(where: { $0.kind == kind }) else {
      let known = Units.all.map { $0.kind }.joined(separator: ", ")
      throw BacktuneError.argument("unit '\(kind)': unknown, expected one of \(known)")
    }
    guard size >= 1 else {
      throw BacktuneError.size("unit \(kind): size is \(size), expected 1 or more")
    }
    var values = try JSONOptions(json: options, of: "unit \(kind)")
    let learnsStart = try values.choice("initial", of: ["zero", "learn"]) == "learn"
    let unit = try type.init(size: size, options: &values)
    try values.finish()
    var network = self
    let name = name ?? freeName(kind)
    let output = try unit.build(in: &network, name: name)
    // By membership: the name of another unit may begin with this one's.
    if learnsStart {
      try network.learnInitialStates(of: groups.count..<network.groups.count, kind: kind)
    }
    network.defaultOutput = output
    self = network
    return output
  }

  private func freeName(_ kind: String) -> String {
    let units = Set(groups.map { String($0.name.prefix { $0 != "." }) })
    var name = kind
    var number = 1
    while units.contains(name) {
      number += 1
      name = "\(kind)\(number)"
    }
    return name
  }
}

/// One source of a unit's linear combinations: the unit itself, the network input or another group, at a lag.
package struct UnitSource: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    case itself
    case input
    case group(String)
    case id(Int)
  }
  package let place: Place
  package let lag: Int
  /// Which connections there are, [target node][source node]; nil for all, or what the unit's own form says.
  package var mask: [[Bool]]?
}

extension Network {
  /// a + the sources of a unit, in one of its learnware groups: the bias `a` where wanted, and `connect`.
  mutating func drive(
    _ target: GroupID, bias: Bool, by sources: [UnitSource], itself: GroupID,
    form: ConnectionForm = .dense
  ) throws {
    if bias { try addBias(to: target) }
    try connect(sources, to: target, itself: itself, form: form)
  }

  /// Connects the sources of a unit to one of its learnware groups, each by its own array: `W` from the unit itself,
  /// `B` from the network input, `W_unit` from another unit; the lag is added to the role where a source stands with
  /// several lags, or where `numbered`.
  ///
  /// - Parameter form: of the connections from the unit itself, of all of them where `formOfAll`.
  mutating func connect(
    _ sources: [UnitSource], to target: GroupID, itself: GroupID, form: ConnectionForm = .dense,
    formOfAll: Bool = false, numbered: Bool = false
  ) throws {
    let groups = try sources.map { try group(of: $0, itself: itself) }
    // By group, however it was named: by its number or its name.
    let lags = groups.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    for (source, group) in zip(sources, groups) {
      if group == Network.input && inputs == 0 { continue }
      let base =
        source.place == .itself ? "W" : group == Network.input ? "B" : "W_\(unitName(of: group))"
      let isNumbered = lags[group, default: 0] > 1 || (numbered && source.place == .itself)
      let role = isNumbered ? base + String(source.lag) : base
      let own = formOfAll || source.place == .itself ? form : .dense
      try connect(
        Source(group, lag: source.lag), to: target,
        form: try masked(own, source, of: target, role: role), role: role)
    }
  }

  /// The group that a source names.
  func group(of source: UnitSource, itself: GroupID) throws -> GroupID {
    switch source.place {
    case .itself: return itself
    case .input: return Network.input
    case .group(let name): return try group(named: name)
    case .id(let id):
      if id != Network.input { _ = try group(id, as: "source") }
      return id
    }
  }

  /// The form of a connection, with the mask of its source if that has one.
  private func masked(
    _ form: ConnectionForm, _ source: UnitSource, of target: GroupID, role: String
  ) throws -> ConnectionForm {
    guard let mask = source.mask else { return form }
    let name = "\(groups[target].name).\(role)"
    guard form == .dense else {
      throw BacktuneError.argument("connection \(name): its source has a mask, and so has the unit")
    }
    let rows = groups[target].size
    let columns = size(of: try group(of: source, itself: target))
    guard mask.count == rows, mask.allSatisfy({ $0.count == columns }) else {
      throw BacktuneError.size(
        "mask of connection \(name): expected \(rows) rows (nodes) of \(columns) (source nodes)")
    }
    return .sparse(entries: mask.joined().enumerated().compactMap { $1 ? $0 : nil })
  }

  /// The unit of a group `unit.group`; `unit.group` itself when it is not the unit's output x.
  private func unitName(of group: GroupID) -> String {
    let name = groups[group].name
    return name.hasSuffix(".x") ? String(name.dropLast(2)) : name
  }
}
