import BacktuneNumerics

/// One source of a unit's linear combinations: the unit itself, the network input or another group, at a lag in time
/// steps.
///
///     LNL(8, sources: [.itself(lag: 1), .group(h, lag: 0), .input(lag: 1)])
public struct UnitSource: Hashable, Sendable {
  enum Place: Hashable, Sendable {
    case itself
    case input
    case named(String)
    case id(GroupID)
  }
  let place: Place
  /// Time steps back, 0 or more.
  public let lag: Int
  /// Which connections there are, [target node][source node]; nil for all, or what the unit's own form says.
  public private(set) var mask: [[Bool]]?

  init(place: Place, lag: Int, mask: [[Bool]]? = nil) {
    (self.place, self.lag, self.mask) = (place, lag, mask)
  }

  /// The output of the unit that has this source (of an ``AIF``: its spikes).
  public static func itself(lag: Int) -> Self { Self(place: .itself, lag: lag) }

  /// The network input.
  public static func input(lag: Int) -> Self { Self(place: .input, lag: lag) }

  /// Another group, such as the output of another unit.
  public static func group(_ group: GroupID, lag: Int) -> Self {
    Self(place: group == Network.input ? .input : .id(group), lag: lag)
  }

  /// The group of that name.
  public static func group(named name: String, lag: Int) -> Self {
    Self(place: .named(name), lag: lag)
  }

  /// The same with these connections only, [target node][source node].
  public func masked(_ mask: [[Bool]]) -> Self { Self(place: place, lag: lag, mask: mask) }
}

/// What recurrent units read.
extension UnitSource {
  /// The sources of a recurrent unit: those given, otherwise the unit itself at lags 1 to `range`, and the input.
  static func recurrent(
    _ given: [UnitSource]?, inputLag: Int, range: Int = 1
  ) -> [UnitSource] {
    given ?? (1...range).map { .itself(lag: $0) } + [.input(lag: inputLag)]
  }

  /// Those of a feed-forward layer.
  static func feedForward(_ given: [UnitSource]?) -> [UnitSource] { given ?? [.input(lag: 0)] }
}

extension Network {
  /// a + the sources of a unit, in one of its learnware groups: the bias `a` where wanted, and `connect`.
  mutating func drive(
    _ target: GroupID, bias: Bool, by sources: [UnitSource], itself: GroupID,
    form: ConnectionForm = .dense, feedback: PastFeedback = .own
  ) throws {
    if bias { try addBias(to: target) }
    try connect(sources, to: target, itself: itself, form: form, feedback: feedback)
  }

  /// Connects the sources of a unit to one of its learnware groups, each by its own array: `W` from the unit itself,
  /// `B` from the network input, `W_unit` from another unit; the lag is added to the role where a source stands with
  /// several lags, or where `numbered`.
  ///
  /// - Parameters:
  ///   - form: of the connections from the unit itself, of all of them where `formOfAll`.
  ///   - feedback: what is read of the unit itself.
  mutating func connect(
    _ sources: [UnitSource], to target: GroupID, itself: GroupID, form: ConnectionForm = .dense,
    formOfAll: Bool = false, numbered: Bool = false, feedback: PastFeedback = .own
  ) throws {
    let groups = try sources.map { try group(of: $0, itself: itself) }
    // By group, however it was named: by its number or its name.
    let lags = groups.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    var roles: Set<String> = []
    for (source, group) in zip(sources, groups) {
      if group == Network.input && inputs == 0 { continue }
      let base =
        source.place == .itself ? "W" : group == Network.input ? "B" : "W_\(unitName(of: group))"
      let isNumbered = lags[group, default: 0] > 1 || (numbered && source.place == .itself)
      var role = isNumbered ? base + String(source.lag) : base
      // Unit `a` at lag 2 and unit `a2`.
      if !roles.insert(role).inserted {
        role = "\(base)_\(source.lag)"
        roles.insert(role)
      }
      let own = formOfAll || source.place == .itself ? form : .dense
      let place = Source(group, lag: source.lag)
      try connect(
        feedback == .measured && source.place == .itself ? measured(place) : place, to: target,
        form: try masked(own, source, of: target, role: role), role: role)
    }
  }

  /// The group that a source names.
  func group(of source: UnitSource, itself: GroupID) throws -> GroupID {
    switch source.place {
    case .itself: return itself
    case .input: return Network.input
    case .named(let name): return try group(named: name)
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
