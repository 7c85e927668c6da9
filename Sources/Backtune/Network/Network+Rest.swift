import BacktuneNumerics

/// The rest of a network: what its inputs are taken to be before t = 0, where no state is given (2.13 d of the design).
package struct Rest: Equatable, Sendable {
  /// One value an input; 0 unless set.
  package internal(set) var values: [Double]
  /// Whether an estimation took them from its data, and may again, rather than a user.
  package internal(set) var isTaken = false
}

extension Network {
  /// One value an input.
  public var restValues: [Double] {
    rest?.values ?? [Double](repeating: 0, count: inputs)
  }

  /// Sets what the inputs are before t = 0, one value an input, in their units; nil for 0, or what an estimation takes.
  /// - Throws: `.size` for another number of values, `.argument` for one that is not finite.
  public mutating func setRest(_ values: [Double]?) throws {
    try setRest(values, isTaken: false)
  }

  /// The same; `isTaken` where an estimation took them.
  package mutating func setRest(_ values: [Double]?, isTaken: Bool) throws {
    guard let values else {
      rest = nil
      return
    }
    guard values.count == inputs else {
      throw BacktuneError.size("rest: \(values.count) values, expected \(inputs) (the inputs)")
    }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.argument(
        "rest: value \(place) is \(values[place]), expected a finite number")
    }
    rest = Rest(values: values, isTaken: isTaken)
  }

  /// A flat state: inputs at rest, nodes at zero.
  package var restState: [Double] {
    guard let rest else { return [Double](repeating: 0, count: stateSize) }
    return stateLayout.flatMap { past -> [Double] in
      let own =
        past.group == Network.input
        ? rest.values : [Double](repeating: 0, count: size(of: past.group))
      return Array([[Double]](repeating: own, count: past.depth).joined())
    }
  }
}
