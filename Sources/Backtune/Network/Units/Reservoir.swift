import BacktuneNumerics

/// A reservoir: an lnl of fixed random weights, whose recurrent matrix is sparse and has a given spectral radius, and a
/// linear readout that is adjusted.
///
///     x = g x(t-1) + f(x2);  x2 = a + W x(t-1) + B i(t-1);  y = a + W x
///
/// Groups `x2`, `x1` (with a leak), `x`, of N nodes each, and `y` [outputs]; weights `x2.a`, `x2.W`, `x2.B`, fixed, as those
/// of an ``LNL``, and `y.a` [outputs], `y.W` [outputs, N]. Freeing `x2.W` adjusts the recurrent weights too, with the
/// connections that there are. Appendix A of RR-9100.
///
/// With measured feedback x2 reads K m too, m what was measured of y one time step ago (a group `y.m1`), weights `x2.K`
/// [N, outputs], fixed as well: an echo state network with output feedback. With a horizon of 1 its readout is one
/// least-squares problem, solved at once; it runs freely where nothing is measured.
///
/// Connections without a cycle (a triangular mask, a density of 0) have a spectral radius of 0 whatever their weights:
/// any other one is refused. Where the unit reads itself at several lags l the radius is that of the whole recurrence,
/// and W_l is scaled by the power l of what scales it.
public struct Reservoir: Unit, BuiltInUnit {
  public static let kind = "reservoir"
  public var size: Int
  /// Number of nodes of the readout.
  public var outputs: Int
  /// Of W, in [0, 1e6].
  public var spectralRadius: Double
  /// B is uniform in plus or minus that, in [0, 1e6], and a in a tenth of it.
  public var inputScaling: Double
  /// What x2 reads of y.
  public var feedback: OutputFeedback
  /// K is uniform in plus or minus that, in [0, 1e6].
  public var feedbackScaling: Double
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
  /// Of the weights.
  public var seed: UInt64

  /// - Parameters:
  ///   - size: number N of nodes of the lnl.
  ///   - recurrence: nil for a tenth of the connections, drawn with the same seed as the weights.
  public init(
    _ size: Int, outputs: Int = 1, spectralRadius: Double = 0.9, inputScaling: Double = 1,
    activation: ScalarFunction = .tanh, leak: Leak = .none, bias: Bool = true, inputLag: Int = 1,
    sources: [UnitSource]? = nil, recurrence: Recurrence? = nil,
    seed: UInt64 = Recurrence.usualSeed, feedback: OutputFeedback = .none,
    feedbackScaling: Double = 1
  ) {
    (self.size, self.outputs, self.seed) = (size, outputs, seed)
    (self.spectralRadius, self.inputScaling) = (spectralRadius, inputScaling)
    (self.activation, self.leak, self.bias) = (activation, leak, bias)
    (self.inputLag, self.sources) = (inputLag, sources)
    (self.feedback, self.feedbackScaling) = (feedback, feedbackScaling)
    self.recurrence = recurrence ?? .random(density: 0.1, seed: seed)
  }

  private static let leakingRates = 0.001...1.0

  /// What users of reservoirs call the leak and the radius of x(t) = (1 - lr) x(t-1) + lr f(...): its x is lr times that here,
  /// and its W that here divided by lr.
  private static var leakingRate: UnitOption<Reservoir> {
    let rows = [
      OptionRow(
        name: "lr", type: "number",
        text: """
          Instead of a leak: the leaking rate of x(t) = (1 - lr) x(t-1) + lr f(a + W x(t-1) + B i(t-1)). The leak is \
          1 - lr, and nodes have the values of that x divided by lr.
          """,
        least: leakingRates.lowerBound, most: leakingRates.upperBound),
      OptionRow(
        name: "sr", type: "number",
        text: "Instead of `spectral_radius`: that of the W which stands at `lr`, 1 without it.",
        least: 0, most: 1e6),
    ]
    return UnitOption(rows: rows) { options, reservoir in
      let rate = try options.number("lr", in: leakingRates)
      let radius = try options.number("sr", in: 0...1e6)
      if let rate {
        try options.refuse(["leak", "time_constant", "spectral_radius"], beside: "lr")
        reservoir.leak = rate == 1 ? .none : .constant(min(1 - rate, Leak.largest))
      }
      if radius != nil { try options.refuse(["spectral_radius"], beside: "sr") }
      reservoir.spectralRadius = (radius ?? reservoir.spectralRadius) * (rate ?? 1)
    } encode: { _ in
      [.null, .null]
    }
  }

