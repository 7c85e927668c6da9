import BacktuneNumerics

/// Approximation of a leaky integrate-and-fire unit, equation (10) of RR-9100:
///
///     x = g p + a + W z + B i(t-1);  p = (1 - z) x(t-1);  z = zeta01(q);  q = w (x(t-1) - 1/2)
///
/// z is the spike of the step before, made smooth with the sharpness w = 1/eps; a spike resets the value. Groups `c`
/// (only where w is adjustable), `q`, `z`, `p`, `x`, of N nodes each; weights `x.g` [N], `x.a` [N], `x.W` [N, N], `x.B`
/// [N, inputs], `q.w` [N]. A constant leak is a fixed weight.
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

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, leak: Leak = .constant(0.5), sharpness: Sharpness = .constant(5),
    bias: Bool = true, inputLag: Int = 1, sources: [UnitSource]? = nil,
    recurrence: Recurrence = .full
  ) {
    (self.size, self.leak, self.sharpness, self.bias) = (size, leak, sharpness, bias)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
  }

  package static var table: UnitTable<AIF> {
    UnitTable(
      "x = g p + a + W z + B i(t-1); p = (1 - z) x(t-1); z = zeta01(w (x(t-1) - 1/2))",
      { AIF($0) },
      [.leak(\.leak), .sharpness(\.sharpness), .bias(\.bias)]
        + UnitOption.recurrentSources(\.sources, lag: \.inputLag) + [.recurrence(\.recurrence)])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let form = try recurrence.form(size: size, of: "unit \(Self.kind)")
    let sources = UnitSource.recurrent(sources, inputLag: inputLag)
    if let source = sources.first(where: { $0.place == .itself && $0.lag == 0 }) {
      throw BacktuneError.argument(
        "unit aif: its own spikes at lag \(source.lag), expected 1 or more")
    }
    var c: GroupID?
    if sharpness == .adjustable { c = try network.addFirmware("\(name).c", size: size) }
    let q =
      sharpness == .adjustable
      ? try network.addLearnware("\(name).q", size: size)
      : try network.addFirmware("\(name).q", size: size)
    let z = try network.addFirmware("\(name).z", size: size)
    let p = try network.addFirmware("\(name).p", size: size)
    let x = try network.addLearnware("\(name).x", size: size)
    let past = (ScalarFunction.identity, Source(x, lag: 1))
    if let c {
      try network.addTerm(to: c, factors: [past])
      try network.addTerm(to: c, coefficient: -0.5)
      try network.connect(
        Source(c, lag: 0), to: q, form: .diagonal, role: "w",
        options: WeightOptions(
          lower: Sharpness.range.lowerBound, upper: Sharpness.range.upperBound,
          draw: .uniform(lower: 1, upper: 5)))
    } else if case .constant(let sharpness) = sharpness {
      try network.addTerm(to: q, coefficient: sharpness, factors: [past])
      try network.addTerm(to: q, coefficient: -sharpness / 2)
    }
    try network.addTerm(to: z, factors: [(.zeta01, Source(q, lag: 0))])
    try network.addTerm(to: p, factors: [past])
    try network.addTerm(
      to: p, coefficient: -1, factors: [(.identity, Source(z, lag: 0)), past])
    try connectLeak(in: &network, p, to: x)
    // z(t) is the spike of x(t-1): the unit itself at lag l is z at lag l - 1.
    let spikes = sources.map {
      $0.place == .itself ? UnitSource(place: .itself, lag: $0.lag - 1, mask: $0.mask) : $0
    }
    try network.drive(x, bias: bias, by: spikes, itself: z, form: form)
    return x
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
