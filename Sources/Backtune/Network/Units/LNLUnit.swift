import BacktuneNumerics

/// x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1). Equation (7) of RR-9100.
///
/// Groups `x2`, `x1` (absent without leak), `x`; weights `x2.a`, `x2.W`, `x2.B`, and `x1.g` where the leak is adjustable,
/// in [0, 0.999], drawn in [0, 0.5]. Options: `activation` (zeta01), `leak` (none; a number; "adjust") or
/// `time_constant` and `dt`, `bias` (true), `sources` (the unit itself at lag 1 and the input at `input_lag`, 1), `mask`
/// or `density` and `seed` of the recurrent matrix.
package struct LNLUnit: Unit {
  package static let kind = "lnl"

  private let size: Int
  private let activation: ScalarFunction
  private let leak: Leak
  private let bias: Bool
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout JSONOptions) throws {
    try self.init(size: size, activation: .zeta(a: 0, b: 1), density: nil, options: &options)
  }

  /// The same with other defaults.
  init(
    size: Int, activation: ScalarFunction, density: Double?, options: inout JSONOptions
  ) throws {
    self.size = size
    self.activation = try options.activation("activation", default: activation)
    leak = try options.leak(default: .none)
    bias = try options.bool("bias", default: true)
    sources = try options.recurrentSources()
    form = try options.recurrentForm(size: size, density: density)
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
    try network.drive(x2, bias: bias, by: sources, itself: x, form: form)
    if let x1 {
      let past = Source(x, lag: 1)
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

/// An lnl of rectified units with a sparse recurrent matrix: `density` 1/sqrt(N) and relu unless said otherwise.
package struct SparseLNLUnit: Unit {
  package static let kind = "sparse_lnl"
  private let unit: LNLUnit

  package init(size: Int, options: inout JSONOptions) throws {
    unit = try LNLUnit(
      size: size, activation: .relu, density: 1 / Double(size).squareRoot(), options: &options)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    try unit.build(in: &network, name: name)
  }
}
