import BacktuneNetwork
import BacktuneNumerics

/// The graph of whole sequences without a loop: recurrent units are nodes RNN, LSTM and GRU, all the rest is computed at all
/// times at once.
struct ONNXUnits {
  private let format: ONNXFormat
  private let equations: Equations
  private let finder: ONNXUnitFinder

  init(_ format: ONNXFormat, _ equations: Equations) {
    (self.format, self.equations) = (format, equations)
    finder = ONNXUnitFinder(equations)
  }

  func graph() throws -> ONNX.Graph {
    let order = try order()
    var builder = ONNXBuilder(format.element)
    var ports = ONNXPorts(format, equations, &builder)
    let measured = try ports.measured(&builder)
    // Inside there is always an axis of sequences.
    let axis = try builder.integers([1])
    func widened(_ value: String) -> String {
      format.isBatched ? value : builder.node("Unsqueeze", [value, axis])
    }
    let u = widened(ports.input)
    let lead = builder.node(
      "Shape", [u], "sizes", attributes: [("start", .integer(0)), ("end", .integer(-1))])
    let batch = builder.node(
      "Shape", [u], "sequences", attributes: [("start", .integer(1)), ("end", .integer(2))])
    let outputs = measured.outputs.map(widened)
    let given = measured.given.mapValues(widened)

    var made = ONNXEquations(equations, builder) { made, reference in
      try Self.shifted(&made, reference, batch)
    }
    (made.lead, made.measured, made.given) = (lead, outputs, given)
    made.values[0] = u
    for place in order {
      if let unit = finder.units[place] {
        made.values[place] = try node(unit, &made, lead, batch)
      } else {
        try made.compute(place)
      }
    }
    if format.isBatched {
      _ = try made.outputs(ports.output)
    } else {
      made.builder.node("Squeeze", [try made.outputs(), axis], output: ports.output)
    }
    var graph = ONNX.Graph(
      name: "backtune", nodes: made.builder.nodes, tensors: made.builder.tensors)
    (graph.inputs, graph.outputs) = (ports.inputs, ports.outputs)
    return graph
  }

  /// A signal some steps ago, at all times: what was before t = 0 stands before it.
  private static func shifted(
    _ made: inout ONNXEquations, _ reference: Equations.Reference, _ batch: String
  ) throws -> String {
    let signal = made.equations.signals[reference.signal]
    guard let value = made.values[reference.signal] else {
      throw BacktuneError.network("format onnx: \(signal.name) is read before it is computed")
    }
    let (lag, size) = (reference.lag, signal.size)
    let before = try made.builder.constant(
      "\(signal.name).before", Array(signal.past.prefix(lag).reversed().joined()), [lag, 1, size])
    let shape = made.builder.joined(
      [try made.builder.integers([lag]), batch, try made.builder.integers([size])], axis: 0)
    let rows = made.builder.node("Expand", [before, shape])
    return try made.builder.slice(
      made.builder.joined([rows, value], axis: 0), 0, -lag, axis: 0)
  }

  // MARK: Order

  /// Signals in an order in which all that is read of others, at whatever time, is known.
  private func order() throws -> [Int] {
    let inner = finder.units.values.reduce(into: Set<Int>()) { $0.formUnion($1.inner) }
    func sources(_ place: Int) -> [Int] {
      let found =
        finder.units[place]?.sources(equations) ?? equations.signals[place].equation.sources
      return found.map(\.signal)
    }
    var (order, done): ([Int], Set<Int>) = ([], [])
    for first in equations.signals.indices where !inner.contains(first) && !done.contains(first) {
      var path = [first]
      var left = [sources(first)]
      while let place = path.last {
        guard let next = left[left.count - 1].popLast() else {
          order.append(place)
          done.insert(place)
          path.removeLast()
          left.removeLast()
          continue
        }
        if let begin = path.firstIndex(of: next) { throw loop(Array(path[begin...])) }
        guard !done.contains(next) else { continue }
        path.append(next)
        left.append(sources(next))
      }
    }
    return order
  }

  /// What is to be said of signals that depend on each other's past.
  private func loop(_ path: [Int]) -> BacktuneError {
    let known = path.first { finder.reasons[$0] != nil }
    let place = known ?? path.max() ?? 0
    let reason = known.flatMap { finder.reasons[$0] } ?? "no node of ONNX does"
    return .network(
      "format onnx: form 'rnn' cannot say \(equations.text(of: place)): \(reason); expected units that are exactly RNN, LSTM or GRU of ONNX, or form 'scan'"
    )
  }

  // MARK: Nodes

