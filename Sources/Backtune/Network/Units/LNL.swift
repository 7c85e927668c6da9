import BacktuneNumerics

/// x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1). Equation (7) of RR-9100.
///
/// Groups `x2`, `x1` (absent without leak), `x`, of N nodes each; weights `x2.a` [N], `x2.W` [N, N], `x2.B` [N, inputs], and
/// `x1.g` [N] where the leak is adjustable. Further sources have weights `x2.W_unit`.
public struct LNL: Unit, BuiltInUnit {
  public static let kind = "lnl"
  public var size: Int
  /// The function f.
  public var activation: ScalarFunction
  /// The g of x1.
  public var leak: Leak
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What x2 reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of W there are.
  public var recurrence: Recurrence
  /// What it reads of its own past; measured values stand in groups `x.m1`, the number being the lag.
  public var feedback: PastFeedback

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, activation: ScalarFunction = .zeta01, leak: Leak = .none, bias: Bool = true,
    inputLag: Int = 1, sources: [UnitSource]? = nil, recurrence: Recurrence = .full,
    feedback: PastFeedback = .own
  ) {
    (self.size, self.activation, self.leak, self.bias) = (size, activation, leak, bias)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
    self.feedback = feedback
  }

  package static var table: UnitTable<LNL> {
    UnitTable(
      UnitText(
        summary: "leaky nonlinear nodes",
        equations: "x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1)",
        notes: """
          Equation (7) of RR-9100. Groups `x2`, `x1` (the leak, where there is one) and `x`; weights `x2.a`, `x2.W`, \
          `x2.B`, and `x1.g` when the leak is adjusted.
          """,
        example: UnitExample(size: 8, options: #"{"activation": "tanh", "leak": "adjust"}"#)),
      { LNL($0) },
      [.activation(\.activation), .leak(\.leak), .bias(\.bias)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag) + [
          .recurrence(\.recurrence),
          .word(
            "feedback", \.feedback,
            "What it reads of its own past: x(t-1) itself, or what was measured of it, a group `x.m1`."
          ),
        ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    return try build(in: &network, name: name, as: Self.kind)
  }

  /// The same as a part of another unit.
  func build(in network: inout Network, name: String, as kind: String) throws -> GroupID {
    let form = try recurrence.form(size: size, of: "unit \(kind)")
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
    let leak = leak.resolved
    if feedback == .measured, leak == .none, !sources.contains(where: { $0.place == .itself }) {
      throw BacktuneError.argument(
        "option feedback of unit \(name): measured, expected own: the unit reads nothing of its own past"
      )
    }
    let x2 = try network.addLearnware("\(name).x2", size: size)
    var x1: GroupID?
    switch leak {
    case .constant: x1 = try network.addFirmware("\(name).x1", size: size)
    case .adjustable: x1 = try network.addLearnware("\(name).x1", size: size)
    case .none, .timeConstant: break
    }
    let x = try network.addFirmware("\(name).x", size: size)
    try network.drive(
      x2, bias: bias, by: sources, itself: x, form: form, feedback: feedback)
    if let x1 {
      let own = Source(x, lag: 1)
      let past = feedback == .measured ? try network.measured(own) : own
      if case .constant(let g) = leak {
        try network.addTerm(to: x1, coefficient: g, factors: [(.identity, past)])
      } else {
        try network.connect(
          past, to: x1, form: .diagonal, role: "g", options: Leak.weightOptions)
      }
      try network.addTerm(to: x, factors: [(.identity, Source(x1, lag: 0))])
    }
    try network.addTerm(to: x, factors: [(activation, Source(x2, lag: 0))])
    return x
  }
}

/// An ``LNL`` of rectified units with a sparse recurrent matrix. Appendix A of RR-9100.
public struct SparseLNL: Unit, BuiltInUnit {
  public static let kind = "sparse_lnl"
  public var size: Int
  /// The function f.
  public var activation: ScalarFunction
  /// The g of x1.
  public var leak: Leak
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What x2 reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of W there are.
  public var recurrence: Recurrence

  /// - Parameters:
  ///   - size: number N of nodes.
  ///   - recurrence: nil for a part 1/sqrt(N) of the connections, drawn at random.
  public init(
    _ size: Int, activation: ScalarFunction = .relu, leak: Leak = .none, bias: Bool = true,
    inputLag: Int = 1, sources: [UnitSource]? = nil, recurrence: Recurrence? = nil
  ) {
    (self.size, self.activation, self.leak, self.bias) = (size, activation, leak, bias)
    (self.inputLag, self.sources) = (inputLag, sources)
    self.recurrence = recurrence ?? .random(density: 1 / Double(size).squareRoot())
  }

  package static var table: UnitTable<SparseLNL> {
    UnitTable(
      UnitText(
        summary: "rectified nodes with few recurrent connections, 1/sqrt(N) of them",
        equations: "x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1)",
        notes: """
          An `lnl` of another activation and density, with its groups and weights. Appendix A of RR-9100.
          """,
        example: UnitExample(size: 100, options: #"{"leak": 0.5, "seed": 1}"#)),
      { SparseLNL($0) },
      [.activation(\.activation), .leak(\.leak), .bias(\.bias)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag)
        + [.recurrence(\.recurrence, usual: "1/sqrt(size)")])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let unit = LNL(
      size, activation: activation, leak: leak, bias: bias, inputLag: inputLag, sources: sources,
      recurrence: recurrence)
    return try unit.build(in: &network, name: name, as: Self.kind)
  }
}
