import BacktuneNetwork
import BacktuneNumerics

/// Nodes that compute equations, the last axis of all values being that of the nodes of a signal: of one time step, or of
/// whole sequences where nothing but the present is read.
struct ONNXEquations {
  let equations: Equations
  var builder: ONNXBuilder
  /// The sizes of the axes before the last one, where there are any.
  var lead: String?
  /// The present of every signal, as far as it is made.
  var values: [String?]
  /// A past one: the name of signal s at t - l.
  var past: (inout ONNXEquations, Equations.Reference) throws -> String
  /// What is measured: of outputs, one after the other, and of groups apart, by the place of the signal.
  var measured: String?
  var given: [Int: String] = [:]
  private var read: [Equations.Reference: String] = [:]
  private var matrices: [Int: String] = [:]

  /// A product of this many columns for each entry of the fullest row is a matrix no more.
  private static let sparse = 4

  init(
    _ equations: Equations, _ builder: ONNXBuilder,
    past: @escaping (inout ONNXEquations, Equations.Reference) throws -> String
  ) {
    (self.equations, self.builder, self.past) = (equations, builder, past)
    values = Array(repeating: nil, count: equations.signals.count)
  }

  func size(_ reference: Equations.Reference) -> Int { equations.signals[reference.signal].size }

  mutating func value(_ reference: Equations.Reference) throws -> String {
    if reference.lag == 0, let value = values[reference.signal] { return value }
    if let value = read[reference] { return value }
    let value = try past(&self, reference)
    read[reference] = value
    return value
  }

  /// Adds the nodes of a signal.
  mutating func compute(_ place: Int) throws {
    let signal = equations.signals[place]
    switch signal.equation {
    case .input: break
    case .linear(let linear): values[place] = try sum(linear, signal)
    case .elementwise(let terms): values[place] = try sum(of: terms, signal)
    case .softmax(let source, let temperature):
      var argument = try value(source)
      if temperature != 1 {
        argument = builder.node("Div", [argument, try builder.number(temperature)])
      }
      values[place] = builder.node(
        "Softmax", [argument], signal.name, attributes: [("axis", .integer(-1))])
    case .known(let own, let measured):
      values[place] = try known(own, measured, place)
    }
  }

  /// All outputs one after the other.
  mutating func outputs(_ name: String? = nil) throws -> String {
    let parts = try equations.outputs.map { output -> String in
      guard let value = values[output.signal] else {
        throw BacktuneError.network("format onnx: an output is not computed")
      }
      return output.count == equations.signals[output.signal].size
        ? value : try builder.slice(value, 0, output.count)
    }
    return builder.joined(parts, output: name)
  }

  /// A vector at every place of the axes before the last one.
  mutating func constant(_ values: [Double], _ name: String) throws -> String {
    try spread(try builder.constant(name, values, [values.count]), values.count)
  }

  /// A constant at every place.
  mutating func spread(_ constant: String, _ size: Int) throws -> String {
    guard let lead else { return constant }
    let shape = builder.joined([lead, try builder.integers([size])], axis: 0)
    return builder.node("Expand", [constant, shape])
  }

  // MARK: Learnware

  private mutating func sum(
    _ linear: Equations.Linear, _ signal: Equations.Signal
  ) throws -> String {
    let products = linear.products.filter { size($0.source) > 0 }
    let biases = linear.bias.map { equations.values($0) }
    let biasName = linear.bias.map { equations.tables[$0.table].name } ?? signal.name
    guard !products.isEmpty else {
      let zero = [Double](repeating: 0, count: signal.size)
      return try constant(biases ?? zero, biasName)
    }
    var total: String?
    for item in products {
      let own = try product(item, signal)
      total = total.map { builder.node("Add", [$0, own]) } ?? own
    }
    guard let biases, let total else { return total ?? "" }
    let bias = try builder.constant(biasName, biases, [signal.size])
    return builder.node("Add", [total, bias], signal.name)
  }

  private mutating func product(
    _ product: Equations.Product, _ signal: Equations.Signal
  ) throws -> String {
    let (source, table) = (try value(product.source), equations.tables[product.table])
    switch product.form {
    case .diagonal:
      let weights = try builder.constant(table.name, table.values, [table.values.count])
      return builder.node("Mul", [source, weights])
    case .sparse(let entries):
      var rows = [[Equations.Entry]](repeating: [], count: signal.size)
      for entry in entries { rows[entry.node].append(entry) }
      let most = rows.reduce(0) { max($0, $1.count) }
      guard most > 0, most * Self.sparse <= size(product.source) else { break }
      return try gathered(rows, most, of: source, table)
    case .dense: break
    }
    return builder.node("MatMul", [source, try matrix(product, signal)])
  }

  /// The matrix of a product, transposed: values stand in rows.
  private mutating func matrix(
    _ product: Equations.Product, _ signal: Equations.Signal
  ) throws -> String {
    let isWhole = if case .dense = product.form { true } else { false }
    if isWhole, let name = matrices[product.table] { return name }
    let columns = size(product.source)
    let name = try builder.constant(
      equations.tables[product.table].name,
      try equations.transposed(product, rows: signal.size), [columns, signal.size])
    if isWhole { matrices[product.table] = name }
    return name
  }

