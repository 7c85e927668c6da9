import BacktuneNumerics

/// Linear states fed by a small tanh layer:
///
///     x = A x(t-1) + B i(t-1) + E h(t-1);  h = tanh(b + F x(t) + G i(t));  y = c + C x(t) + D i(t) + H h(t)
///
/// With E = H = 0 it is a linear model, from which estimation may start. `size` is the number of
/// states; groups `x`, `h2`, `h`, `y`; weights `x.A`, `x.B`, `x.E`, `h2.a` (b), `h2.F`, `h2.G`, `y.a` (c), `y.C`, `y.D`,
/// `y.H`. Options: `hidden`, the size of h (`size`; 0: a linear model, without h2 and h), `outputs`, that of y (1),
/// `input_lag` of B (1; D and G read the input at lag 0).
package struct StateSpaceUnit: Unit {
  package static let kind = "state_space"
  private let size: Int
  private let hidden: Int
  private let outputs: Int
  private let inputLag: Int

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    hidden = try options.integer("hidden", default: size, least: 0)
    outputs = try options.integer("outputs", default: 1, least: 1)
    inputLag = try options.lag("input_lag", default: 1)
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let x = try network.addLearnware("\(name).x", size: size)
    var layer: (sum: GroupID, value: GroupID)?
    if hidden > 0 {
      layer = (
        try network.addLearnware("\(name).h2", size: hidden),
        try network.addFirmware("\(name).h", size: hidden)
      )
    }
    let y = try network.addLearnware("\(name).y", size: outputs)
    try network.connect(Source(x, lag: 1), to: x, role: "A")
    try connectInput(in: &network, lag: inputLag, to: x, role: "B")
    if let layer {
      try network.connect(Source(layer.value, lag: 1), to: x, role: "E")
      try network.addBias(to: layer.sum)
      try network.connect(Source(x, lag: 0), to: layer.sum, role: "F")
      try connectInput(in: &network, lag: 0, to: layer.sum, role: "G")
      try network.addTerm(
        to: layer.value, factors: [(.zeta(a: -1, b: 1), Source(layer.sum, lag: 0))])
    }
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "C")
    try connectInput(in: &network, lag: 0, to: y, role: "D")
    if let layer { try network.connect(Source(layer.value, lag: 0), to: y, role: "H") }
    return y
  }

  private func connectInput(
    in network: inout Network, lag: Int, to target: GroupID, role: String
  ) throws {
    if network.inputs > 0 {
      try network.connect(Source(Network.input, lag: lag), to: target, role: role)
    }
  }
}
