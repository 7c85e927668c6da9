import Backtune

@testable import BacktuneCriterion
@testable import BacktuneNetwork

/// A small network of every unit, function, connection form and kind of group: what derivatives of operations run on.
///
/// The lists below are held against the engine's own by `TangentTests.nothingIsLeftOut`.
struct OperationCase {
  let name: String
  let network: Network
  /// Of a network that reads measurements.
  var horizons = [Double.infinity]

  /// Kinds of groups, and of connections: with another one in the engine these switches do not compile.
  enum GroupKind: CaseIterable {
    case learnware, firmware, softmax, measured

    init(_ body: GroupBody) {
      switch body {
      case .learnware: self = .learnware
      case .firmware: self = .firmware
      case .softmax: self = .softmax
      case .measured: self = .measured
      }
    }
  }

  enum FormKind: CaseIterable {
    case dense, diagonal, sparse, shared

    init(_ form: ConnectionEntries) {
      switch form {
      case .dense: self = .dense
      case .diagonal: self = .diagonal
      case .sparse: self = .sparse
      case .shared: self = .shared
      }
    }
  }

  /// Options of every unit, several where it has several forms.
  static let unitOptions: [String: [String]] = [
    "linear": [#"{"range": 3}"#],
    "lnl": [
      #"{"activation": "tanh", "leak": "adjust", "initial": "learn"}"#,
      #"{"activation": {"name": "softplus", "eps": 0.4}, "leak": 0.3, "density": 0.6}"#,
    ],
    "sparse_lnl": [#"{"leak": "adjust"}"#],
    "lstm": [#"{"peephole": true, "initial": "learn"}"#, #"{"profile": "logistic"}"#],
    "gru": ["{}", #"{"profile": "logistic", "input_lag": 0}"#],
    "strongly_typed": ["{}"],
    "aif": [#"{"leak": "adjust", "sharpness": "adjust"}"#, #"{"sharpness": 2}"#],
    "softmax": [#"{"temperature": 0.6, "initial": "learn"}"#],
    "reservoir": [
      #"{"density": 0.5, "outputs": 2, "leak": 0.2}"#,
      #"{"density": 0.5, "outputs": 2, "feedback": "measured"}"#,
    ],
    "state_space": [
      #"{"hidden": 2, "outputs": 2}"#,
      #"{"hidden": 2, "outputs": 2, "feedback": "measured", "initial": "learn"}"#,
      #"{"hidden": 2, "outputs": 2, "activation": "identity", "degree": 3}"#,
      #"{"hidden": 3, "activation": {"name": "softplus", "eps": 1}, "feedback": "measured"}"#,
      #"{"hidden": 2, "degree": 2, "initial": "learn"}"#,
      #"{"hidden": 2, "activation": {"name": "softplus", "eps": 0.5}, "degree": 9}"#,
    ],
    "dense": [#"{"activation": "logistic"}"#],
    "conv1d": [#"{"kernel": 2, "activation": "tanh"}"#],
    "gate": ["{}"],
    "product": ["{}"],
    "versatile": [#"{"functions": ["identity", "tanh", "zeta01", "relu"]}"#],
  ]

  /// The group that units with rectified nodes rectify.
  private static let kinked = ["sparse_lnl": "sparse_lnl.x2", "versatile": "versatile.v"]

  /// Parameters of every function.
  static let functionParameters: [String: [Double]] = [
    "identity": [], "zeta": [-0.5, 2], "logistic": [], "relu": [], "softplus": [0.4], "exp": [],
    "log": [], "reciprocal": [], "square": [], "upsilon": [1.5], "step": [],
  ]

  static func all() throws -> [OperationCase] {
    var cases: [OperationCase] = []
    for type in Units.all {
      for (k, options) in (unitOptions[type.kind] ?? []).enumerated() {
        var network = try Build.network(
          type.kind, size: 3, inputs: 3, options: options, seed: UInt64(k))
        if let group = kinked[type.kind] { try network.keepFromKinks(group) }
        cases.append(OperationCase(name: "\(type.kind) \(k)", network: network))
      }
    }
    for row in ScalarFunction.table {
      guard let parameters = functionParameters[row.name] else { continue }
      cases.append(
        OperationCase(name: row.name, network: try terms(of: row.make(parameters))))
      cases.append(
        OperationCase(
          name: "powers of \(row.name)", network: try powers(of: row.make(parameters))))
    }
    cases.append(OperationCase(name: "connections", network: try connections()))
    for horizons in [[1], [4, 1], [.infinity]] {
      cases.append(
        OperationCase(
          name: "measured \(horizons)", network: try measurements(), horizons: horizons))
    }
    return try cases.map {
      OperationCase(
        name: $0.name, network: try $0.network.withAllObserved(), horizons: $0.horizons)
    }
  }

  /// Several lags of one group, of one defined later, and what stands for inputs; read by all kinds of groups, and later.
  private static func measurements() throws -> Network {
    var network = try Network(inputs: 3)
    let v = try network.addLearnware("v", size: 5)
    let x = try network.addFirmware("x", size: 5)
    let w = try network.addLearnware("w", size: 3)
    let last = try network.addMeasured("w.m1", of: Source(w, lag: 1))
    let older = try network.addMeasured("w.m3", of: Source(w, lag: 3))
    let state = try network.addMeasured("x.m2", of: Source(x, lag: 2))
    let channel = try network.addMeasured("w.k0", of: Source(w, lag: 0), standsForInput: true)
    let late = try network.addMeasured("x.k1", of: Source(x, lag: 1), standsForInput: true)
    let p = try network.addSoftmax("p", of: Source(channel, lag: 0), temperature: 0.8)
    try network.addTerm(to: x, factors: [(.zeta(a: -1, b: 1), Source(v, lag: 0))])
    try network.addTerm(
      to: x, coefficient: 0.3,
      factors: [(.logistic, Source(late, lag: 0)), (.square, Source(state, lag: 0))])
    for group in [v, w] { try network.addBias(to: group) }
    let sources: [(GroupID, Source)] = [
      (v, Source(Network.input, lag: 1)), (v, Source(last, lag: 0)), (v, Source(x, lag: 1)),
      (v, Source(p, lag: 1)), (w, Source(older, lag: 0)), (w, Source(last, lag: 2)),
      (w, Source(x, lag: 0)), (w, Source(late, lag: 1)),
    ]
    for (k, (target, source)) in sources.enumerated() {
      try network.connect(source, to: target, role: "W\(k)")
    }
    try network.connect(Source(state, lag: 0), to: v, form: .diagonal, role: "D")
    try network.learnInitialState(of: w, depth: 3)
    try network.learnInitialState(of: last, depth: 2)
    network.randomize(seed: 7)
    return network
  }

  /// Data for it: everything is observed, and measured but for gaps.
  func sequences(lengths: [Int]) throws -> Sequences {
    let total = lengths.reduce(0, +)
    var sequences = try Build.sequences(
      network, lengths: lengths, inputs: Build.normal(total * network.inputs, seed: 1),
      desired: Build.normal(total * network.outputCount, seed: 2))
    for (group, _) in network.measuredSources {
      let count = total * network.size(of: group)
      let values = zip(Build.normal(count, seed: 3), Build.normal(count, seed: 4)).map {
        $1 < -0.5 ? .nan : 0.5 * $0
      }
      try values.withUnsafeBufferPointer { try sequences.setMeasured(network, group, $0) }
    }
    return sequences
  }

  /// How it is compared.
  var options: ObservationOptions {
    var options = ObservationOptions()
    options.horizons = horizons
    return options
  }

  /// Every form, with few entries and with many; shared biases, learnt initial states, a source at several lags.
  private static func connections() throws -> Network {
    var network = try Network(inputs: 3)
    let v = try network.addLearnware("v", size: 5)
    let w = try network.addLearnware("w", size: 5)
    let p = try network.addSoftmax("p", of: Source(w, lag: 1), temperature: 0.7)
    let x = try network.addFirmware("x", size: 5)
    try network.addTerm(to: x, factors: [(.zeta(a: -1, b: 1), Source(v, lag: 0))])
    try network.addTerm(
      to: x, factors: [(.identity, Source(p, lag: 0)), (.logistic, Source(w, lag: 2))])
    try network.addBias(to: v)
    try network.addBias(to: w, index: [0, 1, 0, 1, 1])
    let many = (0..<25).filter { $0 % 4 != 0 }
    let shared = (0..<25).map { $0 % 3 - 1 }
    let few = (0..<25).map { $0 == 3 ? 0 : $0 == 11 ? 1 : -1 }
    let forms: [(GroupID, Source, ConnectionForm)] = [
      (v, Source(Network.input, lag: 0), .dense), (v, Source(x, lag: 1), .dense),
      (v, Source(x, lag: 3), .diagonal), (v, Source(w, lag: 1), .sparse(entries: many)),
      (w, Source(x, lag: 1), .sparse(entries: [7, 13])),
      (w, Source(v, lag: 0), .shared(index: shared)), (w, Source(p, lag: 2), .shared(index: few)),
      (w, Source(Network.input, lag: 2), .sparse(entries: [0, 4, 14])),
    ]
    for (k, (target, source, form)) in forms.enumerated() {
      try network.connect(source, to: target, form: form, role: "W\(k)")
    }
    try network.learnInitialState(of: x, depth: 3)
    try network.learnInitialState(of: w, depth: 1)
    network.randomize(seed: 5)
    return network
  }
}

extension Network {
  /// A group of 3 nodes near 1, -1 and 1.2, the rest small.
  fileprivate mutating func keepFromKinks(_ group: String) throws {
    setSlotValues(slots.values.map { 0.1 * $0 })
    try setWeights("\(group).a", [1, -1, 1.2])
  }

  /// The same with every group observed and every weight free.
  fileprivate func withAllObserved() throws -> Network {
    var network = self
    for array in network.arrays { try network.setFixed(array.name, [false]) }
    try network.observe(groups.indices.map { Observed(group: $0, count: groups[$0].size) })
    return network
  }
}
