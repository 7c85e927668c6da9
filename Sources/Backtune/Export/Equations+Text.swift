import BacktuneNetwork

/// Equations in words, for people who read what was exported.
extension Equations {
  /// All of it: channels, equations, outputs, line by line.
  package var description: [String] {
    var lines = ["A recurrent network, written by backtune.", ""]
    func channels(_ array: String, _ count: Int, _ names: [String], _ units: [String]) {
      guard !names.isEmpty || units.contains(where: { !$0.isEmpty }) else { return }
      for k in 0..<count {
        let unit = units.isEmpty || units[k].isEmpty ? "" : " [\(units[k])]"
        lines.append("\(array)[\(k)] is \(names.isEmpty ? "in" : names[k])\(unit)")
      }
    }
    channels("u", inputCount, labels.inputNames, labels.inputUnits)
    channels("y", outputCount, labels.outputNames, labels.outputUnits)
    if let time = labels.samplingTime { lines.append("a time step is \(time) seconds") }
    if lines.last != "" { lines.append("") }
    lines.append("At every time step t, u being the input:")
    lines += signals.indices.dropFirst().map { "  " + text(of: $0) }
    var first = 0
    for output in outputs {
      let last = first + output.count - 1
      let range = first == last ? "y[\(first)]" : "y[\(first)..\(last)]"
      let part = output.count < signals[output.signal].size ? "the first of " : ""
      lines.append("  \(range) = \(part)\(signals[output.signal].name)(t)")
      first += output.count
    }
    if !legend.isEmpty { lines += ["where"] + legend.map { "  " + $0 } }
    return lines
  }

  /// The equation of a signal: `lnl.x2(t) = a + W lnl.x(t-1) + B u(t-1)`. Weights have their names without that of the group
  /// where it is the same; `diag(g) v` stands for a diagonal matrix, `.*` for a product of every element.
  package func text(of place: Int) -> String {
    let signal = signals[place]
    func named(_ table: Int) -> String {
      let name = tables[table].name
      return name.hasPrefix(signal.name + ".")
        ? String(name.dropFirst(signal.name.count + 1)) : name
    }
    let left = "\(signal.name)(t) = "
    switch signal.equation {
    case .input: return "\(left)the input"
    case .linear(let linear):
      let products = linear.products.map { product in
        let weight = named(product.table)
        let matrix = if case .diagonal = product.form { "diag(\(weight))" } else { weight }
        return "\(matrix) \(text(of: product.source))"
      }
      let sum = (linear.bias.map { [named($0.table)] } ?? []) + products
      return left + (sum.isEmpty ? "0" : sum.joined(separator: " + "))
    case .elementwise(let terms): return left + text(of: terms)
    case .softmax(let source, let temperature):
      let argument = text(of: source)
      return "\(left)softmax(\(temperature == 1 ? argument : "\(argument) / \(temperature)"))"
    case .known(let own, let measured):
      return
        "\(left)what is measured of \(measured.group) at t, \(text(of: own)) where it is not known"
    }
  }

  /// What the functions are that the equations name.
  package var legend: [String] {
    var found: [String] = []
    func add(_ line: String?) { if let line, !found.contains(line) { found.append(line) } }
    for signal in signals {
      switch signal.equation {
      case .elementwise(let terms):
        for factor in terms.flatMap(\.factors) { add(factor.function.legend) }
      case .softmax: add("softmax(v)_i = exp(v_i) / sum_j exp(v_j)")
      default: break
      }
    }
    return found
  }

  private func text(of reference: Reference) -> String {
    "\(signals[reference.signal].name)(t\(reference.lag == 0 ? "" : "-\(reference.lag)"))"
  }

  private func text(of terms: [Term]) -> String {
    var sum = ""
    for term in terms {
      let isNegative = term.coefficient < 0
      let magnitude = abs(term.coefficient)
      var product = term.factors.map { $0.function.text(of: text(of: $0.source)) }
      if magnitude != 1 || product.isEmpty { product.insert("\(magnitude)", at: 0) }
      let sign = sum.isEmpty ? (isNegative ? "-" : "") : (isNegative ? " - " : " + ")
      sum += sign + product.joined(separator: " .* ")
    }
    return sum.isEmpty ? "0" : sum
  }
}

extension ScalarFunction {
  func text(of argument: String) -> String {
    switch self {
    case .identity: argument
    case .tanh: "tanh(\(argument))"
    case .zeta01: "zeta01(\(argument))"
    case .zeta(let a, let b): "zeta[\(a),\(b)](\(argument))"
    case .softplus(let eps): "softplus[\(eps)](\(argument))"
    case .upsilon(let w): "upsilon[\(w)](\(argument))"
    default: "\(name)(\(argument))"
    }
  }

  /// What it is, where its name does not say so.
  var legend: String? {
    switch self {
    case .tanh: nil
    case .zeta01: "zeta01(v) = 1 / (1 + exp(-4 v))"
    case .zeta: "zeta[a,b](v) = (a + b) / 2 + (b - a) / 2 tanh(2 v / (b - a))"
    case .logistic: "logistic(v) = 1 / (1 + exp(-v))"
    case .relu: "relu(v) = v above 0, else 0"
    case .softplus: "softplus[e](v) = e log(1 + exp(v / e))"
    case .reciprocal: "reciprocal(v) = 1 / v"
    case .upsilon: "upsilon[w](v) = 1 / (1 + exp(-4 w (v - 1/2)))"
    case .step: "step(v) = 0 below 1/2, 1/2 at it, 1 above it"
    case .identity, .exp, .log, .square: nil
    }
  }
}
