import BacktuneNumerics

/// A reservoir: an lnl of fixed random weights, whose recurrent matrix is sparse and has a given spectral radius, and a
/// linear readout that is adjusted.
///
///     x = g x(t-1) + f(x2);  x2 = a + W x(t-1) + B i(t-1);  y = a + W x
///
/// Groups `x2`, `x1` (with a leak), `x`, `y`; freeing the weights `x2.W` adjusts the recurrent weights too, with the
/// connections that there are. Options: `outputs` of the readout (1), `spectral_radius` of W (0.9), `density` (0.1) or
/// `mask`, `seed` (0) of mask and weights, `input_scaling` (1): B is uniform in +- that and a in +- a tenth of it, and
/// those of lnl: `activation` (tanh), `leak` or `time_constant` and `dt`, `bias` (true), `sources`, `input_lag` (1).
///
/// Connections without a cycle (a triangular mask, a density of 0) have a spectral radius of 0 whatever their weights:
/// any other one is refused. Where the unit reads itself at several lags l the radius is that of the whole recurrence,
/// and W_l is scaled by the power l of what scales it.
package struct ReservoirUnit: Unit {
  package static let kind = "reservoir"
  private let size: Int
  private let outputs: Int
  private let radius: Double
  private let scaling: Double
  private let seed: UInt64
  private let lnl: LNLUnit

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    outputs = try options.integer("outputs", default: 1, least: 1)
    radius = try options.number("spectral_radius", in: 0...1e6) ?? 0.9
    scaling = try options.number("input_scaling", in: 0...1e6) ?? 1
    // The mask takes its seed too.
    var again = options
    seed = try again.seed()
    lnl = try LNLUnit(
      size: size, activation: .zeta(a: -1, b: 1), density: 0.1, options: &options)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    // The first group of an lnl.
    let x2 = network.groups.count
    let x = try lnl.build(in: &network, name: name)
    try drawWeights(of: x2, reading: x, in: &network)
    let y = try network.addLearnware("\(name).y", size: outputs)
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "W")
    return y
  }

  /// Draws and fixes the weights of x2.
  private func drawWeights(of x2: GroupID, reading x: GroupID, in network: inout Network) throws {
    guard case .learnware(let body) = network.groups[x2].body else { return }
    func set(_ array: WeightArray, _ values: [Double]) throws {
      try network.setWeights(array.name, values)
      try network.setFixed(array.name, [true])
    }
    if let bias = body.bias {
      let array = network.arrays[bias.array]
      try set(array, drawn(network, array).map { $0 * scaling / 10 })
    }
    var recurrent: [(lag: Int, array: WeightArray, values: [Double])] = []
    for connection in body.connections {
      let array = network.arrays[connection.array]
      let values = drawn(network, array)
      if connection.source.group == x {
        recurrent.append((connection.source.lag, array, values))
      } else {
        try set(array, values.map { $0 * scaling })
      }
    }
    if recurrent.isEmpty { return }
    let current = try radiusOfRecurrence(recurrent.map { ($0.lag, $0.values) })
    guard current > 0 || radius == 0 else {
      throw BacktuneError.argument(
        "option spectral_radius of unit \(Self.kind): \(radius), expected 0: the connections of its mask, or density, form no cycle, and no weights give them another one"
      )
    }
    for (lag, array, values) in recurrent {
      // Without a cycle the radius is 0 as it was asked for.
      let times = current == 0 ? 0 : recurrent.count == 1 ? 1 : lag
      try set(
        array, values.map { (0..<times).reduce($0) { value, _ in value * radius / current } })
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
    if matrices.count == 1 { return try spectralRadius(matrices[0].values, order: size) }
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
    return try spectralRadius(companion, order: order)
  }
}
