import BacktuneNumerics

/// A memory gate, appendix D of RR-9100: x = (1 - k(c)) x(t-1) + k(c) v, each node keeping its value or taking v.
///
/// Groups `c` = a + W x(t-1) + B i(t-1), `v` = a + B i(t), `x`, of N nodes each; weights `c.a` [N], `c.W` [N, N], `c.B`
/// [N, inputs], `v.a` [N], `v.B` [N, inputs].
public struct Gate: Unit, BuiltInUnit {
  public static let kind = "gate"
  public var size: Int
  /// Whether c and v have a bias a.
  public var bias: Bool
  /// The function k.
  public var profile: GateProfile
  /// Lag of the network input in c, in time steps.
  public var inputLag: Int
  /// What c reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// What v reads; nil for the input at lag 0.
  public var valueSources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, bias: Bool = true, profile: GateProfile = .zeta, inputLag: Int = 1,
    sources: [UnitSource]? = nil, valueSources: [UnitSource]? = nil
  ) {
    (self.size, self.bias, self.profile) = (size, bias, profile)
    (self.inputLag, self.sources, self.valueSources) = (inputLag, sources, valueSources)
  }

  package static var table: UnitTable<Gate> {
    UnitTable(
      UnitText(
        summary:
          "memory gates: each node keeps its value, or takes v where its gate k is open",
        equations: "x = (1 - k(c)) x(t-1) + k(c) v; c = a + W x(t-1) + B i(t-1); v = a + B i",
        notes: """
          Appendix D of RR-9100. Groups `c`, `v`, `x`; weights `c.a`, `c.W`, `c.B`, `v.a`, `v.B`. c reads the sources; \
          the bias is that of c and v.
          """,
        example: UnitExample(inputs: 2, size: 4)),
      { Gate($0) },
      [.bias(\.bias), .profile(\.profile)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag)
        + [
          .sources(
            \.valueSources, name: "value_sources", otherwise: "the network input at lag 0, in v")
        ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
    let c = try network.addLearnware("\(name).c", size: size)
    let v = try network.addLearnware("\(name).v", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.drive(c, bias: bias, by: sources, itself: x)
    try network.drive(v, bias: bias, by: UnitSource.feedForward(valueSources), itself: x)
    try network.mix(
      x, gate: profile.function, of: c, keeping: Source(v, lag: 0), taking: Source(x, lag: 1))
    return x
  }
}

/// x = u v, element by element, of two linear combinations u, v = a + W x(t-1) + B i(t-1): the xor by product of
/// appendix D of RR-9100, Lotka-Volterra equations.
///
/// Groups `u`, `v`, `x`, of N nodes each; weights `u.a` [N], `u.W` [N, N], `u.B` [N, inputs], those of v alike.
public struct Product: Unit, BuiltInUnit {
  public static let kind = "product"
  public var size: Int
  /// Whether u and v have a bias a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What u and v read; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(_ size: Int, bias: Bool = true, inputLag: Int = 1, sources: [UnitSource]? = nil) {
    (self.size, self.bias, self.inputLag, self.sources) = (size, bias, inputLag, sources)
  }

  package static var table: UnitTable<Product> {
    UnitTable(
      UnitText(
        summary: "products, node by node, of two linear combinations",
        equations: "x = u v; u, v = a + W x(t-1) + B i(t-1)",
        notes: """
          The xor by a product of appendix D of RR-9100; Lotka-Volterra equations. Groups `u`, `v`, `x`; weights `u.a`, \
          `u.W`, `u.B`, `v.a`, `v.W`, `v.B`. u and v read the same sources.
          """,
        example: UnitExample(inputs: 2, size: 1, text: "it can learn the xor")),
      { Product($0) },
      [.bias(\.bias)] + UnitOption.recurrentSources(\.sources, lag: \.inputLag))
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
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
/// Groups `v`, `f1`, `f2` ..., `x`, of N nodes each; weights `v.a` [N], `v.W` [N, N], `v.B` [N, inputs], and the diagonal
/// `x.c1`, `x.c2` ... [N].
public struct Versatile: Unit, BuiltInUnit {
  public static let kind = "versatile"
  public var size: Int
  /// The f_k, one or more.
  public var functions: [ScalarFunction]
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What v reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, functions: [ScalarFunction] = [.identity, .tanh, .zeta01, .relu],
    bias: Bool = true, inputLag: Int = 1, sources: [UnitSource]? = nil
  ) {
    (self.size, self.functions, self.bias) = (size, functions, bias)
    (self.inputLag, self.sources) = (inputLag, sources)
  }

  package static var table: UnitTable<Versatile> {
    UnitTable(
      UnitText(
        summary: "nodes that choose their nonlinearity",
        equations: "x = sum_k c_k f_k(v); v = a + W x(t-1) + B i(t-1)",
        notes: """
          The end of appendix A of RR-9100. Each node has its own c_k: where few of them remain, the data have chosen. \
          Groups `v`, `f1`, `f2` ..., `x`; weights `v.a`, `v.W`, `v.B`, `x.c1`, `x.c2` ....
          """,
        example: UnitExample(
          size: 6,
          options: #"{"functions": ["identity", "tanh", {"name": "softplus", "eps": 0.1}]}"#
        )),
      { Versatile($0) },
      [.functions(\.functions), .bias(\.bias)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag))
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
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
