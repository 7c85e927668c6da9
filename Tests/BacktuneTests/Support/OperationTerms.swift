import Backtune

@testable import BacktuneNetwork

/// Terms of firmware, of every function.
extension OperationCase {
  /// Constants, factors, products with broadcast sources, and divisions by a function, whose arguments are kept near 2 or,
  /// where it is defined there, -2: far from kinks, and from 0, where padding stands.
  static func terms(of f: ScalarFunction) throws -> Network {
    var network = try Network(inputs: 3)
    let v = try network.addLearnware("v", size: 3)
    let s = try network.addLearnware("s", size: 1)
    let x = try network.addFirmware("x", size: 3)
    let r = try network.addFirmware("r", size: 3)
    for group in [v, s] {
      try network.addBias(to: group)
      try network.connect(Source(Network.input, lag: 0), to: group, role: "B")
      try network.connect(Source(r, lag: 1), to: group, role: "W")
    }
    try network.addTerm(to: x, coefficient: 0.5)
    try network.addTerm(to: x, coefficient: 0.7, factors: [(f, Source(v, lag: 0))])
    try network.addTerm(
      to: x, coefficient: -0.4, factors: [(f, Source(v, lag: 0)), (f, Source(s, lag: 0))])
    try network.addTerm(
      to: x, coefficient: 0.3,
      factors: [
        (.reciprocal, Source(s, lag: 0)), (.zeta(a: -1, b: 1), Source(v, lag: 1)),
        (f, Source(v, lag: 0)), (.identity, Source(s, lag: 2)),
      ])
    try network.addTerm(to: r, factors: [(.zeta(a: -1, b: 1), Source(x, lag: 0))])
    try network.keepNear2(sign: f == .log ? 1 : -1)
    return network
  }

  /// The same factor several times in a term: of a source as large, of one that is broadcast, of the input, of the past.
  static func powers(of f: ScalarFunction) throws -> Network {
    var network = try Network(inputs: 3)
    let v = try network.addLearnware("v", size: 3)
    let s = try network.addLearnware("s", size: 1)
    let x = try network.addFirmware("x", size: 3)
    let y = try network.addFirmware("y", size: 3)
    let r = try network.addFirmware("r", size: 3)
    for group in [v, s] {
      try network.addBias(to: group)
      try network.connect(Source(Network.input, lag: 0), to: group, role: "B")
      try network.connect(Source(r, lag: 1), to: group, role: "W")
    }
    let (own, wide) = ((f, Source(v, lag: 0)), (f, Source(s, lag: 0)))
    let input = (ScalarFunction.tanh, Source(Network.input, lag: 1))
    try network.addTerm(to: x, coefficient: 0.01, factors: [own, own, own])
    try network.addTerm(to: y, coefficient: 0.1, factors: [own, own])
    try network.addTerm(to: y, coefficient: -0.02, factors: [wide, own, wide])
    try network.addTerm(to: y, coefficient: 0.1, factors: [input, own, input])
    try network.addTerm(
      to: y, coefficient: 0.1,
      factors: [(.tanh, Source(v, lag: 1)), own, (.tanh, Source(v, lag: 1))])
    for group in [x, y] {
      try network.addTerm(to: r, factors: [(.zeta(a: -1, b: 1), Source(group, lag: 0))])
    }
    try network.keepNear2(sign: f == .log ? 1 : -1)
    return network
  }
}

extension Network {
  /// Groups v of 3 nodes and s of one near 2, or -2 by that sign.
  fileprivate mutating func keepNear2(sign: Double) throws {
    randomize(seed: 3)
    try setWeights("v.a", [2, sign * 2, 1.8])
    try setWeights("s.a", [2.2])
    for name in ["v.B", "s.B", "v.W", "s.W"] {
      try setWeights(name, try weights(name).map { 0.2 * $0 })
    }
  }
}
