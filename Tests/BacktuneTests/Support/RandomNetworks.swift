import Backtune
import BacktuneNumerics

@testable import BacktuneCriterion
@testable import BacktuneNetwork

/// Random networks of learnware, firmware and softmax groups with random lags, sharing, bounds and fixed weights, and random
/// sequences with missing values: what derivative checks run on.
struct RandomCase {
  var stream: RandomStream
  let network: Network
  let sequences: Sequences

  init(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, name: "random case")
    var network = try Self.network(&stream, seed: seed)
    sequences = try Self.sequences(network, &stream)
    let draw = network.slots.values.map { _ in stream.normal() }
    // Smaller weights until nothing grows: differences say little of a network near overflow.
    var scale = 0.6
    repeat {
      let bounds = zip(network.slots.lower, network.slots.upper)
      network.setSlotValues(zip(draw, bounds).map { min(max(scale * $0, $1.0), $1.1) })
      scale /= 2
    } while try Self.largestState(network, sequences) > 20 && scale > 1e-3
    self.network = network
    self.stream = stream
  }

  private static func largestState(_ network: Network, _ sequences: Sequences) throws -> Double {
    let states = try Build.simulate(
      network, lengths: sequences.lengths, inputs: sequences.inputs
    ).states
    return states.reduce(0) { $1.isFinite ? max($0, abs($1)) : .infinity }
  }

  /// Smooth functions, on sources that are kept small.
  private static let functions: [ScalarFunction] = [
    .identity, .zeta(a: 0, b: 1), .zeta(a: -1, b: 1), .zeta(a: -0.5, b: 2), .logistic,
    .softplus(eps: 0.7), .square, .upsilon(w: 1.3),
  ]

  /// Functions that need a bounded source away from 0, where padding stands: they read a group that is kept near 2.
  private static let singular: [ScalarFunction] = [.log, .reciprocal, .exp]

  private static func network(_ stream: inout RandomStream, seed: UInt64) throws -> Network {
    var network = try Network(inputs: stream.integer(below: 3))
    let count = 2 + stream.integer(below: 4)
    for k in 0..<count {
      let size = 1 + stream.integer(below: 6)
      let draw = stream.uniform()
      if k == 0 || draw < 0.5 {
        try network.addLearnware("v\(k)", size: size)
      } else if draw < 0.65 {
        let source = Source(stream.integer(below: k), lag: stream.integer(below: 3))
        try network.addSoftmax("s\(k)", of: source, temperature: 0.5 + stream.uniform())
      } else {
        // Bounded by one saturating factor; as large as a group before it, so that factors fit.
        try network.addFirmware("x\(k)", size: network.groups[stream.integer(below: k)].size)
      }
    }
    let near2 = try network.addFirmware("near2", size: network.groups[0].size)
    try network.addTerm(to: near2, coefficient: 2)
    try network.addTerm(
      to: near2, coefficient: 0.5, factors: [(.zeta(a: -1, b: 1), Source(0, lag: 1))])
    let single = network.groups.firstIndex { $0.size == 1 }
    for target in network.groups.indices where target != near2 {
      try connect(&network, target, &stream)
      let size = network.groups[near2].size
      if case .firmware = network.groups[target].body,
        size == 1 || network.groups[target].size == size
      {
        // Also a broadcast beside one that is not: its adjoint sums over nodes.
        var factors = [(singular[stream.integer(below: 3)], Source(near2, lag: 0))]
        if let single { factors.append((.zeta(a: -1, b: 1), Source(single, lag: 1))) }
        try network.addTerm(to: target, coefficient: 0.3, factors: factors)
      }
      if network.inputs == 1, case .firmware = network.groups[target].body {
        try network.addTerm(
          to: target, coefficient: 0.2,
          factors: [(.identity, Source(Network.input, lag: 1 + stream.integer(below: 2)))])
      }
      if stream.uniform() < 0.3 {
        try network.learnInitialState(of: target, depth: 1 + stream.integer(below: 3))
      }
    }
    network.randomize(seed: seed)
    var observed: [Observed] = []
    for group in network.groups.indices where stream.uniform() < 0.5 {
      let size = network.groups[group].size
      observed.append(Observed(group: group, count: 1 + stream.integer(below: size)))
    }
    if !observed.isEmpty { try network.observe(observed) }
    return network
  }

  private static func connect(
    _ network: inout Network, _ target: Int, _ stream: inout RandomStream
  ) throws {
    let size = network.groups[target].size
    func source(_ stream: inout RandomStream, fitting: Bool) -> Source {
      let fit = network.groups.indices.filter {
        !fitting || network.groups[$0].size == size || network.groups[$0].size == 1
      }
      let group = fit[stream.integer(below: fit.count)]
      // Lag 0 only from earlier groups: no cycle.
      return Source(group, lag: stream.integer(below: 4) + (group < target ? 0 : 1))
    }
    switch network.groups[target].body {
    case .learnware:
      if stream.uniform() < 0.7 {
        let shared = stream.uniform() < 0.3
        try network.addBias(to: target, index: shared ? Array(repeating: 0, count: size) : nil)
      }
      for k in 0..<1 + stream.integer(below: 3) {
        let source =
          k == 0 && network.inputs > 0
          ? Source(Network.input, lag: stream.integer(below: 3)) : source(&stream, fitting: false)
        let columns = try network.sourceSize(source.group)
        let form = Self.form(size, columns, &stream)
        var options = WeightOptions()
        if stream.uniform() < 0.3 { options = WeightOptions(lower: -0.3, upper: 0.4) }
        options.fixed = stream.uniform() < 0.15
        try network.connect(source, to: target, form: form, role: "W\(k)", options: options)
      }
    case .softmax, .measured: break
    case .firmware:
      for _ in 0..<1 + stream.integer(below: 3) {
        let factors = (0..<stream.integer(below: 4)).map { k -> (ScalarFunction, Source) in
          let function =
            k == 0 ? .zeta(a: -1, b: 1) : functions[stream.integer(below: functions.count)]
          return (function, source(&stream, fitting: true))
        }
        try network.addTerm(to: target, coefficient: 0.5 * stream.normal(), factors: factors)
      }
    }
  }

  private static func form(
    _ rows: Int, _ columns: Int, _ stream: inout RandomStream
  ) -> ConnectionForm {
    switch stream.integer(below: 5) {
    case 0 where rows == columns: return .diagonal
    case 1:
      return .sparse(entries: (0..<rows * columns).filter { _ in stream.uniform() < 0.6 })
    case 2:
      // Few entries: the list form of the engine.
      return .sparse(entries: (0..<rows * columns).filter { _ in stream.uniform() < 0.1 })
    case 3:
      let slots = 1 + stream.integer(below: 3)
      var index = (0..<rows * columns).map { _ in stream.integer(below: slots + 1) - 1 }
      for slot in 0..<min(slots, index.count) { index[slot] = slot }
      return .shared(index: index)
    default: return .dense
    }
  }

  private static func sequences(
    _ network: Network, _ stream: inout RandomStream
  ) throws -> Sequences {
    // Sometimes one lane, sometimes several; lengths differ, one may be empty.
    let lengths = [12, 9, 0, 17, 5, 12, 3, 14, 8, 11, 1].prefix(1 + stream.integer(below: 11))
    let total = lengths.reduce(0, +)
    let inputs = (0..<total * network.inputs).map { _ in stream.normal() }
    let count = total * network.outputCount
    var desired = (0..<count).map { _ in stream.uniform() < 0.2 ? Double.nan : stream.normal() }
    desired[0] = 0.3
    let gains = (0..<count).map {
      $0 == 0 ? 1.5 : stream.uniform() < 0.1 ? 0 : 0.5 + stream.uniform()
    }
    return try inputs.withUnsafeBufferPointer { i in
      try desired.withUnsafeBufferPointer { d in
        try gains.withUnsafeBufferPointer { g in
          try Sequences(network, lengths: Array(lengths), inputs: i, desired: d, gains: g)
        }
      }
    }
  }
}
