import BacktuneNumerics

/// A feed-forward layer: x = f(x2); x2 = a + the sources, by default the input at lag 0.
///
/// Groups `x2`, `x`. Options: `activation` (zeta01), `bias` (true), `sources`.
package struct DenseUnit: Unit {
  package static let kind = "dense"
  private let size: Int
  private let activation: ScalarFunction
  private let bias: Bool
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    activation = try options.activation("activation", default: .zeta(a: 0, b: 1))
    bias = try options.bool("bias", default: true)
    sources = try options.sources(default: [UnitSource(place: .input, lag: 0)])
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    let x2 = try network.addLearnware("\(name).x2", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.drive(x2, bias: bias, by: sources, itself: x)
    try network.addTerm(to: x, factors: [(activation, Source(x2, lag: 0))])
    return x
  }
}

/// A one-dimensional convolution over the nodes of its sources, weights shared by position; no padding, stride 1:
///
///     x2_(c,p) = a_c + sum_(b,j) k_(c,b,j) s_(b,p+j);  x = f(x2)
///
/// `size` is the number of output channels c; the nodes of a source stand channel by channel, and so do those of the
/// layer. Groups `x2`, `x`; slot (c, b, j) of the weights is (c channels + b) kernel + j. Options: `kernel` (3),
/// `channels` b of the sources (1), `activation` (zeta01), `bias` (true), `sources` (the input at lag 0).
package struct ConvolutionUnit: Unit {
  package static let kind = "conv1d"
  private let size: Int
  private let kernel: Int
  private let channels: Int
  private let activation: ScalarFunction
  private let bias: Bool
  private let sources: [UnitSource]

  package init(size: Int, options: inout JSONOptions) throws {
    self.size = size
    kernel = try options.integer("kernel", default: 3, least: 1)
    channels = try options.integer("channels", default: 1, least: 1)
    activation = try options.activation("activation", default: .zeta(a: 0, b: 1))
    bias = try options.bool("bias", default: true)
    sources = try options.sources(default: [UnitSource(place: .input, lag: 0)])
  }

  package func build(in network: inout Network, name: String) throws -> GroupID {
    guard let first = sources.first else {
      throw BacktuneError.argument("unit conv1d: no source, expected at least one")
    }
    let nodes = try network.sourceSize(try network.group(of: first, itself: Network.input))
    let positions = nodes / channels
    guard nodes % channels == 0, positions >= kernel else {
      throw BacktuneError.size(
        "unit conv1d: a source of \(nodes) nodes, expected \(channels) channels of \(kernel) or more"
      )
    }
    let width = positions - kernel + 1
    try MemoryBudget.bytes(doubles: [size, width, nodes], for: "unit conv1d")
    let x2 = try network.addLearnware("\(name).x2", size: size * width)
    let x = try network.addFirmware("\(name).x", size: size * width)
    if bias { try network.addBias(to: x2, index: (0..<size * width).map { $0 / width }) }
    try network.connect(
      sources, to: x2, itself: x, form: .shared(index: index(positions, width)), formOfAll: true)
    try network.addTerm(to: x, factors: [(activation, Source(x2, lag: 0))])
    return x
  }

  /// The slot of every entry: node (c, p) reads node (b, q) by tap j = q - p.
  private func index(_ positions: Int, _ width: Int) -> [Int] {
    (0..<size * width).flatMap { node -> [Int] in
      let (c, p) = (node / width, node % width)
      return (0..<channels * positions).map { source in
        let (b, j) = (source / positions, source % positions - p)
        return j >= 0 && j < kernel ? (c * channels + b) * kernel + j : -1
      }
    }
  }
}
