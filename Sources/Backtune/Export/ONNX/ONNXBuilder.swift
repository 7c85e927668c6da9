import BacktuneNetwork
import BacktuneNumerics

/// Makes nodes and constants of an ONNX graph, with names that are all different.
struct ONNXBuilder {
  let element: ONNX.Element
  /// Of the graph that is being made.
  var nodes: [ONNX.Node] = []
  /// Constants of all graphs: inner ones read those of the outer one.
  private(set) var tensors: [ONNX.Tensor] = []
  private var taken: Set<String> = []
  private var numbers: [UInt64: String] = [:]
  private var lists: [[Int]: String] = [:]

  /// What a file may have: a message of protocol buffers is below 2 GiB.
  private static let mostBytes = 1 << 31 - 1 << 20
  private var size = 0

  init(_ element: ONNX.Element) { self.element = element }

  /// That name, or one like it where it is taken.
  mutating func name(_ wanted: String) -> String {
    taken.take(wanted)
  }

  // MARK: Nodes

  /// Adds a node of one output, the name of which is returned; as it is where it comes as `output`.
  @discardableResult
  mutating func node(
    _ operation: String, _ inputs: [String], _ wanted: String = "", output: String? = nil,
    attributes: [(name: String, value: ONNX.Attribute)] = []
  ) -> String {
    let output = output ?? name(wanted.isEmpty ? operation.lowercased() : wanted)
    nodes.append(
      .init(operation: operation, inputs: inputs, outputs: [output], attributes: attributes))
    return output
  }

  /// The elements from one place to another of an axis; places below 0 count from its end.
  mutating func slice(_ value: String, _ from: Int, _ to: Int, axis: Int = -1) throws -> String {
    node(
      "Slice", [value, try integers([from]), try integers([to]), try integers([axis])])
  }

  /// Several values one after the other.
  @discardableResult
  mutating func joined(
    _ values: [String], axis: Int = -1, _ wanted: String = "", output: String? = nil
  ) -> String {
    if values.count == 1, output == nil { return values[0] }
    return node("Concat", values, wanted, output: output, attributes: [("axis", .integer(axis))])
  }

  // MARK: Constants

  /// - Throws: `.memory` past the budget, `.network` past what a file may hold.
  mutating func constant(_ wanted: String, _ values: [Double], _ shape: [Int]) throws -> String {
    let name = name(wanted)
    try add(name, values, shape)
    return name
  }

  /// A constant of a name that is its own already.
  mutating func add(_ name: String, _ values: [Double], _ shape: [Int]) throws {
    // Twice: it stands in the messages around it too.
    _ = try MemoryBudget.bytes(doubles: [values.count, 4], for: "export")
    let bytes =
      element == .float
      ? values.map { Float($0).bitPattern }.littleEndianBytes
      : values.map(\.bitPattern).littleEndianBytes
    try append(.init(name: name, element: element, shape: shape, bytes: bytes))
  }

  /// A number, each once.
  mutating func number(_ value: Double) throws -> String {
    if let found = numbers[value.bitPattern] { return found }
    let name = try constant("number", [value], [])
    numbers[value.bitPattern] = name
    return name
  }

  /// A list of integers, each once.
  mutating func integers(_ values: [Int]) throws -> String {
    if let found = lists[values] { return found }
    let name = name("integers")
    try append(
      .init(
        name: name, element: .integer, shape: [values.count],
        bytes: values.map { Int64($0) }.littleEndianBytes))
    lists[values] = name
    return name
  }

  private mutating func append(_ tensor: ONNX.Tensor) throws {
    size += tensor.bytes.count
    guard size < Self.mostBytes else {
      throw BacktuneError.network(
        "format onnx: more than 2 GiB of weights, which a file cannot hold")
    }
    tensors.append(tensor)
  }
}
