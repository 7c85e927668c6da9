import BacktuneNumerics

/// Long short-term memory, equation (8) of RR-9100:
///
///     x = k(yo) tanh(s);  s = k(yf) s(t-1) + k(yi) tanh(h);  h = a + W x(t-1) + B i(t-1)
///     yo, yf, yi = a + p s(t-1) + W x(t-1) + B i(t-1)
///
/// Groups `h`, `yo`, `yf`, `yi`, `s`, `x`, of N nodes each; weights `h.a` [N], `h.W` [N, N], `h.B` [N, inputs], those of the
/// gates alike, and the diagonal `yo.p`, `yf.p`, `yi.p` [N] with peepholes.
public struct LSTM: Unit, BuiltInUnit {
  public static let kind = "lstm"
  public var size: Int
  /// Whether the gates read s, each node its own.
  public var peephole: Bool
  /// Whether linear combinations have a bias a.
  public var bias: Bool
  /// The function k of the gates.
  public var profile: GateProfile
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What h and the gates read; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, peephole: Bool = false, bias: Bool = true, profile: GateProfile = .zeta,
    inputLag: Int = 1, sources: [UnitSource]? = nil
  ) {
    (self.size, self.peephole, self.bias, self.profile) = (size, peephole, bias, profile)
    (self.inputLag, self.sources) = (inputLag, sources)
  }

  package static var table: UnitTable<LSTM> {
    UnitTable(
      UnitText(
        summary: "long short-term memory, of output, forget and input gates k",
        equations: """
          x = k(yo) tanh(s); s = k(yf) s(t-1) + k(yi) tanh(h); h = a + W x(t-1) + B i(t-1); \
          yo, yf, yi = a + p s(t-1) + W x(t-1) + B i(t-1)
          """,
        notes: """
          Equation (8) of RR-9100. Groups `h`, `yo`, `yf`, `yi`, `s`, `x`; weights `h.a`, `h.W`, `h.B`, those of the \
          gates alike, and `yo.p`, `yf.p`, `yi.p` with peepholes. h and the gates read the same sources.
          """,
        example: UnitExample(size: 8, options: #"{"profile": "logistic"}"#)),
      { LSTM($0) },
      [
        .flag("peephole", \.peephole, "Whether the gates read s, each node its own."),
        .bias(\.bias), .profile(\.profile),
      ] + UnitOption.recurrentSources(\.sources, lag: \.inputLag))
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
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
    let (gate, tanh) = (profile.function, ScalarFunction.tanh)
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
/// Groups `m`, `z`, `r`, `hi`, `h`, `x`, of N nodes each; weights `m.a` [N] (b), `m.U` [N, N], `hi.a` [N], `hi.B`
/// [N, inputs], `z.a` [N], `z.W` [N, N], `z.B` [N, inputs], those of r alike.
public struct GRU: Unit, BuiltInUnit {
  public static let kind = "gru"
  public var size: Int
  /// Whether linear combinations have a bias a.
  public var bias: Bool
  /// The function k of the gates.
  public var profile: GateProfile
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What z and r read, and hi but for the unit itself; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, bias: Bool = true, profile: GateProfile = .zeta, inputLag: Int = 1,
    sources: [UnitSource]? = nil
  ) {
    (self.size, self.bias, self.profile) = (size, bias, profile)
    (self.inputLag, self.sources) = (inputLag, sources)
  }

  package static var table: UnitTable<GRU> {
    UnitTable(
      UnitText(
        summary: "gated recurrent units, of update and reset gates k",
        equations: """
          x = k(z) x(t-1) + (1 - k(z)) tanh(h); h = hi + k(r) m; hi = a + B i(t-1); m = b + U x(t-1); \
          z, r = a + W x(t-1) + B i(t-1)
          """,
        notes: """
          Appendix A of RR-9100, after Cho et al. 2014. Groups `m`, `z`, `r`, `hi`, `h`, `x`; weights `m.a` (b), `m.U`, \
          `hi.a`, `hi.B`, `z.a`, `z.W`, `z.B`, `r.a`, `r.W`, `r.B`. z and r read all sources, hi all but the unit \
          itself, and m the unit itself alone.
          """,
        example: UnitExample(size: 8, options: #"{"profile": "logistic"}"#)),
      { GRU($0) },
      [.bias(\.bias), .profile(\.profile)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag))
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
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
    let (gate, tanh) = (profile.function, ScalarFunction.tanh)
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
/// Groups `f`, `z`, `x`, of N nodes each; weights `f.a` [N], the diagonal `f.g` [N], `z.W` [N, N], `z.B` [N, inputs].
public struct StronglyTyped: Unit, BuiltInUnit {
  public static let kind = "strongly_typed"
  public var size: Int
  /// The function k of the gate.
  public var profile: GateProfile
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What z reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of W there are.
  public var recurrence: Recurrence

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, profile: GateProfile = .zeta, inputLag: Int = 1, sources: [UnitSource]? = nil,
    recurrence: Recurrence = .full
  ) {
    (self.size, self.profile) = (size, profile)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
  }

  package static var table: UnitTable<StronglyTyped> {
    UnitTable(
      UnitText(
        summary: "strongly-typed recurrent units: a gate k that each node sets for itself",
        equations: "x = k(f) x(t-1) + (1 - k(f)) z; f = a + g x(t-1); z = W x(t-1) + B i(t-1)",
        notes: """
          Equation (9) of RR-9100, g diagonal. Groups `f`, `z`, `x`; weights `f.a`, `f.g`, `z.W`, `z.B`. z reads the \
          sources.
          """,
        example: UnitExample(size: 8)),
      { StronglyTyped($0) },
      [.profile(\.profile)] + UnitOption.recurrentSources(\.sources, lag: \.inputLag)
        + [.recurrence(\.recurrence)])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let form = try recurrence.form(size: size, of: "unit \(Self.kind)")
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
    let f = try network.addLearnware("\(name).f", size: size)
    let z = try network.addLearnware("\(name).z", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.addBias(to: f)
    try network.connect(Source(x, lag: 1), to: f, form: .diagonal, role: "g")
    try network.drive(z, bias: false, by: sources, itself: x, form: form)
    try network.mix(
      x, gate: profile.function, of: f, keeping: Source(x, lag: 1), taking: Source(z, lag: 0))
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