  /// The output of the node of a unit, [time][sequence][node].
  private func node(
    _ unit: ONNXUnit, _ made: inout ONNXEquations, _ lead: String, _ batch: String
  ) throws -> String {
    let sources = unit.sources(equations)
    let (size, name) = (equations.signals[unit.output].size, equations.signals[unit.output].name)
    var parts: [String] = []
    for source in sources { parts.append(try made.value(source)) }
    // A node has an input, whatever it is.
    if parts.isEmpty { parts = [try made.constant([0], "nothing")] }
    let weights = try UnitWeights(unit, sources, equations)
    let gates = unit.gates.count
    let x = made.builder.joined(parts)
    let w = try made.builder.constant("\(name).W", weights.input, [1, gates * size, weights.width])
    let r = try made.builder.constant("\(name).R", weights.recurrent, [1, gates * size, size])
    let b = try made.builder.constant("\(name).B", weights.bias, [1, 2 * gates * size])
    var inputs = [x, w, r, b, "", try start(unit.output, &made, batch)]
    if let cell = unit.cell { inputs.append(try start(cell, &made, batch)) }
    var attributes: [(name: String, value: ONNX.Attribute)] = [
      ("hidden_size", .integer(size)), ("activations", .texts(unit.activations.map(\.name))),
    ]
    let parameters = unit.activations.filter { !$0.parameters.isEmpty }.map(\.parameters)
    if !parameters.isEmpty {
      attributes.append(("activation_alpha", .floats(parameters.map { Float($0[0]) })))
      attributes.append(("activation_beta", .floats(parameters.map { Float($0[1]) })))
    }
    if unit.kind == .gru { attributes.append(("linear_before_reset", .integer(1))) }
    let y = made.builder.node(
      unit.kind.rawValue, inputs, "\(name).directions", attributes: attributes)
    return made.builder.node("Squeeze", [y, try made.builder.integers([1])], name)
  }

  /// What a signal was before t = 0, in all sequences.
  private func start(
    _ place: Int, _ made: inout ONNXEquations, _ batch: String
  ) throws -> String {
    let signal = equations.signals[place]
    let row = signal.past.first ?? [Double](repeating: 0, count: signal.size)
    let before = try made.builder.constant("\(signal.name).start", row, [1, 1, signal.size])
    let shape = made.builder.joined(
      [try made.builder.integers([1]), batch, try made.builder.integers([signal.size])], axis: 0)
    return made.builder.node("Expand", [before, shape])
  }
}

/// The weights of a unit as its node has them: gate by gate, node by node.
private struct UnitWeights {
  let width: Int
  private(set) var input: [Double]
  private(set) var recurrent: [Double]
  /// Those of what is read from outside, then those of h(t-1).
  private(set) var bias: [Double]

  init(_ unit: ONNXUnit, _ sources: [Equations.Reference], _ equations: Equations) throws {
    let size = equations.signals[unit.output].size
    let gates = unit.gates.count
    var firsts: [Equations.Reference: Int] = [:]
    var width = 0
    for source in sources {
      firsts[source] = width
      width += equations.signals[source.signal].size
    }
    self.width = max(width, 1)
    try MemoryBudget.bytes(doubles: [gates * size, self.width + size, 8], for: "export")
    input = [Double](repeating: 0, count: gates * size * self.width)
    recurrent = [Double](repeating: 0, count: gates * size * size)
    bias = [Double](repeating: 0, count: 2 * gates * size)
    for (place, gate) in unit.gates.enumerated() {
      let (scale, row) = (gate.function.scale, place * size)
      for product in gate.linear.products {
        add(product, scale, row, size, unit, firsts, equations)
      }
      let own = gate.linear.bias.map { equations.values($0) } ?? [Double](repeating: 0, count: size)
      for i in 0..<size { bias[row + i] = scale * own[i] + gate.function.shift }
    }
    guard let reset = unit.reset else { return }
    let (scale, row) = (unit.gates[gates - 1].function.scale, (gates - 1) * size)
    for product in reset.products { add(product, scale, row, size, unit, firsts, equations) }
    let kept = reset.bias.map { equations.values($0) } ?? []
    for (i, value) in kept.enumerated() {
      bias[gates * size + row + i] = scale * value
    }
  }

  /// Adds a product to the rows of a gate.
  private mutating func add(
    _ product: Equations.Product, _ scale: Double, _ row: Int, _ size: Int, _ unit: ONNXUnit,
    _ firsts: [Equations.Reference: Int], _ equations: Equations
  ) {
    let columns = equations.signals[product.source.signal].size
    guard columns > 0 else { return }
    let values = equations.matrix(product, rows: size)
    for i in 0..<size {
      for j in 0..<columns {
        let value = scale * values[i * columns + j]
        if product.source == unit.recurrent {
          recurrent[(row + i) * size + j] += value
        } else {
          input[(row + i) * width + (firsts[product.source] ?? 0) + j] += value
        }
      }
    }
  }
}
