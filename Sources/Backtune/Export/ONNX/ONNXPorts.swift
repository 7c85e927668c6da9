import BacktuneNetwork

/// The inputs and outputs of a graph.
struct ONNXPorts {
  /// What is measured, of outputs and, by the places of their signals, of groups apart.
  struct Measured {
    var outputs: String?
    var given: [Int: String] = [:]
  }

  let input: String
  let output: String
  private(set) var inputs: [ONNX.Value]
  let outputs: [ONNX.Value]
  private let format: ONNXFormat
  private let equations: Equations
  private var sizes: String?

  init(_ format: ONNXFormat, _ equations: Equations, _ builder: inout ONNXBuilder) {
    (self.format, self.equations) = (format, equations)
    (input, output) = (builder.name("u"), builder.name("y"))
    inputs = [
      .init(
        name: input, element: format.element, shape: format.axes + [.fixed(equations.inputCount)])
    ]
    outputs = [
      .init(
        name: output, element: format.element, shape: format.axes + [.fixed(equations.outputCount)])
    ]
  }

  /// The sizes of the axes before that of the channels as a vector, nil where there are none.
  mutating func lead(_ builder: inout ONNXBuilder) -> String? {
    if format.axes.isEmpty { return nil }
    if let sizes { return sizes }
    let found = builder.node(
      "Shape", [input], "sizes", attributes: [("start", .integer(0)), ("end", .integer(-1))])
    sizes = found
    return found
  }

  /// The number of sequences side by side as a vector of one, nil where there is one sequence.
  mutating func sequences(_ builder: inout ONNXBuilder) -> String? {
    guard format.isBatched else { return nil }
    return builder.node(
      "Shape", [input], "sequences", attributes: [("start", .integer(-2)), ("end", .integer(-1))])
  }

  /// Adds the inputs of what is measured, unknown by default: by itself a network runs freely.
  mutating func measured(_ builder: inout ONNXBuilder) throws -> Measured {
    var found = Measured()
    if equations.readsMeasuredOutputs {
      found.outputs = try add(
        "measured", equations.outputCount, "measured outputs, NaN where they are not known",
        &builder)
    }
    for (place, signal) in equations.signals.enumerated() {
      guard case .known(_, let measured) = signal.equation, measured.count < signal.size else {
        continue
      }
      found.given[place] = try add(
        "measured.\(measured.group)", signal.size,
        "what is measured of \(measured.group), NaN where it is not known", &builder)
    }
    return found
  }

  private mutating func add(
    _ wanted: String, _ size: Int, _ about: String, _ builder: inout ONNXBuilder
  ) throws -> String {
    let name = builder.name(wanted)
    let unknown = [Double](repeating: .nan, count: size)
    try builder.add(name, unknown, format.axes.map { _ in 1 } + [size])
    // One row stands for all.
    let axes = format.axes.map { axis -> ONNX.Dimension in
      if case .named(let axis) = axis { .named("\(axis) or 1") } else { axis }
    }
    inputs.append(
      .init(
        name: name, element: format.element, shape: axes + [.fixed(size)],
        about: "\(about); by default none is"))
    guard let lead = lead(&builder) else { return name }
    let shape = builder.joined([lead, try builder.integers([size])], axis: 0)
    return builder.node("Expand", [name, shape])
  }
}
