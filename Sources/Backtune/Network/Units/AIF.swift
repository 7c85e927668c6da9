import BacktuneNumerics

/// Approximation of a leaky integrate-and-fire unit, equation (10) of RR-9100:
///
///     x = g p + a + W z + B i(t-1);  p = (1 - z) x(t-1);  z = zeta01(q);  q = w (x(t-1) - 1/2)
///
/// z is the spike of the step before, made smooth with the sharpness w = 1/eps; a spike resets the value. Groups `c`
/// (only where w is adjustable), `q`, `z`, `p`, `x`, of N nodes each; weights `x.g` [N], `x.a` [N], `x.W` [N, N], `x.B`
/// [N, inputs], `q.w` [N]. A constant leak is a fixed weight.
///
/// With measured feedback x(t-1) is read as measured, from the group `x.m1`. With the feedback of measured spikes the group
/// s(t) = zeta01(w (x(t) - 1/2)), the spike of this step and not of the one before, stands for z: what was measured of it
/// is read at lag 1, from the group `s.m1`.
public struct AIF: Unit, BuiltInUnit {
  public static let kind = "aif"
  public var size: Int
  /// g.
  public var leak: Leak
  /// w.
  public var sharpness: Sharpness
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What x reads; nil for the unit's spikes at lag 1, which are z(t), and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of W there are.
  public var recurrence: Recurrence
  /// What it reads of its own past.
  public var feedback: SpikingPastFeedback

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, leak: Leak = .constant(0.5), sharpness: Sharpness = .constant(5),
    bias: Bool = true, inputLag: Int = 1, sources: [UnitSource]? = nil,
    recurrence: Recurrence = .full, feedback: SpikingPastFeedback = .own
  ) {
    (self.size, self.leak, self.sharpness, self.bias) = (size, leak, sharpness, bias)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
    self.feedback = feedback
  }

  package static var table: UnitTable<AIF> {
    UnitTable(
      UnitText(
        summary: "nodes that approximate leaky integrate-and-fire neurons",
        equations: "x = g p + a + W z + B i(t-1); p = (1 - z) x(t-1); z = zeta01(w (x(t-1) - 1/2))",
        notes: """
          Equation (10) of RR-9100. z is the spike of the step before, made smooth with the sharpness w; a spike resets \
          the value. Groups `c` (x(t-1) - 1/2, only where w is adjusted), `q` (w c), `z`, `p` (what the spike leaves of \
          x(t-1)), `x`; weights `x.g`, `x.a`, `x.W`, `x.B`, and `q.w` when the sharpness is adjusted. A constant leak \
          is a fixed weight. As a source the unit itself one time step ago is z(t).
          """,
        example: UnitExample(size: 20, options: #"{"leak": 0.9, "sharpness": "adjust"}"#)),
      { AIF($0) },
      [.leak(\.leak), .sharpness(\.sharpness), .bias(\.bias)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag) + [
          .recurrence(\.recurrence),
          .word(
            "feedback", \.feedback,
            """
            What it reads of its own past: x(t-1) itself; or what was measured of it, a group `x.m1`; or x(t-1) itself, \
            but spikes as measured. The spikes of the last are those of a group `s` in the place of `z`, \
            s(t) = zeta01(w (x(t) - 1/2)) = z(t+1): what was measured of s(t-1), a group `s.m1`, resets x and is what W \
            takes.
            """),
        ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let form = try recurrence.form(size: size, of: "unit \(Self.kind)")
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
    if let source = sources.first(where: { $0.place == .itself && $0.lag == 0 }) {
      throw BacktuneError.argument(
        "unit aif: its own spikes at lag \(source.lag), expected 1 or more")
    }
    let readsSpikes = feedback == .spikes
    var c: GroupID?
    if sharpness == .adjustable { c = try network.addFirmware("\(name).c", size: size) }
    let q =
      sharpness == .adjustable
      ? try network.addLearnware("\(name).q", size: size)
      : try network.addFirmware("\(name).q", size: size)
    let z = try network.addFirmware("\(name).\(readsSpikes ? "s" : "z")", size: size)
    let p = try network.addFirmware("\(name).p", size: size)
    let x = try network.addLearnware("\(name).x", size: size)
    var past = Source(x, lag: 1)
    if feedback == .measured { past = try network.measured(past) }
    let spike = readsSpikes ? try network.measured(Source(z, lag: 1)) : Source(z, lag: 0)
    try connectSlope(in: &network, readsSpikes ? Source(x, lag: 0) : past, to: q, by: c)
    try network.addTerm(to: z, factors: [(.zeta01, Source(q, lag: 0))])
    try network.addTerm(to: p, factors: [(.identity, past)])
    try network.addTerm(
      to: p, coefficient: -1, factors: [(.identity, spike), (.identity, past)])
    try connectLeak(in: &network, p, to: x)
    // z(t) is the spike of x(t-1): the unit itself at lag l is z at lag l - 1. s(t) is that of x(t).
    let spikes = sources.map {
      $0.place == .itself && !readsSpikes
        ? UnitSource(place: .itself, lag: $0.lag - 1, mask: $0.mask) : $0
    }
    try network.drive(
      x, bias: bias, by: spikes, itself: z, form: form,
      feedback: readsSpikes ? .measured : .own)
    return x
  }

  /// q = w (x - 1/2), with x - 1/2 in a group c where w is a weight.
  private func connectSlope(
    in network: inout Network, _ x: Source, to q: GroupID, by c: GroupID?
  ) throws {
    let factors = [(ScalarFunction.identity, x)]
    if let c {
      try network.addTerm(to: c, factors: factors)
      try network.addTerm(to: c, coefficient: -0.5)
      try network.connect(
        Source(c, lag: 0), to: q, form: .diagonal, role: "w",
        options: WeightOptions(
          lower: Sharpness.range.lowerBound, upper: Sharpness.range.upperBound,
          draw: .uniform(lower: 1, upper: 5)))
    } else if case .constant(let sharpness) = sharpness {
      try network.addTerm(to: q, coefficient: sharpness, factors: factors)
      try network.addTerm(to: q, coefficient: -sharpness / 2)
    }
  }

  private func connectLeak(in network: inout Network, _ p: GroupID, to x: GroupID) throws {
    var options = Leak.weightOptions
    var value = 0.0
    switch leak.resolved {
    case .none, .timeConstant: return
    case .adjustable: break
    case .constant(let g):
      options.fixed = true
      value = g
    }
    try network.connect(
      Source(p, lag: 0), to: x, form: .diagonal, role: "g", options: options)
    if options.fixed {
      let name = network.groups[x].name + ".g"
      try network.setWeights(name, Array(repeating: value, count: size))
    }
  }
}
