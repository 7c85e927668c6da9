import BacktuneNumerics

/// x = softmax(z / temperature); z = a + W x(t-1) + B i(t-1). Equation (11) and footnote 17 of RR-9100.
///
/// Groups `z`, `x`. Options: `temperature` (1), `bias` (true), `sources` (the unit itself at lag 1 and the input at
/// `input_lag`, 1), `mask` or `density` and `seed` of W.
package struct SoftmaxUnit: Unit {
  package static let kind = "softmax"
  private let size: Int
  private let temperature: Double
  private let bias: Bool
  private let sources: [UnitSource]
  private let form: ConnectionForm

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    temperature =
      try options.number("temperature", in: 1e-100...1e100) ?? 1
    bias = try options.bool("bias", default: true)
    sources = try options.recurrentSources()
    form = try options.recurrentForm(size: size)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let z = try network.addLearnware("\(name).z", size: size)
    let x = try network.addSoftmax("\(name).x", of: Source(z, lag: 0), temperature: temperature)
    try network.drive(z, bias: bias, by: sources, itself: x, form: form)
    return x
  }
}
