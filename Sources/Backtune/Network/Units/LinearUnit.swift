import BacktuneNumerics

/// v(t) = a + sum_{r=1..R} W^r x(t-r) + B i(t-1). Appendix A of RR-9100.
///
/// One group `x`; weights `x.a`, `x.W1` ... `x.WR`, `x.B`. Options: `range` R (1), `bias` (true), `sources` (the unit
/// itself at lags 1...R and the input at `input_lag`, 1), `mask` or `density` and `seed` of the recurrent matrices.
package struct LinearUnit: Unit {
  package static let kind = "linear"
  private let size: Int
  private let bias: Bool
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    let range = try options.integer("range", default: 1, least: 1, most: Network.maximalLag)
    let inputLag = try options.lag("input_lag", default: 1)
    bias = try options.bool("bias", default: true)
    sources = try options.sources(
      default: (1...range).map { UnitSource(place: .itself, lag: $0) }
        + [UnitSource(place: .input, lag: inputLag)])
    form = try options.recurrentForm(size: size)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let x = try network.addLearnware("\(name).x", size: size)
    if bias { try network.addBias(to: x) }
    try network.connect(sources, to: x, itself: x, form: form, numbered: true)
    return x
  }
}