  package static var table: UnitTable<Reservoir> {
    UnitTable(
      UnitText(
        summary: "an `lnl` of fixed random weights and a linear readout, which alone is adjusted",
        equations: "x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1); y = a + W x",
        notes: """
          Appendix A of RR-9100. Groups `x2`, `x1` (where there is a leak), `x`, `y`; weights `x2.a`, `x2.W`, `x2.B`, \
          all fixed, and `y.a`, `y.W`. Freeing `x2.W` lets estimation adjust the recurrent weights too, those that \
          there are. Drawing the weights of a network draws free ones anew, fixed ones not: do it before.
          """,
        output: "The readout y.",
        example: UnitExample(size: 50, options: #"{"spectral_radius": 0.8, "seed": 1}"#)),
      { Reservoir($0) },
      [
        .integer("outputs", \.outputs, "Number of nodes of the readout y.", least: 1),
        // Before what it stands for.
        leakingRate,
        .number(
          "spectral_radius", \.spectralRadius,
          """
          Largest modulus of the eigenvalues of W: only 0 where the connections form no cycle (a triangular mask, a \
          density of 0), any other one is refused then. Where the unit reads itself at several lags: of the whole \
          recurrence.
          """, in: 0...1e6),
        .number(
          "input_scaling", \.inputScaling,
          "B is drawn uniformly in plus or minus that, a in a tenth of it.", in: 0...1e6),
        .word(
          "feedback", \.feedback,
          """
          With `measured` x2 reads K m(t) too, m(t) what was measured of y(t-1), y(t-1) itself where nothing was, a \
          group `y.m1`; weights `x2.K`, fixed as well. Estimated with a horizon of 1 the readout is one least-squares \
          problem, solved at once, and the network runs freely where it is simulated.
          """),
        .number(
          "feedback_scaling", \.feedbackScaling, "K is drawn uniformly in plus or minus that.",
          in: 0...1e6),
        .activation(\.activation), .leak(\.leak), .bias(\.bias),
      ] + UnitOption.recurrentSources(\.sources, lag: \.inputLag)
        + [.recurrence(\.recurrence, usual: nil, seed: \.seed)])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let lnl = LNL(
      size, activation: activation, leak: leak, bias: bias, inputLag: inputLag, sources: sources,
      recurrence: recurrence)
    // The first group of an lnl.
    let x2 = network.groups.count
    let x = try lnl.build(in: &network, name: name, as: Self.kind)
    let y = try network.addLearnware("\(name).y", size: outputs)
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "W")
    var m: GroupID?
    if feedback == .measured {
      let source = try network.measured(Source(y, lag: 1))
      try network.connect(source, to: x2, role: "K")
      m = source.group
    }
    try drawWeights(of: x2, reading: x, m, in: &network)
    return y
  }

  /// Draws and fixes the weights of x2.
  private func drawWeights(
    of x2: GroupID, reading x: GroupID, _ m: GroupID?, in network: inout Network
  ) throws {
    guard case .learnware(let body) = network.groups[x2].body else { return }
    func set(_ array: WeightArray, _ values: [Double]) throws {
      try network.setWeights(array.name, values)
      try network.setFixed(array.name, [true])
    }
    if let bias = body.bias {
      let array = network.arrays[bias.array]
      try set(array, drawn(network, array).map { $0 * inputScaling / 10 })
    }
    var recurrent: [(lag: Int, array: WeightArray, values: [Double])] = []
    for connection in body.connections {
      let array = network.arrays[connection.array]
      let values = drawn(network, array)
      if connection.source.group == x {
        recurrent.append((connection.source.lag, array, values))
      } else {
        let scaling = connection.source.group == m ? feedbackScaling : inputScaling
        try set(array, values.map { $0 * scaling })
      }
    }
    if recurrent.isEmpty { return }
    let current = try radiusOfRecurrence(recurrent.map { ($0.lag, $0.values) })
    guard current > 0 || spectralRadius == 0 else {
      throw BacktuneError.argument(
        "option spectral_radius of unit \(Self.kind): \(spectralRadius), expected 0: the connections of its mask, or density, form no cycle, and no weights give them another one"
      )
    }
    for (lag, array, values) in recurrent {
      // Without a cycle the radius is 0 as it was asked for.
      let times = current == 0 ? 0 : recurrent.count == 1 ? 1 : lag
      try set(
        array,
        values.map { (0..<times).reduce($0) { value, _ in value * spectralRadius / current } })
    }
  }

  private func drawn(_ network: Network, _ array: WeightArray) -> [Double] {
    var stream = RandomStream(seed: seed, name: array.name)
    var slots = [Double](repeating: 0, count: network.slots.values.count)
    for slot in array.slots { slots[slot] = stream.uniform(in: -1, 1) }
    return network.full(array, slots, absent: 0)
  }

  /// The spectral radius of the only matrix, or of x(t) = sum_l W_l x(t - l): that of its companion matrix.
  private func radiusOfRecurrence(_ matrices: [(lag: Int, values: [Double])]) throws -> Double {
    if matrices.count == 1 {
      return try BacktuneNumerics.spectralRadius(matrices[0].values, order: size)
    }
    let depth = matrices.reduce(1) { max($0, $1.lag) }
    let (order, overflow) = size.multipliedReportingOverflow(by: depth)
    guard !overflow, order <= largestSpectralOrder else {
      throw BacktuneError.size(
        "sources of unit \(Self.kind): \(size) nodes read \(depth) steps back, expected a product of \(largestSpectralOrder) at most, for its spectral radius"
      )
    }
    try MemoryBudget.bytes(doubles: [order, order, 2], for: "spectral radius")
    var companion = [Double](repeating: 0, count: order * order)
    for (lag, values) in matrices {
      for i in 0..<size {
        for j in 0..<size { companion[i * order + (lag - 1) * size + j] = values[i * size + j] }
      }
    }
    for i in size..<order { companion[i * order + i - size] = 1 }
    return try BacktuneNumerics.spectralRadius(companion, order: order)
  }
}
