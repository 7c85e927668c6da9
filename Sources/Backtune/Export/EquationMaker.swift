import BacktuneNetwork
import BacktuneSimulation

/// Makes signals of the groups that outputs depend on.
struct EquationMaker {
  private let network: Network
  private var signals: [Equations.Signal] = []
  private var tables: [Equations.Table] = []
  private var places: [SignalKey: Int] = [:]
  private var tablePlaces: [Int: Int] = [:]

  /// What becomes a signal.
  private enum SignalKey: Hashable {
    case group(GroupID)
    /// What was measured of it, in the units of the network.
    case known(GroupID)
    /// It in the units of the user, where these are others.
    case restored(GroupID)
  }

  init(_ network: Network) { self.network = network }

  mutating func equations(_ inputs: Scaling?, _ outputs: Scaling?) throws -> Equations {
    // Of an empty network there is none.
    let start = try network.simulate(lengths: [0], inputs: []).final
    let needed = Self.needed(network)
    let order = network.evaluationOrder.filter { needed.contains($0) }
    let measured = Set(order.compactMap { network.measuredSource(of: $0)?.group })

    takePlaces(of: order, measured, inputs, outputs)
    signals.append(.init(name: "u", size: network.inputs, equation: .input))
    if let inputs {
      apply(inputs, to: 0, "input.centred", "input", tables: "input")
    }
    for group in order {
      let own = network.groups[group]
      signals.append(.init(name: own.name, size: own.size, equation: equation(of: group)))
      let scaling = outputs.flatMap { part(of: $0, group) }
      if let scaling { restore(scaling, of: group) }
      guard measured.contains(group) else { continue }
      addKnown(group, scaling)
    }
    setPasts(start)
    return Equations(
      signals: signals, tables: tables,
      outputs: network.outputs.map {
        .init(signal: places[.restored($0.group)] ?? places[.group($0.group)] ?? 0, count: $0.count)
      },
      labels: network.labels)
  }

  /// Places first: sources at later places are read from the past.
  private mutating func takePlaces(
    of order: [GroupID], _ measured: Set<GroupID>, _ inputs: Scaling?, _ outputs: Scaling?
  ) {
    // After the input what it is without its mean, then what the network reads.
    var next = inputs == nil ? 0 : 2
    places[.group(Network.input)] = next
    for group in order {
      next += 1
      places[.group(group)] = next
      let isScaled = outputs != nil && network.outputs.contains { $0.group == group }
      if isScaled {
        next += 1
        places[.restored(group)] = next
      }
      if measured.contains(group) {
        next += isScaled ? 3 : 1
        places[.known(group)] = next
      }
    }
  }

  /// The groups that outputs depend on.
  private static func needed(_ network: Network) -> Set<GroupID> {
    var found = Set(network.outputs.map(\.group))
    var stack = Array(found)
    while let group = stack.popLast() {
      for source in sources(of: network.groups[group].body, network)
      where source.group != Network.input && found.insert(source.group).inserted {
        stack.append(source.group)
      }
    }
    return found
  }

  /// What is read, not by matrices without entries.
  private static func sources(of body: GroupBody, _ network: Network) -> [Source] {
    guard case .learnware(let learnware) = body else { return body.sources }
    return learnware.connections.filter { network.hasEntries($0) }.map(\.source)
  }

  private func reference(_ source: Source) -> Equations.Reference {
    .init(signal: places[.group(source.group)] ?? 0, lag: source.lag)
  }

  private mutating func equation(of group: GroupID) -> Equations.Equation {
    switch network.groups[group].body {
    case .learnware(let learnware):
      let bias = learnware.bias.map { Equations.Bias(table: table($0.array), index: $0.index) }
      return .linear(
        .init(
          bias: bias,
          products: learnware.connections.filter { network.hasEntries($0) }.map {
            product($0, to: group)
          }))
    case .firmware(let firmware):
      return .elementwise(
        firmware.terms.map { term in
          .init(
            coefficient: term.coefficient,
            factors: term.factors.map {
              .init(function: $0.function, source: reference($0.source))
            })
        })
    case .softmax(let softmax):
      return .softmax(reference(softmax.source), temperature: softmax.temperature)
    case .measured(let body):
      let known = places[.known(body.source.group)] ?? 0
      return .elementwise([
        .init(
          coefficient: 1,
          factors: [
            .init(function: .identity, source: .init(signal: known, lag: body.source.lag))
          ])
      ])
    }
  }

