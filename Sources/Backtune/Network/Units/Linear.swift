import BacktuneNumerics

/// v(t) = a + sum_{r=1..R} W^r x(t-r) + B i(t-1). Appendix A of RR-9100.
///
/// One group `x` of N nodes; weights `x.a` [N], `x.W1` ... `x.WR` [N, N], `x.B` [N, inputs]. With one source, the output of
/// another unit at lag 0, it is a readout: `Linear(1, sources: [.group(h, lag: 0)])`.
public struct Linear: Unit, BuiltInUnit {
  public static let kind = "linear"
  public var size: Int
  /// R, in time steps.
  public var range: Int
  /// Whether there is a.
  public var bias: Bool
  /// Lag of the network input, in time steps.
  public var inputLag: Int
  /// What it reads; nil for itself at lags 1 to R and the input at `inputLag`.
  public var sources: [UnitSource]?
  /// Which entries of every W there are.
  public var recurrence: Recurrence

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, range: Int = 1, bias: Bool = true, inputLag: Int = 1,
    sources: [UnitSource]? = nil, recurrence: Recurrence = .full
  ) {
    (self.size, self.range, self.bias) = (size, range, bias)
    (self.inputLag, self.sources, self.recurrence) = (inputLag, sources, recurrence)
  }

  package static var table: UnitTable<Linear> {
    UnitTable(
      UnitText(
        summary: "linear nodes",
        equations: "x = a + sum_{r=1..R} W^r x(t-r) + B i(t-1)",
        notes: """
          One group `x`; weights `x.a`, `x.W1` ... `x.WR`, `x.B`. Appendix A of RR-9100. With one source, the output of \
          another unit at lag 0, it is the readout of that unit, of weights `x.a` and, of an `lnl`, `x.W_lnl`.
          """,
        example: UnitExample(
          size: 1,
          options:
            #"{"sources": [{"source": "input", "lag": 0}, {"source": "self", "lag": 1}, {"source": "self", "lag": 2}]}"#,
          text: "a filter of second order")),
      { Linear($0) },
      [
        .integer("range", \.range, "R, in time steps.", least: 1, most: Network.maximalLag),
        .lag("input_lag", \.inputLag, "Lag of the network input, in time steps."),
        .bias(\.bias),
        .sources(
          \.sources, otherwise: "itself 1 to R time steps ago and the network input at `input_lag`"),
        .recurrence(\.recurrence),
      ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let form = try recurrence.form(size: size, of: "unit \(Self.kind)")
    let x = try network.addLearnware("\(name).x", size: size)
    if bias { try network.addBias(to: x) }
    try network.connect(
      UnitSource.recurrent(sources, inputLag: inputLag, range: range), to: x, itself: x, form: form,
      numbered: true)
    return x
  }
}
