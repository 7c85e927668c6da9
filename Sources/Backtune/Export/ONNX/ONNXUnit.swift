import BacktuneNetwork

/// A recurrent unit that is what a node of ONNX says, found among equations.
struct ONNXUnit {
  enum Kind: String {
    case rnn = "RNN"
    case lstm = "LSTM"
    case gru = "GRU"
  }

  /// What enters one of its functions: scale (v of a linear signal) + shift.
  struct Gate {
    let linear: Equations.Linear
    let function: ONNXActivation
  }

  let kind: Kind
  /// Signals of what it gives, h(t), of its cell, and of all that it computes besides.
  let output: Int
  let cell: Int?
  let inner: Set<Int>
  /// In the order of ONNX: of an LSTM input, output, forget, cell; of a GRU update, reset, hidden.
  let gates: [Gate]
  /// What the reset gate of a GRU multiplies: a sum with weights of h(t-1) alone.
  let reset: Equations.Linear?
  let activations: [ONNXActivation]

  /// h(t-1).
  var recurrent: Equations.Reference { .init(signal: output, lag: 1) }

  /// All that it reads from outside, each once.
  func sources(_ equations: Equations) -> [Equations.Reference] {
    var found: [Equations.Reference] = []
    for source in gates.flatMap(\.linear.products).map(\.source)
    where source != recurrent && equations.signals[source.signal].size > 0 {
      if !found.contains(source) { found.append(source) }
    }
    return found
  }
}

/// A function that nodes of ONNX have: name(scale v + shift).
struct ONNXActivation: Equatable {
  let name: String
  var parameters: [Double] = []
  var scale = 1.0
  var shift = 0.0

  /// nil for a function that they have not.
  init?(_ function: ScalarFunction) {
    switch function {
    case .tanh: name = "Tanh"
    case .logistic: name = "Sigmoid"
    case .zeta01: (name, scale) = ("Sigmoid", 4)
    case .upsilon(let w): (name, scale, shift) = ("Sigmoid", 4 * w, -2 * w)
    case .relu: name = "Relu"
    case .softplus(let eps) where eps == 1: name = "Softplus"
    case .identity: (name, parameters) = ("Affine", [1, 0])
    case .zeta(let a, let b) where a == -b: (name, parameters) = ("ScaledTanh", [b, 1 / b])
    default: return nil
    }
  }
}

/// Finds units among equations.
struct ONNXUnitFinder {
  let equations: Equations
  /// By the signals that they give.
  private(set) var units: [Int: ONNXUnit] = [:]
  /// Why what looks like one is none.
  private(set) var reasons: [Int: String] = [:]
  private let readers: [Int: Set<Int>]

  init(_ equations: Equations) {
    self.equations = equations
    var readers: [Int: Set<Int>] = [:]
    for (place, signal) in equations.signals.enumerated() {
      for source in signal.equation.sources { readers[source.signal, default: []].insert(place) }
    }
    self.readers = readers
    for place in equations.signals.indices {
      do throws(Reason) {
        guard let unit = try unit(place) else { continue }
        try checkInner(unit)
        units[place] = unit
      } catch {
        reasons[place] = error.text
      }
    }
  }

  private struct Reason: Error { let text: String }

  private func name(_ place: Int) -> String { equations.signals[place].name }

  /// What is computed inside is for the inside alone.
  private func checkInner(_ unit: ONNXUnit) throws(Reason) {
    let own = unit.inner.union([unit.output])
    for place in unit.inner.sorted() {
      if equations.outputs.contains(where: { $0.signal == place }) {
        throw Reason(text: "its \(name(place)) is an output")
      }
      if let reader = (readers[place] ?? []).subtracting(own).min() {
        throw Reason(text: "its \(name(place)) is read by \(name(reader))")
      }
    }
  }

  // MARK: Kinds

  private func unit(_ place: Int) throws(Reason) -> ONNXUnit? {
    if let found = try lstm(place) { return found }
    if let found = try gru(place) { return found }
    return try rnn(place)
  }

  private func lstm(_ x: Int) throws(Reason) -> ONNXUnit? {
    guard let out = factors(x), out.count == 1, out[0].count == 2, out[0][1].source.lag == 0,
      let cell = factors(out[0][1].source.signal), cell.count == 2, cell[0].count == 2,
      cell[1].count == 2
    else { return nil }
    let s = out[0][1].source.signal
    guard cell[0][1].source == .init(signal: s, lag: 1), cell[0][1].function == .identity else {
      return nil
    }
    let parts = [cell[1][0], out[0][0], cell[0][0], cell[1][1]]
    let gates = try linears(parts)
    for (part, gate) in zip(parts, gates)
    where gate.linear.products.contains(where: { $0.source.signal == s }) {
      throw Reason(
        text:
          "it has peepholes: its \(name(part.source.signal)) reads \(name(s))(t-1), an output gate of ONNX the cell at t"
      )
    }
    for (part, gate) in zip(parts, gates).prefix(3) where gate.function.name != "Sigmoid" {
      throw Reason(text: "the function of its \(name(part.source.signal)) is no logistic one")
    }
    let last = try activation(out[0][1].function, of: s)
    guard last.scale == 1 else {
      throw Reason(text: "the function of its \(name(s)) is none that a node of ONNX has")
    }
    return ONNXUnit(
      kind: .lstm, output: x, cell: s, inner: Set(parts.map(\.source.signal) + [s]), gates: gates,
      reset: nil, activations: [gates[0].function, gates[3].function, last])
  }

