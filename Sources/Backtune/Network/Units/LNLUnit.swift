import BacktuneNumerics

/// x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1). Equation (7) of RR-9100.
///
/// Groups `x2`, `x1` (absent without leak), `x`; weights `x2.a`, `x2.W`, `x2.B`, and `x1.g` where the leak is adjustable,
/// in [0, 0.999], drawn in [0, 0.5]. Options: `activation` (zeta01), `leak` (none; a number in [0, 0.999]; "adjust"),
/// `bias` (true), `sources` (the unit itself at lag 1 and the input at `input_lag`, 1), `mask` or `density` and `seed`
/// of the recurrent matrix.
package struct LNLUnit: Unit {
  package static let kind = "lnl"
  package static let largestLeak = 0.999

  private enum Leak {
    case none
    case constant(Double)
    case adjustable
  }

  private let size: Int
  private let activation: ScalarFunction
  private let leak: Leak
  private let bias: Bool
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout UnitOptions) throws {
    self.size = size
    activation = try options.activation("activation", default: .zeta(a: 0, b: 1))
    switch options.take("leak") {
    case nil: leak = .none
    case .number(0): leak = .none
    case .text("adjust"): leak = .adjustable
    case .number(let g) where g > 0 && g <= Self.largestLeak: leak = .constant(g)
    case .some(let other):
      throw options.wrong("leak", other, "a number in [0, \(Self.largestLeak)] or 'adjust'")
    }
    bias = try options.bool("bias", default: true)
    let inputLag = try options.integer("input_lag", default: 1, least: 0)
    sources = try options.sources(default: [
      UnitSource(place: .itself, lag: 1), UnitSource(place: .input, lag: inputLag),
    ])
    form = try options.recurrentForm(size: size)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let x2 = try network.addLearnware("\(name).x2", size: size)
    var x1: GroupID?
    switch leak {
    case .none: break
    case .constant: x1 = try network.addFirmware("\(name).x1", size: size)
    case .adjustable: x1 = try network.addLearnware("\(name).x1", size: size)
    }
    let x = try network.addFirmware("\(name).x", size: size)
    if bias { try network.addBias(to: x2) }
    try network.connect(sources, to: x2, itself: x, form: form)
    if let x1 {
      let past = Source(x, lag: 1)
      switch leak {
      case .none: break
      case .constant(let g):
        try network.addTerm(to: x1, coefficient: g, factors: [(.identity, past)])
      case .adjustable:
        try network.connect(
          past, to: x1, form: .diagonal, role: "g",
          options: WeightOptions(
            lower: 0, upper: Self.largestLeak, draw: .uniform(lower: 0, upper: 0.5)))
      }
      try network.addTerm(to: x, factors: [(.identity, Source(x1, lag: 0))])
    }
    try network.addTerm(to: x, factors: [(activation, Source(x2, lag: 0))])
    return x
  }
}