  private mutating func product(_ connection: Connection, to group: GroupID) -> Equations.Product {
    let table = table(connection.array)
    let form: Equations.Form
    switch connection.form {
    case .dense: form = .dense
    case .diagonal: form = .diagonal
    case .sparse, .shared:
      let first = network.arrays[connection.array].slots.lowerBound
      var entries: [Equations.Entry] = []
      network.forEachLink(of: connection, to: group) {
        entries.append(.init(node: $0.node, source: $0.source, value: $0.slot - first))
      }
      form = .sparse(entries)
    }
    return .init(source: reference(connection.source), table: table, form: form)
  }

  private mutating func table(_ array: Int) -> Int {
    if let place = tablePlaces[array] { return place }
    let own = network.arrays[array]
    let isMatrix = own.entries == nil && own.shape.count == 2
    tables.append(
      .init(
        name: own.name, matrix: isMatrix ? (own.shape[0], own.shape[1]) : nil,
        values: Array(network.slots.values[own.slots])))
    tablePlaces[array] = tables.count - 1
    return tables.count - 1
  }

  /// Adds what is measured of a group, and that in the units of the network where these are others.
  private mutating func addKnown(_ group: GroupID, _ scaling: Scaling?) {
    let own = network.groups[group]
    let before = network.outputs.prefix { $0.group != group }
    let count = network.outputs.first { $0.group == group }?.count ?? 0
    let place = places[.restored(group)] ?? places[.group(group)] ?? 0
    signals.append(
      .init(
        name: "\(signals[place].name).known", size: own.size,
        equation: .known(
          .init(signal: place, lag: 0),
          .init(
            group: own.name, output: count == 0 ? 0 : before.reduce(0) { $0 + $1.count },
            count: count))))
    guard let scaling else { return }
    apply(
      scaling, to: signals.count - 1, "\(own.name).centred", "\(own.name).known",
      tables: "\(own.name).known")
  }

  // MARK: Scales

  /// Scales of the nodes of an observed group; of those that are no outputs 1.
  private func part(of scaling: Scaling, _ group: GroupID) -> Scaling? {
    guard let item = network.outputs.first(where: { $0.group == group }) else { return nil }
    let first = network.outputs.prefix { $0.group != group }.reduce(0) { $0 + $1.count }
    func padded(_ values: [Double], _ rest: Double) -> [Double] {
      values[first..<first + item.count]
        + [Double](repeating: rest, count: network.size(of: group) - item.count)
    }
    return Scaling(means: padded(scaling.means, 0), scales: padded(scaling.scales, 1))
  }

  /// Adds (w - mean) / scale of a signal w, the mean first: where it is large, its digits are not lost.
  private mutating func apply(
    _ scaling: Scaling, to place: Int, _ centred: String, _ scaled: String, tables name: String
  ) {
    let count = scaling.means.count
    addDiagonal(
      place, centred, bias: ("\(name).mean", scaling.means.map { -$0 }),
      ("\(name).one", [Double](repeating: 1, count: count)))
    addDiagonal(
      signals.count - 1, scaled, bias: nil, ("\(name).scale", scaling.scales.map { 1 / $0 }))
  }

  /// Adds mean + scale s of a group s.
  private mutating func restore(_ scaling: Scaling, of group: GroupID) {
    let name = "\(network.groups[group].name).out"
    addDiagonal(
      places[.group(group)] ?? 0, name, bias: ("\(name).mean", scaling.means),
      ("\(name).scale", scaling.scales))
  }

  /// Adds a + diag(w) s.
  private mutating func addDiagonal(
    _ place: Int, _ name: String, bias: (name: String, values: [Double])?,
    _ weights: (name: String, values: [Double])
  ) {
    func add(_ table: (name: String, values: [Double])) -> Int {
      tables.append(.init(name: table.name, matrix: nil, values: table.values))
      return tables.count - 1
    }
    let own = bias.map { Equations.Bias(table: add($0), index: nil) }
    let product = Equations.Product(
      source: .init(signal: place, lag: 0), table: add(weights), form: .diagonal)
    signals.append(
      .init(
        name: name, size: weights.values.count,
        equation: .linear(.init(bias: own, products: [product]))))
  }

  /// Gives every signal the past values that are read of it, out of a flat state.
  private mutating func setPasts(_ start: [Double]) {
    var depths = [Int](repeating: 0, count: signals.count)
    for source in signals.flatMap(\.equation.sources) {
      depths[source.signal] = max(depths[source.signal], source.lag)
    }
    for past in network.stateLayout {
      let key: SignalKey = past.isMeasured ? .known(past.group) : .group(past.group)
      guard let place = places[key] else { continue }
      let size = signals[place].size
      signals[place].past = (0..<depths[place]).map { age in
        let first = past.offset + age * size
        return Array(start[first..<first + size])
      }
    }
  }
}

extension Network {
  /// Whether there are any: all others have one a slot.
  fileprivate func hasEntries(_ connection: Connection) -> Bool {
    !arrays[connection.array].slots.isEmpty
  }
}