  private func gru(_ x: Int) throws(Reason) -> ONNXUnit? {
    guard let out = terms(x), out.map(\.coefficient) == [1, 1, -1],
      out.map(\.factors.count) == [2, 1, 2]
    else { return nil }
    let (update, new) = (out[0].factors[0], out[1].factors[0])
    guard out[0].factors[1].source == .init(signal: x, lag: 1),
      out[0].factors[1].function == .identity, out[2].factors[0] == update,
      out[2].factors[1] == new, new.source.lag == 0,
      let hidden = factors(new.source.signal), hidden.count == 2, hidden[0].count == 1,
      hidden[1].count == 2, hidden[0][0].function == .identity, hidden[1][1].function == .identity
    else { return nil }
    let (reset, held) = (hidden[1][0], hidden[1][1])
    let gates = try linears([update, reset])
    for (part, gate) in zip([update, reset], gates) where gate.function.name != "Sigmoid" {
      throw Reason(text: "the function of its \(name(part.source.signal)) is no logistic one")
    }
    let own = Equations.Reference(signal: x, lag: 1)
    let (fresh, kept) = (try linear(hidden[0][0].source), try linear(held.source))
    guard !fresh.products.contains(where: { $0.source == own }),
      kept.products.allSatisfy({ $0.source == own })
    else {
      throw Reason(text: "its reset gate does not multiply what it reads of itself, and that alone")
    }
    let last = try activation(new.function, of: new.source.signal)
    let inner = [update, reset, new, hidden[0][0], held].map(\.source.signal)
    return ONNXUnit(
      kind: .gru, output: x, cell: nil, inner: Set(inner),
      gates: gates + [.init(linear: fresh, function: last)], reset: kept,
      activations: [gates[0].function, last])
  }

  private func rnn(_ x: Int) throws(Reason) -> ONNXUnit? {
    let own = Equations.Reference(signal: x, lag: 1)
    if case .linear(let linear) = equations.signals[x].equation {
      guard linear.products.contains(where: { $0.source == own }),
        let identity = ONNXActivation(.identity)
      else { return nil }
      return ONNXUnit(
        kind: .rnn, output: x, cell: nil, inner: [],
        gates: [.init(linear: linear, function: identity)], reset: nil, activations: [identity])
    }
    guard let out = factors(x), out.count == 1, out[0].count == 1, out[0][0].source.lag == 0,
      case .linear(let linear) = equations.signals[out[0][0].source.signal].equation,
      linear.products.contains(where: { $0.source == own })
    else { return nil }
    let gate = try linears(out[0])
    return ONNXUnit(
      kind: .rnn, output: x, cell: nil, inner: [out[0][0].source.signal], gates: gate, reset: nil,
      activations: gate.map(\.function))
  }

  // MARK: Parts

  private func terms(_ place: Int) -> [Equations.Term]? {
    if case .elementwise(let terms) = equations.signals[place].equation { terms } else { nil }
  }

  /// Those of the terms of a signal, nil where it is no plain sum of products.
  private func factors(_ place: Int) -> [[Equations.Factor]]? {
    guard let terms = terms(place), terms.allSatisfy({ $0.coefficient == 1 }) else { return nil }
    let width = equations.signals[place].size
    let sources = terms.flatMap { $0.factors.map(\.source.signal) }
    // A source of one node goes with all: nodes of ONNX have none.
    guard sources.allSatisfy({ equations.signals[$0].size == width }) else { return nil }
    return terms.map(\.factors)
  }

  private func linear(_ reference: Equations.Reference) throws(Reason) -> Equations.Linear {
    guard reference.lag == 0,
      case .linear(let linear) = equations.signals[reference.signal].equation
    else { throw Reason(text: "its \(name(reference.signal)) is no sum with weights at t") }
    return linear
  }

  private func linears(_ parts: [Equations.Factor]) throws(Reason) -> [ONNXUnit.Gate] {
    var found: [ONNXUnit.Gate] = []
    for part in parts {
      found.append(
        .init(
          linear: try linear(part.source),
          function: try activation(part.function, of: part.source.signal)))
    }
    return found
  }

  private func activation(
    _ function: ScalarFunction, of place: Int
  ) throws(Reason) -> ONNXActivation {
    guard let found = ONNXActivation(function) else {
      throw Reason(
        text:
          "the function of its \(name(place)), \(function.text(of: "v")), is none that a node of ONNX has"
      )
    }
    return found
  }
}
