/// The JSON document of a network.
extension Network {
  var document: NetworkDocument {
    NetworkDocument(
      format: NetworkDocument.format, version: NetworkDocument.version, inputs: inputs,
      groups: groups.map(document(of:)), weights: arrays.map(document(of:)),
      observe: observed.isEmpty
        ? nil : observed.map { .init(group: groups[$0.group].name, outputs: $0.count) },
      output: defaultOutput.map { groups[$0].name })
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
      result.connections = learnware.connections.map { document(of: $0, rows: group.size) }
    case .softmax(let softmax):
      result.source = name(of: softmax.source.group)
      result.lag = softmax.source.lag
      result.temperature = softmax.temperature == 1 ? nil : softmax.temperature
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

  private func document(
    of connection: Connection, rows: Int
  ) -> NetworkDocument.ConnectionDocument {
    let columns = size(of: connection.source.group)
    func matrix(_ flat: [Int]) -> [[Int]] {
      (0..<rows).map { Array(flat[$0 * columns..<($0 + 1) * columns]) }
    }
    let form: String
    var (mask, index): ([[Int]]?, [[Int]]?)
    switch connection.form {
    case .dense: form = "dense"
    case .diagonal: form = "diagonal"
    case .sparse(let entries):
      form = "sparse"
      var present = [Int](repeating: 0, count: rows * columns)
      for entry in entries { present[entry] = 1 }
      mask = matrix(present)
    case .shared(let slots):
      form = "shared"
      index = matrix(slots)
    }
    return .init(
      weight: arrays[connection.array].name, source: name(of: connection.source.group),
      lag: connection.source.lag, form: form, mask: mask, index: index)
  }

  private func document(of array: WeightArray) -> NetworkDocument.WeightDocument {
    func bounds(_ values: [Double], _ unbounded: Double) -> [Double?]? {
      let full = full(array, values, absent: unbounded)
      return full.contains { $0 != unbounded } ? full.map { $0 == unbounded ? nil : $0 } : nil
    }
    let fixed = full(array, slots.isFixed, absent: false)
    var draw: [Double]?
    if case .uniform(let lower, let upper) = array.draw { draw = [lower, upper] }
    return .init(
      name: array.name, values: full(array, slots.values, absent: 0),
      lower: bounds(slots.lower, -.infinity), upper: bounds(slots.upper, .infinity),
      fixed: fixed.contains(true) ? fixed : nil, draw: draw)
  }
}
