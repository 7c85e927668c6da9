import BacktuneNetwork
import BacktuneNumerics

/// The graph of one time step, by itself or in a loop over the times of a sequence. All that is read of the past is one
/// vector, the state: of every signal s that is, s(t-1), s(t-2) and so on.
struct ONNXLoop {
  private let format: ONNXFormat
  private let equations: Equations
  private var builder: ONNXBuilder
  /// Where the past of a signal begins in the state.
  private var places: [Int: Int] = [:]
  private var start: [Double] = []

  init(_ format: ONNXFormat, _ equations: Equations) {
    (self.format, self.equations) = (format, equations)
    builder = ONNXBuilder(format.element)
    for (place, signal) in equations.signals.enumerated() where signal.depth > 0 && signal.size > 0
    {
      places[place] = start.count
      start += signal.past.joined()
    }
    // A network without a past: there is one value all the same.
    if start.isEmpty { start = [0] }
  }

  mutating func graph() throws -> ONNX.Graph {
    let isLoop = format.form == .scan
    var ports = ONNXPorts(format, equations, &builder)
    let state = builder.name("state")
    let next = builder.name("next_state")
    let batch = ports.sequences(&builder)
    let first = try startOfState(batch, state)
    let measured = try ports.measured(&builder)
    if !isLoop {
      var made = ONNXEquations(equations, builder, past: past(of: first))
      (made.lead, made.measured, made.given) = (batch, measured.outputs, measured.given)
      made.values[0] = ports.input
      try step(&made, first, state: next, outputs: ports.output)
      builder = made.builder
    } else {
      try loop(ports, batch, first, measured, next)
    }
    var graph = ONNX.Graph(name: "backtune", nodes: builder.nodes, tensors: builder.tensors)
    graph.inputs = ports.inputs
    graph.outputs = ports.outputs
    if format.isStreaming {
      let size = ONNX.Dimension.fixed(start.count)
      graph.inputs.append(
        .init(
          name: state, element: format.element,
          shape: format.isBatched ? [.named("starts"), size] : [size],
          about: "next_state of the call before; by default the start of the network"))
      graph.outputs.append(
        .init(
          name: next, element: format.element,
          shape: format.isBatched ? [.named("B"), size] : [size]))
    }
    return graph
  }

  /// The state before the first step, one for each sequence.
  private mutating func startOfState(_ batch: String?, _ state: String) throws -> String {
    let count = start.count
    try builder.add(state, start, format.isBatched ? [1, count] : [count])
    guard let batch else { return state }
    let shape = builder.joined([batch, try builder.integers([count])], axis: 0)
    return builder.node("Expand", [state, shape])
  }

  /// One step of the loop as a graph of its own, and the node that runs it.
  private mutating func loop(
    _ ports: ONNXPorts, _ batch: String?, _ first: String, _ measured: ONNXPorts.Measured,
    _ next: String
  ) throws {
    let outer = builder.nodes
    builder.nodes = []
    let (before, after) = (builder.name("state_before"), builder.name("state_after"))
    let u = builder.name("u_now")
    let y = builder.name("y_now")
    var scanned = [ports.input]
    var inner = [u]
    var now = ONNXPorts.Measured()
    if let outputs = measured.outputs {
      let name = builder.name("measured_now")
      now.outputs = name
      scanned.append(outputs)
      inner.append(name)
    }
    for (place, value) in measured.given.sorted(by: { $0.key < $1.key }) {
      let name = builder.name("\(value)_now")
      now.given[place] = name
      scanned.append(value)
      inner.append(name)
    }
    var made = ONNXEquations(equations, builder, past: past(of: before))
    (made.lead, made.measured, made.given) = (batch, now.outputs, now.given)
    made.values[0] = u
    try step(&made, before, state: after, outputs: y)
    builder = made.builder
    var body = ONNX.Graph(name: "step", nodes: builder.nodes)
    builder.nodes = outer
    // Shapes of outputs are to be said: older run-times do not find all of them.
    let rows: [ONNX.Dimension] = format.isBatched ? [.named("B")] : []
    func value(_ name: String, _ size: Int?) -> ONNX.Value {
      .init(name: name, element: format.element, shape: size.map { rows + [.fixed($0)] })
    }
    body.inputs = [value(before, start.count)] + inner.map { value($0, nil) }
    body.outputs = [value(after, start.count), value(y, equations.outputCount)]
    builder.nodes.append(
      .init(
        operation: "Scan", inputs: [first] + scanned, outputs: [next, ports.output],
        attributes: [
          ("body", .graph(body)), ("num_scan_inputs", .integer(scanned.count)),
        ]))
  }

  /// All equations, the outputs and the next state.
  private func step(
    _ made: inout ONNXEquations, _ before: String, state: String, outputs: String
  ) throws {
    for place in equations.signals.indices { try made.compute(place) }
    _ = try made.outputs(outputs)
    var parts: [String] = []
    for place in places.keys.sorted() {
      let signal = equations.signals[place]
      let first = places[place] ?? 0
      if let value = made.values[place] { parts.append(value) }
      if signal.depth > 1 {
        parts.append(
          try made.builder.slice(before, first, first + (signal.depth - 1) * signal.size))
      }
    }
    if parts.isEmpty { parts = [before] }
    made.builder.joined(parts, output: state)
  }

  /// Takes a past value out of a state.
  private func past(
    of state: String
  ) -> (inout ONNXEquations, Equations.Reference) throws -> String {
    let places = places
    return { made, reference in
      let size = made.size(reference)
      let first = (places[reference.signal] ?? 0) + (reference.lag - 1) * size
      return try made.builder.slice(state, first, first + size)
    }
  }
}