  /// A product of few entries a row, which are gathered: those that are missing in a row are zero.
  private mutating func gathered(
    _ rows: [[Equations.Entry]], _ most: Int, of source: String, _ table: Equations.Table
  ) throws -> String {
    var (places, weights): ([Int], [Double]) = ([], [])
    for row in rows {
      for k in 0..<most {
        places.append(k < row.count ? row[k].source : 0)
        weights.append(k < row.count ? table.values[row[k].value] : 0)
      }
    }
    let gathered = builder.node(
      "Gather", [source, try builder.integers(places)], attributes: [("axis", .integer(-1))])
    let weighted = builder.node(
      "Mul", [gathered, try builder.constant(table.name, weights, [weights.count])])
    var shape = try builder.integers([rows.count, most])
    if let lead { shape = builder.joined([lead, shape], axis: 0) }
    return builder.node(
      "ReduceSum", [builder.node("Reshape", [weighted, shape]), try builder.integers([-1])],
      attributes: [("keepdims", .integer(0))])
  }

  // MARK: Firmware

  private mutating func sum(
    of terms: [Equations.Term], _ signal: Equations.Signal
  ) throws -> String {
    var total: String?
    for term in terms {
      guard var own = try product(of: term.factors) else {
        let value = try builder.number(term.coefficient)
        total = total.map { builder.node("Add", [$0, value]) } ?? value
        continue
      }
      if term.coefficient == -1, let before = total {
        total = builder.node("Sub", [before, own])
        continue
      }
      if term.coefficient != 1 {
        own = builder.node("Mul", [own, try builder.number(term.coefficient)])
      }
      total = total.map { builder.node("Add", [$0, own]) } ?? own
    }
    let sources = terms.flatMap { $0.factors.map(\.source) }
    let zero = [Double](repeating: 0, count: signal.size)
    guard let total, !sources.isEmpty else {
      let constants = terms.reduce(0) { $0 + $1.coefficient }
      return try constant(zero.map { _ in constants }, signal.name)
    }
    // All of one node: each node gets the same.
    guard signal.size > 1, sources.allSatisfy({ size($0) == 1 }) else { return total }
    return builder.node("Expand", [total, try builder.integers([signal.size])], signal.name)
  }

  private mutating func product(of factors: [Equations.Factor]) throws -> String? {
    var product: String?
    for factor in factors {
      let own = try call(factor.function, try value(factor.source))
      product = product.map { builder.node("Mul", [$0, own]) } ?? own
    }
    return product
  }

  /// f(v).
  private mutating func call(_ function: ScalarFunction, _ v: String) throws -> String {
    func times(_ v: String, _ factor: Double) throws -> String {
      factor == 1 ? v : builder.node("Mul", [v, try builder.number(factor)])
    }
    func plus(_ v: String, _ term: Double) throws -> String {
      term == 0 ? v : builder.node("Add", [v, try builder.number(term)])
    }
    switch function {
    case .identity: return v
    case .zeta01: return builder.node("Sigmoid", [try times(v, 4)])
    case .zeta(let a, let b):
      let tanh = builder.node("Tanh", [try times(v, 2 / (b - a))])
      return try plus(try times(tanh, 0.5 * (b - a)), 0.5 * (a + b))
    case .logistic: return builder.node("Sigmoid", [v])
    case .relu: return builder.node("Relu", [v])
    case .softplus(let eps):
      // max(v, 0) + eps log(1 + exp(-|v| / eps)): nothing overflows.
      let exp = builder.node("Exp", [try times(builder.node("Abs", [v]), -1 / eps)])
      let rest = builder.node("Log", [try plus(exp, 1)])
      return builder.node("Add", [builder.node("Relu", [v]), try times(rest, eps)])
    case .exp: return builder.node("Exp", [v])
    case .log: return builder.node("Log", [v])
    case .reciprocal: return builder.node("Reciprocal", [v])
    case .square: return builder.node("Mul", [v, v])
    case .upsilon(let w):
      return builder.node("Sigmoid", [try times(try plus(v, -0.5), 4 * w)])
    case .step:
      let sign = builder.node("Sign", [try plus(v, -0.5)])
      return try plus(try times(sign, 0.5), 0.5)
    }
  }

  // MARK: Measured

  private mutating func known(
    _ own: Equations.Reference, _ places: Equations.Measured, _ place: Int
  ) throws -> String {
    var found = try value(own)
    let size = equations.signals[place].size
    func chosen(_ measured: String, _ own: String) -> String {
      builder.node("Where", [builder.node("IsNaN", [measured]), own, measured])
    }
    if places.count > 0, let measured {
      let part = try builder.slice(measured, places.output, places.output + places.count)
      if places.count == size {
        found = chosen(part, found)
      } else {
        let first = chosen(part, try builder.slice(found, 0, places.count))
        found = builder.joined([first, try builder.slice(found, places.count, size)])
      }
    }
    return given[place].map { chosen($0, found) } ?? found
  }
}

extension Equations {
  /// The full matrix of a product, [source][node].
  func transposed(_ product: Product, rows: Int) throws -> [Double] {
    let columns = signals[product.source.signal].size
    // Both, and what they become.
    _ = try MemoryBudget.bytes(doubles: [rows, columns, 4], for: "export")
    let matrix = matrix(product, rows: rows)
    var found: [Double] = []
    found.reserveCapacity(matrix.count)
    for j in 0..<columns {
      for i in 0..<rows { found.append(matrix[i * columns + j]) }
    }
    return found
  }
}
