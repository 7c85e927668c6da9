import BacktuneNumerics

/// The rest of a network: what its inputs, and groups of which measurements are read, are taken to be before t = 0, where no
/// state is given (2.13 d of the design).
package struct Rest: Equatable, Sendable {
  /// One value an input; 0 unless set.
  package internal(set) var values: [Double]
  /// Of groups of which measurements are read, one value a node; 0 where there is none.
  package internal(set) var groups: [GroupID: [Double]] = [:]
  /// Whether an estimation took them from its data, and may again, rather than a user.
  package internal(set) var isTaken = false
}

extension Network {
  /// One value an input.
  public var restValues: [Double] {
    rest?.values ?? [Double](repeating: 0, count: inputs)
  }

  /// What groups of which measurements are read, and what reads these, are before t = 0.
  package var groupRests: [(group: GroupID, values: [Double])] {
    guard isMeasured else { return [] }
    let sources = measuredSources.map(\.group)
    return groups.indices.compactMap { group in
      let source = measuredSource(of: group)?.group ?? group
      guard sources.contains(source) else { return nil }
      return (group, rest?.groups[source] ?? [Double](repeating: 0, count: size(of: group)))
    }
  }

  /// Sets what the inputs are before t = 0, one value an input, in their units, groups being 0; nil for 0, or what an
  /// estimation takes.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite.
  public mutating func setRest(_ values: [Double]?) throws {
    try setRest(values, isTaken: false)
  }

  /// Before anything is read: the count may be what a caller claims.
  /// - Throws: `.size` for another number than that of the inputs.
  package func checkRest(count: Int?) throws {
    guard count == nil || count == inputs else {
      throw BacktuneError.size("rest: \(count ?? 0) values, expected \(inputs) (the inputs)")
    }
  }

  /// The same, and that of groups of which measurements are read; `isTaken` where an estimation took them.
  /// - Throws: `.argument` for another group too.
  package mutating func setRest(
    _ values: [Double]?, groups: [GroupID: [Double]] = [:], isTaken: Bool
  ) throws {
    guard let values else {
      rest = nil
      return
    }
    try checkRest(count: values.count)
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "rest: value \(place) is \(values[place]), expected a finite number")
    }
    let sources = measuredSources.map(\.group)
    for (group, own) in groups.sorted(by: { $0.key < $1.key }) {
      let name = try self.group(group, as: "group of a rest").name
      guard sources.contains(group) else {
        throw BacktuneError.argument("rest of group \(name): nothing is read of it as measured")
      }
      guard own.count == size(of: group) else {
        throw BacktuneError.size(
          "rest of group \(name): \(own.count) values, expected \(size(of: group)) (its nodes)")
      }
      if let place = own.firstIndex(where: { !$0.isFinite }) {
        throw BacktuneError.argument(
          "rest of group \(name): value \(place) is \(own[place]), expected a finite number")
      }
    }
    rest = Rest(values: values, groups: groups, isTaken: isTaken)
  }

  /// A flat state: inputs and groups at rest, all other nodes at zero.
  package var restState: [Double] {
    guard let rest else { return [Double](repeating: 0, count: stateSize) }
    let groupRests = Dictionary(uniqueKeysWithValues: groupRests.map { ($0.group, $0.values) })
    return stateLayout.flatMap { past -> [Double] in
      let own =
        past.group == Network.input
        ? rest.values
        : groupRests[past.group] ?? [Double](repeating: 0, count: size(of: past.group))
      return Array([[Double]](repeating: own, count: past.depth).joined())
    }
  }
}
