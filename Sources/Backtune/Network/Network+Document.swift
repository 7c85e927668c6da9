/// The JSON document of a network.
extension Network {
  var document: NetworkDocument {
    NetworkDocument(
      format: NetworkDocument.format, version: isMeasured ? 3 : 2, inputs: inputs,
      groups: groups.map(document(of:)), weights: arrays.map(document(of:)),
      observe: observed.isEmpty
        ? nil : observed.map { .init(group: groups[$0.group].name, outputs: $0.count) },
      output: defaultOutput.map { groups[$0].name },
      rest: rest.map { rest in
        let named = rest.groups.map { (groups[$0].name, $1) }
        return .init(
          values: rest.values,
          groups: named.isEmpty ? nil : Dictionary(uniqueKeysWithValues: named),
          taken: rest.isTaken ? true : nil)
      },
      data: labelDocument, seed: drawSeed.map { String($0) })
  }

  private func document(of group: Group) -> NetworkDocument.GroupDocument {
    var result = NetworkDocument.GroupDocument(
      name: group.name, kind: group.body.kind, size: group.size)
    result.initial = group.initialState.map {
      .init(weight: arrays[$0.array].name, depth: $0.depth)
    }
    switch group.body {
    case .learnware(let learnware):
      result.bias = learnware.bias.map { .init(weight: arrays[$0.array].name, index: $0.index) }
      result.connections = learnware.connections.map { document(of: $0) }
    case .softmax(let softmax):
      result.source = name(of: softmax.source.group)
      result.lag = softmax.source.lag
      result.temperature = softmax.temperature == 1 ? nil : softmax.temperature
    case .measured(let measured):
      result.source = name(of: measured.source.group)
      result.lag = measured.source.lag
      result.standsForInput = measured.isInput ? true : nil
    case .firmware(let firmware):
      result.terms = firmware.terms.map { term in
        .init(
          coef: term.coefficient,
          factors: term.factors.map {
            .init(f: $0.function, source: name(of: $0.source.group), lag: $0.source.lag)
          })
      }
    }
    return result
  }

  private func document(of connection: Connection) -> NetworkDocument.ConnectionDocument {
    var result = NetworkDocument.ConnectionDocument(
      weight: arrays[connection.array].name, source: name(of: connection.source.group),
      lag: connection.source.lag, form: "dense")
    switch connection.form {
    case .dense: break
    case .diagonal: result.form = "diagonal"
    case .sparse(let entries):
      result.form = "sparse"
      result.entries = entries
    case .shared(let entries, let slots):
      result.form = "shared"
      result.entries = entries
      result.slotOfEntry = slots
    }
    return result
  }

  private func document(of array: WeightArray) -> NetworkDocument.WeightDocument {
    // One value a slot: of a sparse matrix only what exists.
    func bounds(_ values: [Double], _ unbounded: Double) -> [Double?]? {
      let own = values[array.slots]
      return own.contains { $0 != unbounded } ? own.map { $0 == unbounded ? nil : $0 } : nil
    }
    let fixed = Array(slots.isFixed[array.slots])
    var draw: [Double]?
    if case .uniform(let lower, let upper) = array.draw { draw = [lower, upper] }
    let origins = slots.origins[array.slots]
    let isUniform = origins.allSatisfy { $0 == origins.first }
    let origin = (isUniform ? origins.prefix(1) : origins).map(\.rawValue)
    return .init(
      name: array.name, values: Array(slots.values[array.slots]),
      lower: bounds(slots.lower, -.infinity), upper: bounds(slots.upper, .infinity),
      fixed: fixed.contains(true) ? fixed : nil, draw: draw,
      origin: origin == [SlotOrigin.set.rawValue] ? nil : origin)
  }
}
