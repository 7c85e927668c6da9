/// What an ONNX file is made of, as far as exports need it, and how that is written. Numbers of fields are those of
/// onnx.proto.
enum ONNX {
  /// The standard operators of this release are meant, and the form of files that came with it: ONNX 1.12 of 2022.
  static let opset = 17
  static let version = 8

  /// By their numbers in TensorProto.DataType.
  enum Element: Int {
    case float = 1
    case integer = 7
    case double = 11
  }

  struct Tensor {
    let name: String
    let element: Element
    let shape: [Int]
    let bytes: [UInt8]

    var message: Protobuf {
      var message = Protobuf()
      for size in shape { message.add(1, size) }
      message.add(2, element.rawValue)
      message.add(8, name)
      message.add(9, bytes)
      return message
    }
  }

  enum Attribute {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case floats([Float])
    case text(String)
    case texts([String])
    case graph(Graph)

    func message(_ name: String) -> Protobuf {
      var message = Protobuf()
      message.add(1, name)
      let type: Int
      switch self {
      case .float(let value):
        message.add(2, value)
        type = 1
      case .integer(let value):
        message.add(3, value)
        type = 2
      case .text(let value):
        message.add(4, value)
        type = 3
      case .graph(let value):
        message.add(6, value.message)
        type = 5
      case .floats(let values):
        for value in values { message.add(7, value) }
        type = 6
      case .integers(let values):
        for value in values { message.add(8, value) }
        type = 7
      case .texts(let values):
        for value in values { message.add(9, value) }
        type = 8
      }
      message.add(20, type)
      return message
    }
  }

  struct Node {
    let operation: String
    /// An empty name: an optional input that is not there.
    let inputs: [String]
    let outputs: [String]
    let attributes: [(name: String, value: Attribute)]

    var message: Protobuf {
      var message = Protobuf()
      for input in inputs { message.add(1, input) }
      for output in outputs { message.add(2, output) }
      message.add(3, outputs.first { !$0.isEmpty } ?? operation)
      message.add(4, operation)
      for attribute in attributes { message.add(5, attribute.value.message(attribute.name)) }
      return message
    }
  }

  enum Dimension {
    case fixed(Int)
    case named(String)

    var message: Protobuf {
      var message = Protobuf()
      switch self {
      case .fixed(let size): message.add(1, size)
      case .named(let name): message.add(2, name)
      }
      return message
    }
  }

  /// An input or an output.
  struct Value {
    let name: String
    let element: Element
    /// nil: any.
    let shape: [Dimension]?
    var about = ""

    var message: Protobuf {
      var tensor = Protobuf()
      tensor.add(1, element.rawValue)
      if let shape {
        var dimensions = Protobuf()
        for dimension in shape { dimensions.add(1, dimension.message) }
        tensor.add(2, dimensions)
      }
      var type = Protobuf()
      type.add(1, tensor)
      var message = Protobuf()
      message.add(1, name)
      message.add(2, type)
      if !about.isEmpty { message.add(3, about) }
      return message
    }
  }

  struct Graph {
    let name: String
    var nodes: [Node] = []
    var tensors: [Tensor] = []
    var inputs: [Value] = []
    var outputs: [Value] = []

    var message: Protobuf {
      var message = Protobuf()
      for node in nodes { message.add(1, node.message) }
      message.add(2, name)
      for tensor in tensors { message.add(5, tensor.message) }
      for input in inputs { message.add(11, input.message) }
      for output in outputs { message.add(12, output.message) }
      return message
    }
  }

  /// The content of a file.
  static func model(_ graph: Graph, about: String, properties: [(name: String, value: String)])
    -> [UInt8]
  {
    var message = Protobuf()
    message.add(1, version)
    message.add(2, "backtune")
    message.add(6, about)
    message.add(7, graph.message)
    var operators = Protobuf()
    operators.add(1, "")
    operators.add(2, opset)
    message.add(8, operators)
    for property in properties {
      var entry = Protobuf()
      entry.add(1, property.name)
      entry.add(2, property.value)
      message.add(14, entry)
    }
    return message.bytes
  }
}
