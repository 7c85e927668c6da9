import Backtune
import BacktuneNumerics
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

@Suite struct FirmwareTests {
  /// Where a group is padded, log and reciprocal of the padding are infinite: none of it may reach a node.
  @Test(arguments: [ScalarFunction.log, .reciprocal, .exp, .square])
  func paddingStaysApart(function: ScalarFunction) throws {
    var network = try Network(inputs: 1)
    let s = try network.addLearnware("s", size: 1)
    let v = try network.addLearnware("v", size: 3)
    let x = try network.addFirmware("x", size: 3)
    for group in [s, v] {
      try network.addBias(to: group)
      try network.connect(Source(Network.input, lag: 0), to: group, role: "B")
      try network.setWeights(
        network.groups[group].name + ".a", Array(repeating: 3, count: network.groups[group].size))
    }
    try network.setWeights("s.B", [0.5])
    try network.setWeights("v.B", [0.1, 0.2, -0.3])
    try network.addTerm(
      to: x, factors: [(.identity, Source(s, lag: 1)), (function, Source(v, lag: 0))])
    let inputs = Build.normal(6, seed: 1)
    let slopes = Build.normal(18, seed: 2)
    let weights = network.adjustableWeights
    func output(_ weights: [Double]) throws -> Double {
      var moved = network
      try moved.setAdjustableWeights(weights)
      let outputs = try Build.simulate(moved, lengths: [6], inputs: inputs).outputs
      return zip(outputs, slopes).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let gradient = try inputs.withUnsafeBufferPointer { i in
      try slopes.withUnsafeBufferPointer {
        try network.gradient(lengths: [6], inputs: i, slopes: $0)
      }
    }.weights
    for k in weights.indices {
      var (up, down) = (weights, weights)
      up[k] += 1e-6
      down[k] -= 1e-6
      let difference = (try output(up) - output(down)) / 2e-6
      #expect(abs(gradient[k] - difference) < 1e-7 * max(1, abs(difference)), "weight \(k)")
    }
  }

  /// Every form that has a way of its own, whichever factor is known last, and some that have none; in vectors and what is
  /// left over, of one sequence and of several.
  @Test(arguments: 0..<4, 0..<3)
  func forms(last: Int, turn: Int) throws {
    let functions: [(ScalarFunction, (Double) -> Double)] = [
      (.identity, { $0 }), (.tanh, { Glibc.tanh($0) }), (.zeta01, { 1 / (1 + Glibc.exp(-4 * $0)) }),
    ]
    let forms: [[(coefficient: Double, factors: [Int])]] = [
      [(1, [0, 1])], [(1, [0]), (1, [1])], [(1, [0]), (1, [1, 2])], [(1, [0, 1]), (1, [2, 3])],
      [(1, [0, 1]), (1, [2]), (-1, [0, 2])], [(1, [0, 1]), (1, [2]), (-1, [1, 2])],
      [(-1, [0, 1]), (1, [2])], [(1, [0, 0])], [(1, [0]), (1, [0, 1])], [(0.5, [0]), (-2, [3])],
    ]
    for (number, form) in forms.enumerated() {
      var network = try Network(inputs: 1)
      let order = (0..<4).filter { $0 != last } + [last]
      for k in order {
        let source = try network.addLearnware("s\(k)", size: 11)
        try network.addBias(to: source)
        try network.connect(Source(Network.input, lag: 0), to: source, role: "B")
      }
      let x = try network.addFirmware("x", size: 11)
      func factor(_ k: Int) throws -> (ScalarFunction, Source) {
        (functions[(k + turn) % 3].0, Source(order.firstIndex(of: k)!, lag: 0))
      }
      for term in form {
        try network.addTerm(
          to: x, coefficient: term.coefficient, factors: term.factors.map { try factor($0) })
      }
      network.randomize(seed: UInt64(turn))
      for lengths in [[7], [7, 6, 5, 1, 0]] {
        let inputs = Build.normal(lengths.reduce(0, +), seed: 1)
        let rows = try network.simulate(lengths: lengths, inputs: inputs, wantsStates: true).states
        for row in stride(from: 0, to: rows.count, by: 55) {
          for node in 0..<11 {
            let value = form.reduce(0) { sum, term in
              sum
                + term.factors.reduce(term.coefficient) {
                  let u = rows[row + 11 * order.firstIndex(of: $1)! + node]
                  return $0 * functions[($1 + turn) % 3].1(u)
                }
            }
            let own = rows[row + 44 + node]
            #expect(abs(own - value) < 1e-14 * max(1, abs(value)), "form \(number), node \(node)")
          }
        }
      }
    }
  }

  @Test func functionsAtTheirEdges() throws {
    let cases: [(ScalarFunction, Double, Double)] = [
      (.relu, -1, 0), (.relu, 0, 0), (.relu, 2, 2), (.step, 0.4, 0), (.step, 0.5, 0.5),
      (.step, 0.6, 1), (.softplus(eps: 0.1), 1e4, 1e4), (.softplus(eps: 0.1), -1e4, 0),
      (.zeta(a: 0, b: 1), -1e4, 0), (.zeta(a: 0, b: 1), 1e4, 1), (.zeta(a: -0.5, b: 2), 0, 0.75),
      (.logistic, 0, 0.5), (.upsilon(w: 5), 0.5, 0.5), (.reciprocal, 4, 0.25), (.log, 1, 0),
    ]
    for (function, argument, value) in cases {
      var network = try Network(inputs: 1)
      let x = try network.addFirmware("x", size: 1)
      try network.addTerm(to: x, factors: [(function, Source(Network.input, lag: 0))])
      let out = try Build.simulate(network, lengths: [1], inputs: [argument]).outputs
      #expect(
        abs(out[0] - value) < 1e-15 * max(1, abs(value)), "\(function) at \(argument): \(out)")
    }
  }

  /// The initial state's part of the input has no derivative, whatever reads it.
  @Test func inputHasNoInitialGradient() throws {
    var network = try Network(inputs: 1)
    let x = try network.addFirmware("x", size: 1)
    try network.addTerm(to: x, factors: [(.zeta(a: -1, b: 1), Source(Network.input, lag: 2))])
    try network.addTerm(
      to: x, factors: [(.square, Source(Network.input, lag: 1)), (.identity, Source(x, lag: 1))])
    let inputs = [1.0, 2, 3]
    let gradient = try inputs.withUnsafeBufferPointer {
      try network.gradient(lengths: [3], inputs: $0, slopes: $0)
    }
    #expect(gradient.initial.count == 3 && gradient.initial[..<2] == [0, 0])
  }
}
