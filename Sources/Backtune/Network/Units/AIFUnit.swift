import BacktuneNumerics

/// Approximation of a leaky integrate-and-fire unit, equation (10) of RR-9100:
///
///     x = g p + a + W z + B i(t-1);  p = (1 - z) x(t-1);  z = zeta01(q);  q = w (x(t-1) - 1/2)
///
/// z is the spike of the step before, made smooth with the sharpness w = 1/eps; a spike resets the value. Groups `c`
/// (only where w is adjustable), `q`, `z`, `p`, `x`; weights `x.g`, `x.a`, `x.W`, `x.B`, `q.w`. Options: `leak` g (0.5;
/// "adjust") or `time_constant` and `dt`; `sharpness` w (5; "adjust": in [0, 100], drawn in [1, 5]); `bias` (true);
/// `sources` (the unit's spikes at lag 1 and the input at `input_lag`, 1); `mask` or `density` and `seed` of W.
package struct AIFUnit: Unit {
  package static let kind = "aif"
  private let size: Int
  private let leak: Leak
  /// Nil = adjustable.
  private let sharpness: Double?
  private let bias: Bool
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    leak = try options.leak(default: .constant(0.5))
    switch options.take("sharpness") {
    case nil: sharpness = 5
    case .text("adjust"): sharpness = nil
    case .number(let w) where w >= 0 && w <= 100: sharpness = w
    case .some(let other):
      throw options.wrong("sharpness", other, "a number in [0, 100] or 'adjust'")
    }
    bias = try options.bool("bias", default: true)
    sources = try options.recurrentSources()
    form = try options.recurrentForm(size: size)
    if let source = sources.first(where: { $0.place == .itself && $0.lag == 0 }) {
      throw BacktuneError.argument(
        "unit aif: its own spikes at lag \(source.lag), expected 1 or more")
    }
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    var c: GroupID?
    if sharpness == nil { c = try network.addFirmware("\(name).c", size: size) }
    let q =
      sharpness == nil
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
        options: WeightOptions(lower: 0, upper: 100, draw: .uniform(lower: 1, upper: 5)))
    } else if let sharpness {
      try network.addTerm(to: q, coefficient: sharpness, factors: [past])
      try network.addTerm(to: q, coefficient: -sharpness / 2)
    }
    try network.addTerm(to: z, factors: [(.zeta(a: 0, b: 1), Source(q, lag: 0))])
    try network.addTerm(to: p, factors: [past])
    try network.addTerm(
      to: p, coefficient: -1, factors: [(.identity, Source(z, lag: 0)), past])
    try connectLeak(in: &network, p, to: x)
    // z(t) is the spike of x(t-1): the unit itself at lag l is z at lag l - 1.
    let spikes = sources.map {
      $0.place == .itself ? UnitSource(place: .itself, lag: $0.lag - 1) : $0
    }
    try network.drive(x, bias: bias, by: spikes, itself: z, form: form)
    return x
  }

  private func connectLeak(in network: inout Network, _ p: GroupID, to x: GroupID) throws {
    var options = Leak.weightOptions
    var value = 0.0
    switch leak {
    case .none: return
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
