import BacktuneNumerics

/// Long short-term memory, equation (8) of RR-9100:
///
///     x = k(yo) tanh(s);  s = k(yf) s(t-1) + k(yi) tanh(h);  h = a + W x(t-1) + B i(t-1)
///     yo, yf, yi = a + p s(t-1) + W x(t-1) + B i(t-1)
///
/// Groups `h`, `yo`, `yf`, `yi`, `s`, `x`. Options: `peephole` (false): the diagonal p; `bias` (true); `profile` of the
/// gates k ("zeta", or "logistic"); `sources` (the unit itself at lag 1 and the input at `input_lag`, 1), which all four
/// linear combinations read.
package struct LSTMUnit: Unit {
  package static let kind = "lstm"
  private let size: Int
  private let peephole: Bool
  private let bias: Bool
  private let gate: ScalarFunction
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    peephole = try options.bool("peephole", default: false)
    bias = try options.bool("bias", default: true)
    gate = try options.gateProfile()
    sources = try options.recurrentSources()
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let h = try network.addLearnware("\(name).h", size: size)
    let gates = try ["yo", "yf", "yi"].map { try network.addLearnware("\(name).\($0)", size: size) }
    let s = try network.addFirmware("\(name).s", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    for group in [h] + gates {
      try network.drive(group, bias: bias, by: sources, itself: x)
      if peephole && group != h {
        try network.connect(Source(s, lag: 1), to: group, form: .diagonal, role: "p")
      }
    }
    let (yo, yf, yi) = (gates[0], gates[1], gates[2])
    let tanh = ScalarFunction.zeta(a: -1, b: 1)
    try network.addTerm(
      to: s, factors: [(gate, Source(yf, lag: 0)), (.identity, Source(s, lag: 1))])
    try network.addTerm(to: s, factors: [(gate, Source(yi, lag: 0)), (tanh, Source(h, lag: 0))])
    try network.addTerm(to: x, factors: [(gate, Source(yo, lag: 0)), (tanh, Source(s, lag: 0))])
    return x
  }
}

/// Gated recurrent unit (appendix A of RR-9100, after Cho et al. 2014):
///
///     x = k(z) x(t-1) + (1 - k(z)) tanh(h);  h = hi + k(r) m;  hi = a + B i(t-1);  m = b + U x(t-1)
///     z, r = a + W x(t-1) + B i(t-1)
///
/// Groups `m`, `z`, `r`, `hi`, `h`, `x`; m's bias b is `m.a`. Options: `bias` (true), `profile` of the gates k, `sources`
/// (the unit itself at lag 1 and the input at `input_lag`, 1).
package struct GRUUnit: Unit {
  package static let kind = "gru"
  private let size: Int
  private let bias: Bool
  private let gate: ScalarFunction
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    bias = try options.bool("bias", default: true)
    gate = try options.gateProfile()
    sources = try options.recurrentSources()
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let m = try network.addLearnware("\(name).m", size: size)
    let z = try network.addLearnware("\(name).z", size: size)
    let r = try network.addLearnware("\(name).r", size: size)
    let hi = try network.addLearnware("\(name).hi", size: size)
    let h = try network.addFirmware("\(name).h", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    if bias { try network.addBias(to: m) }
    try network.connect(Source(x, lag: 1), to: m, role: "U")
    for group in [z, r] { try network.drive(group, bias: bias, by: sources, itself: x) }
    try network.drive(
      hi, bias: bias, by: sources.filter { $0.place != .itself }, itself: x)
    let tanh = ScalarFunction.zeta(a: -1, b: 1)
    try network.addTerm(to: h, factors: [(.identity, Source(hi, lag: 0))])
    try network.addTerm(
      to: h, factors: [(gate, Source(r, lag: 0)), (.identity, Source(m, lag: 0))])
    try network.addTerm(
      to: x, factors: [(gate, Source(z, lag: 0)), (.identity, Source(x, lag: 1))])
    try network.addTerm(to: x, factors: [(tanh, Source(h, lag: 0))])
    try network.addTerm(
      to: x, coefficient: -1, factors: [(gate, Source(z, lag: 0)), (tanh, Source(h, lag: 0))])
    return x
  }
}

/// Strongly-typed recurrent unit, equation (9) of RR-9100:
///
///     x = k(f) x(t-1) + (1 - k(f)) z;  f = a + g x(t-1);  z = W x(t-1) + B i(t-1)
///
/// Groups `f`, `z`, `x`; g is diagonal. Options: `profile` of the gate k, `sources` (the unit itself at lag 1 and the
/// input at `input_lag`, 1), `mask` or `density` and `seed` of W.
package struct StronglyTypedUnit: Unit {
  package static let kind = "strongly_typed"
  private let size: Int
  private let gate: ScalarFunction
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    gate = try options.gateProfile()
    sources = try options.recurrentSources()
    form = try options.recurrentForm(size: size)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let f = try network.addLearnware("\(name).f", size: size)
    let z = try network.addLearnware("\(name).z", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.addBias(to: f)
    try network.connect(Source(x, lag: 1), to: f, form: .diagonal, role: "g")
    try network.drive(z, bias: false, by: sources, itself: x, form: form)
    try network.mix(x, gate: gate, of: f, keeping: Source(x, lag: 1), taking: Source(z, lag: 0))
    return x
  }
}

extension Network {
  /// x = k(c) kept + (1 - k(c)) taken.
  mutating func mix(
    _ x: GroupID, gate: ScalarFunction, of c: GroupID, keeping kept: Source, taking taken: Source
  ) throws {
    let control = (gate, Source(c, lag: 0))
    try addTerm(to: x, factors: [control, (.identity, kept)])
    try addTerm(to: x, factors: [(.identity, taken)])
    try addTerm(to: x, coefficient: -1, factors: [control, (.identity, taken)])
  }
}
