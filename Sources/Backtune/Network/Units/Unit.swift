import BacktuneNumerics

/// A unit: node groups that belong together, written with learnware and firmware and nothing else.
///
/// The units of the engine are those of appendix A of RR-9100, and some more; a unit of one's own conforms in the same
/// way, and is added by the same ``Network/add(_:name:initial:)``:
///
///     struct Integrator: Unit {
///       static let kind = "integrator"
///       let size: Int
///
///       func build(in network: inout Network, name: String) throws -> GroupID {
///         let x = try network.addLearnware("\(name).x", size: size)
///         try network.connect(Source(Network.input, lag: 1), to: x, role: "B")
///         return x
///       }
///     }
public protocol Unit: Sendable {
  /// What it is called in messages, and its default name.
  static var kind: String { get }
  /// Number N of nodes, 1 or more.
  var size: Int { get }
  /// Adds the groups `name.group`, with weights `name.group.role`.
  /// - Returns: the group of the unit's output.
  func build(in network: inout Network, name: String) throws -> GroupID
}

/// What a unit is before t = 0.
public enum InitialValues: String, CaseIterable, Sendable {
  /// Zero.
  case zero
  /// Adjustable weights `group.x0`, the same for all sequences, of every group of the unit that is read at a past time.
  case learn
}

extension Network {
  /// Adds a unit.
  ///
  ///     var network = try Network(inputs: 1)
  ///     let h = try network.add(LNL(8, activation: .tanh, leak: .adjustable), name: "h")
  ///     try network.add(Linear(1, sources: [.group(h, lag: 0)]), name: "readout")
  ///
  /// - Parameters:
  ///   - name: its groups are `name.group`, its weights `name.group.role`; by default its kind, numbered when repeated
  ///     (lnl, lnl2 ...).
  ///   - initial: its values before t = 0.
  /// - Returns: the group of its output, observed by default when the unit is the last.
  /// - Throws: `.argument` for an option outside what is allowed, an unknown source, or initial values to learn of a unit
  ///   that reads no past; `.size` for a size below 1, or a mask of another shape; `.network` for sources that would
  ///   close a cycle at lag 0; `.memory` past the budget. The network is unchanged then.
  @discardableResult
  public mutating func add(
    _ unit: some Unit, name: String? = nil, initial: InitialValues = .zero
  ) throws -> GroupID {
    try place(unit, name: name, initial: initial)
  }

  /// Adds a unit of that kind, as C and Python do.
  ///
  /// - Parameter options: a JSON object, see `UnitTable`; empty text for the defaults.
  /// - Throws: as `add`; `.argument` for an unknown kind or option too (the message lists the known ones).
  @discardableResult
  package mutating func addUnit(
    _ kind: String, name: String? = nil, size: Int, options: [UInt8] = []
  ) throws -> GroupID {
    let type = try Units.type(of: kind)
    try type.check(size: size)
    var values = try JSONOptions(json: options, of: "unit \(kind)")
    let unit = try type.decode(size: size, options: &values)
    let initial = try values.word("initial", default: InitialValues.zero)
    try values.finish()
    return try place(unit, name: name, initial: initial)
  }

  private mutating func place(
    _ unit: some Unit, name: String?, initial: InitialValues
  ) throws -> GroupID {
    let kind = type(of: unit).kind
    var network = self
    let output = try unit.build(in: &network, name: name ?? freeName(kind))
    _ = try network.group(output, as: "output of unit \(kind)")
    // By membership: the name of another unit may begin with this one's.
    if initial == .learn {
      try network.learnInitialStates(of: groups.count..<network.groups.count, kind: kind)
    }
    network.defaultOutput = output
    self = network
    return output
  }

  private func freeName(_ kind: String) -> String {
    var units = Set(groups.map { String($0.name.prefix { $0 != "." }) })
    return units.take(kind, joint: "")
  }
}
