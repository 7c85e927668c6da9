import BacktuneNumerics

/// Groups that are fed with what was measured, 2.12 of the design.
extension Network {
  /// Adds what is read of a group, `source.lag` time steps ago, where measurements take its place.
  ///
  /// Readers read it at lag 0; a lag of the source is a group of its own. Without measurements, and inside the times that
  /// a horizon leaves to the network itself, it is the source's own value.
  ///
  /// - Parameters:
  ///   - source: a group, 1 or more steps ago; 0 too where it stands for an input.
  ///   - standsForInput: whether the source stands for an input channel, which is read as measured whatever the horizon.
  /// - Throws: `.argument` for the network input, a group that is measured itself, or another lag; `.network` where groups
  ///   would form a cycle at lag 0.
  @discardableResult
  public mutating func addMeasured(
    _ name: String, of source: Source, standsForInput: Bool = false
  ) throws -> GroupID {
    let group = try measurable(source.group, for: name)
    var network = self
    let id = try network.addFirmware(name, size: group.size)
    try network.makeMeasured(id, of: source, standsForInput: standsForInput)
    // What is read is no prediction: the output stays what it was.
    network.defaultOutput = defaultOutput
    self = network
    return id
  }

  /// Makes a group without terms one that is measured.
  mutating func makeMeasured(_ target: GroupID, of source: Source, standsForInput: Bool) throws {
    let name = groups[target].name
    let own = try measurable(source.group, for: name)
    // Of a document, groups that read this one may have come before.
    let readers = groups.filter {
      if case .measured(let body) = $0.body { body.source.group == target } else { false }
    }
    if source.group == target || !readers.isEmpty {
      throw Self.isMeasuredItself(name, of: readers.first?.name ?? name)
    }
    let least = standsForInput ? 0 : 1
    guard least...Network.maximalLag ~= source.lag else {
      throw BacktuneError.argument(
        "lag of measured group \(name): \(source.lag), expected \(least) to \(Network.maximalLag)")
    }
    guard own.size == groups[target].size else {
      throw BacktuneError.size(
        "source of measured group \(name): size \(own.size), expected \(groups[target].size)")
    }
    groups[target].body = .measured(
      MeasuredBody(source: try checked(source, for: target), isInput: standsForInput))
    note(source)
    structureVersion += 1
  }

  /// What was measured of a group, `source.lag` time steps ago, as a source at lag 0: a group `group.m1` for a lag of 1 (`k1`
  /// where it stands for an input), which is added where it is not there yet.
  /// - Throws: as `addMeasured`.
  public mutating func measured(
    _ source: Source, standsForInput: Bool = false
  ) throws -> Source {
    let known = groups.indices.first {
      guard case .measured(let body) = groups[$0].body else { return false }
      return body.source == source && body.isInput == standsForInput
    }
    if let known { return Source(known, lag: 0) }
    let own = try measurable(source.group, for: "of what is measured").name
    let name = "\(own).\(standsForInput ? "k" : "m")\(source.lag)"
    return Source(try addMeasured(name, of: source, standsForInput: standsForInput), lag: 0)
  }

  /// A group that measurements may be read of.
  private func measurable(_ source: GroupID, for name: String) throws -> Group {
    guard source != Network.input else {
      throw BacktuneError.argument(
        "source of measured group \(name): the network input came, expected a group")
    }
    let own = try group(source, as: "source of measured group \(name)")
    if case .measured = own.body { throw Self.isMeasuredItself(own.name, of: name) }
    return own
  }

  private static func isMeasuredItself(_ source: String, of name: String) -> BacktuneError {
    .argument(
      "source of measured group \(name): \(source) is measured itself, expected the group that it reads"
    )
  }

  /// The groups of which measurements are read, and how far back, in the order of definition.
  package var measuredSources: [(group: GroupID, depth: Int)] {
    var depths: [GroupID: Int] = [:]
    for group in groups {
      guard case .measured(let body) = group.body else { continue }
      depths[body.source.group] = max(depths[body.source.group] ?? 0, body.source.lag)
    }
    return depths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Whether any group is measured.
  package var isMeasured: Bool {
    groups.contains { if case .measured = $0.body { true } else { false } }
  }

  /// Whether a group is what is read of another one where that is measured.
  package func measuredSource(of group: GroupID) -> Source? {
    guard case .measured(let body) = groups[group].body else { return nil }
    return body.source
  }
}
