import BacktuneNumerics

/// A feed-forward layer: x = f(x2); x2 = a + the sources, by default the input at lag 0.
///
/// Groups `x2`, `x`, of N nodes each; weights `x2.a` [N], `x2.B` [N, inputs].
public struct Dense: Unit, BuiltInUnit {
  public static let kind = "dense"
  public var size: Int
  /// The function f.
  public var activation: ScalarFunction
  /// Whether there is a.
  public var bias: Bool
  /// What it reads; nil for the input at lag 0.
  public var sources: [UnitSource]?

  /// - Parameter size: number N of nodes.
  public init(
    _ size: Int, activation: ScalarFunction = .zeta01, bias: Bool = true,
    sources: [UnitSource]? = nil
  ) {
    (self.size, self.activation, self.bias, self.sources) = (size, activation, bias, sources)
  }

  package static var table: UnitTable<Dense> {
    UnitTable(
      UnitText(
        summary: "a feed-forward layer",
        equations: "x = f(x2); x2 = a + B i",
        notes: """
          Groups `x2` (what f takes), `x`; weights `x2.a`, `x2.B`, or `x2.W_unit` from another unit.
          """,
        example: UnitExample(inputs: 3, size: 8, options: #"{"activation": "tanh"}"#)),
      { Dense($0) },
      [
        .activation(\.activation), .bias(\.bias),
        .sources(\.sources, otherwise: "the network input at lag 0"),
      ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let x2 = try network.addLearnware("\(name).x2", size: size)
    let x = try network.addFirmware("\(name).x", size: size)
    try network.drive(x2, bias: bias, by: UnitSource.feedForward(sources), itself: x)
    try network.addTerm(to: x, factors: [(activation, Source(x2, lag: 0))])
    return x
  }
}

/// A one-dimensional convolution over the nodes of its sources, weights shared by position; no padding, stride 1:
///
///     x2_(c,p) = a_c + sum_(b,j) k_(c,b,j) s_(b,p+j);  x = f(x2)
///
/// `size` is the number of output channels c; the nodes of a source stand channel by channel, and so do those of the
/// layer: P positions of the source make P - kernel + 1. Groups `x2`, `x`; weights `x2.a` [size] and `x2.B`
/// [size channels kernel], whose slot (c channels + b) kernel + j is k_(c,b,j).
public struct Convolution: Unit, BuiltInUnit {
  public static let kind = "conv1d"
  public var size: Int
  /// Number of positions that a node reads.
  public var kernel: Int
  /// Number of channels b of the sources.
  public var channels: Int
  /// The function f.
  public var activation: ScalarFunction
  /// Whether there is a.
  public var bias: Bool
  /// What it reads, one source at least; nil for the input at lag 0.
  public var sources: [UnitSource]?

  /// - Parameter size: number of output channels.
  public init(
    _ size: Int, kernel: Int = 3, channels: Int = 1, activation: ScalarFunction = .zeta01,
    bias: Bool = true, sources: [UnitSource]? = nil
  ) {
    (self.size, self.kernel, self.channels) = (size, kernel, channels)
    (self.activation, self.bias, self.sources) = (activation, bias, sources)
  }

  package static var table: UnitTable<Convolution> {
    UnitTable(
      UnitText(
        summary: "a convolution over the nodes of a source: weights shared by position",
        equations: "x_(c,p) = f(a_c + sum_(b,j) k_(c,b,j) s_(b,p+j)), j < kernel",
        notes: """
          Nodes stand channel by channel, in the source and in the layer; no padding, stride 1: P positions of the \
          source make P - kernel + 1. A source of fewer positions than the kernel, or that the channels do not divide, \
          is of a wrong size. Groups `x2` (what f takes), `x`; weights `x2.a`, one a channel, and `x2.B` (`x2.W_unit` \
          from another unit), a vector whose entry (c channels + b) kernel + j is k_(c,b,j).
          """,
        size: "Number of output channels c.",
        output: "The output x, of size (P - kernel + 1) nodes.",
        example: UnitExample(
          inputs: 10, size: 2, options: #"{"kernel": 5, "activation": "relu"}"#,
          text: "ten positions make six, of two channels")),
      { Convolution($0) },
      [
        .integer("kernel", \.kernel, "Number of positions that a node reads.", least: 1),
        .integer("channels", \.channels, "Number of channels b of the source.", least: 1),
        .activation(\.activation), .bias(\.bias),
        .sources(\.sources, otherwise: "the network input at lag 0"),
      ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let sources = UnitSource.feedForward(sources)
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
