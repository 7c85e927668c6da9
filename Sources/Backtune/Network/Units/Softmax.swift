import BacktuneNumerics

/// x = softmax(z / temperature); z = a + W x(t-1) + B i(t-1). Equation (11) and footnote 17 of RR-9100.
///
/// Groups `z`, `x`, of N nodes each; weights `z.a` [N], `z.W` [N, N], `z.B` [N, inputs]. The values of x are positive and
/// their sum is 1.
public struct Softmax: Unit, BuiltInUnit {
  public static let kind = "softmax"
  public var size: Int
  /// In [1e-100, 1e100]: the smaller, the nearer to 1 for the largest node and 0 for the others.
  public var temperature: Double
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What z reads; nil for the unit itself at lag 1 and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of W there are.
  public var recurrence: Recurrence

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, temperature: Double = 1, bias: Bool = true, inputLag: Int = 1,
    sources: [UnitSource]? = nil, recurrence: Recurrence = .full
  ) {
    (self.size, self.temperature, self.bias) = (size, temperature, bias)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
  }

  package static var table: UnitTable<Softmax> {
    UnitTable(
      UnitText(
        summary: "nodes in competition: their values are positive, and have the sum 1",
        equations: "x = softmax(z / temperature); z = a + W x(t-1) + B i(t-1)",
        notes: """
          Equation (11) and footnote 17 of RR-9100: x_i is exp(z_i / temperature), divided by the sum of these over all \
          nodes. Groups `z`, `x`; weights `z.a`, `z.W`, `z.B`.
          """,
        example: UnitExample(size: 5, options: #"{"temperature": 0.5}"#)),
      { Softmax($0) },
      [
        .number(
          "temperature", \.temperature,
          "The smaller, the nearer to 1 for the largest node and 0 for the others.",
          in: 1e-100...1e100),
        .bias(\.bias),
      ] + UnitOption.recurrentSources(\.sources, lag: \.inputLag) + [.recurrence(\.recurrence)])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let form = try recurrence.form(size: size, of: "unit \(Self.kind)")
    let z = try network.addLearnware("\(name).z", size: size)
    let x = try network.addSoftmax("\(name).x", of: Source(z, lag: 0), temperature: temperature)
    try network.drive(
      z, bias: bias, by: UnitSource.recurrent(sources, inputLag: inputLag), itself: x, form: form)
    return x
  }
}
