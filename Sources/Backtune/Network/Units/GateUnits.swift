import BacktuneNumerics

/// A memory gate, appendix D of RR-9100: x = (1 - k(c)) x(t-1) + k(c) v, each node keeping its value or taking v.
///
/// Groups `c` = a + W x(t-1) + B i(t-1), `v` = a + B i(t), `x`. Options: `bias` (true), `profile` of the gate k, `sources`
/// of c (the unit itself at lag 1 and the input at `input_lag`, 1), `value_sources` of v (the input at lag 0).
package struct GateUnit: Unit {
  package static let kind = "gate"
  private let size: Int
  private let bias: Bool
  private let gate: ScalarFunction
  private let sources: [UnitSource]
  private let valueSources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    bias = try options.bool("bias", default: true)
    gate = try options.gateProfile()
    sources = try options.recurrentSources()
    valueSources = try options.sources(
      "value_sources", default: [UnitSource(place: .input, lag: 0)])
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let c = try network.addLearnware("\(name).c", size: size)
    let v = try network.addLearnware("\(name).v", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.drive(c, bias: bias, by: sources, itself: x)
    try network.drive(v, bias: bias, by: valueSources, itself: x)
    try network.mix(x, gate: gate, of: c, keeping: Source(v, lag: 0), taking: Source(x, lag: 1))
    return x
  }
}

/// x = u v, element by element, of two linear combinations u, v = a + W x(t-1) + B i(t-1): the xor by product of
/// appendix D of RR-9100, Lotka-Volterra equations.
///
/// Groups `u`, `v`, `x`. Options: `bias` (true), `sources` (the unit itself at lag 1 and the input at `input_lag`, 1).
package struct ProductUnit: Unit {
  package static let kind = "product"
  private let size: Int
  private let bias: Bool
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    bias = try options.bool("bias", default: true)
    sources = try options.recurrentSources()
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let u = try network.addLearnware("\(name).u", size: size)
    let v = try network.addLearnware("\(name).v", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    for group in [u, v] { try network.drive(group, bias: bias, by: sources, itself: x) }
    try network.addTerm(
      to: x, factors: [(.identity, Source(u, lag: 0)), (.identity, Source(v, lag: 0))])
    return x
  }
}

/// The versatile layer at the end of appendix A of RR-9100: x = sum_k c_k f_k(v), v = a + W x(t-1) + B i(t-1), each node
/// with its own c_k, so that sparse estimation chooses its nonlinearity.
///
/// Groups `v`, `f1`, `f2` ..., `x`; weights `x.c1`, `x.c2` .... Options: `functions` (identity, tanh, zeta01, relu),
/// `bias` (true), `sources` (the unit itself at lag 1 and the input at `input_lag`, 1).
package struct VersatileUnit: Unit {
  package static let kind = "versatile"
  private let size: Int
  private let functions: [ScalarFunction]
  private let bias: Bool
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    functions = try options.functions(
      "functions", default: [.identity, .zeta(a: -1, b: 1), .zeta(a: 0, b: 1), .relu])
    bias = try options.bool("bias", default: true)
    sources = try options.recurrentSources()
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let v = try network.addLearnware("\(name).v", size: size)
    let parts = try functions.indices.map {
      try network.addFirmware("\(name).f\($0 + 1)", size: size)
    }
    let x = try network.addLearnware("\(name).x", size: size)
    try network.drive(v, bias: bias, by: sources, itself: x)
    for (k, part) in parts.enumerated() {
      try network.addTerm(to: part, factors: [(functions[k], Source(v, lag: 0))])
      try network.connect(Source(part, lag: 0), to: x, form: .diagonal, role: "c\(k + 1)")
    }
    return x
  }
}
