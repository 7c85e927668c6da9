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
    seed = UInt64(try again.integer("seed", default: 0, least: 0))
    lnl = try LNLUnit(
      size: size, activation: .zeta(a: -1, b: 1), density: 0.1, options: &options)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let x = try lnl.build(in: &network, name: name)
    for array in network.arrays where array.name.hasPrefix("\(name).x2.") {
      let role = array.name.dropFirst(name.count + 4)
      try network.setWeights(array.name, try drawn(network, array, role: String(role)))
      try network.setFixed(array.name, [true])
    }
    let y = try network.addLearnware("\(name).y", size: outputs)
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "W")
    return y
  }

  private func drawn(_ network: Network, _ array: WeightArray, role: String) throws -> [Double] {
    var stream = RandomStream(seed: seed, name: array.name)
    var slots = [Double](repeating: 0, count: network.slots.values.count)
    for slot in array.slots { slots[slot] = stream.uniform(in: -1, 1) }
    let values = network.full(array, slots, absent: 0)
    switch role {
    case "W":
      let current = try spectralRadius(values, order: size)
      // A nilpotent matrix has radius 0 whatever its scale.
      return current > 0 ? values.map { $0 * radius / current } : values
    case "a": return values.map { $0 * scaling / 10 }
    default: return values.map { $0 * scaling }
    }
  }
}
