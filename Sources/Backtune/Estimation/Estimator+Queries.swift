import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What an estimation found, and what its problem says at any weights. A monitor is polled where the sequences are run, and
/// ends the call with `.interrupted`: nothing has changed then.
extension Estimator {
  /// L of the best weights and its NMSE; before the first step those of the network's weights. Infinite where they
  /// diverge.
  public func cost() throws -> (cost: Double, nmse: Double) {
    if let last = trace.last, isAnswered { return (last.cost, last.nmse) }
    return try cost(at: network)
  }

  /// L and its NMSE at the weights of a network of this structure: nothing that was found is touched.
  package func cost(
    at other: Network, monitor: Monitor? = nil
  ) throws -> (cost: Double, nmse: Double) {
    try computing(at: other) { try $0.cost(at: $1, poll: poll(monitor)) }
  }

  /// L and its derivative by every adjustable weight, without guard, at the best weights.
  public func gradient() throws -> (cost: Double, gradient: [Double]) { try gradient(at: network) }

  /// The same at the weights of a network of this structure: nothing that was found is touched.
  package func gradient(
    at other: Network, monitor: Monitor? = nil
  ) throws -> (cost: Double, gradient: [Double]) {
    try computing(at: other) { try $0.gradient(at: $1, poll: poll(monitor)) }
  }

  /// What the observables are at the weights of a network of this structure, with what is desired of them.
  /// - Throws: `.state` with another criterion.
  package func observables(
    at other: Network, monitor: Monitor? = nil
  ) throws -> ObservableReport {
    try computing(at: other) { session, weights in
      let poll = poll(monitor)
      let (term, states) = try Self.required(try session.observables(at: weights, poll: poll))
      return ObservableReport(
        means: term.means(states), desired: term.set.desired, lambda: term.set.lambda)
    }
  }

  /// The KL divergence of the outputs' distribution from the desired one, at the weights of a network of this structure;
  /// NaN where one of the two is out of reach of the samples.
  /// - Throws: `.state` with another criterion, and without samples and reference.
  package func divergence(at other: Network, monitor: Monitor? = nil) throws -> Double {
    try computing(at: other) { session, weights in
      let poll = poll(monitor)
      let (term, states) = try Self.required(try session.observables(at: weights, poll: poll))
      return try term.divergence(states)
    }
  }

  private static func required<Value>(_ value: Value?) throws -> Value {
    guard let value else {
      throw BacktuneError.state("estimator: its criterion is not observables")
    }
    return value
  }

  func computing<Result>(
    at other: Network, _ body: (any Session, [Double]) throws -> Result
  ) throws -> Result {
    // Who wanted to stop what came before wants nothing of this.
    processes?.begin()
    try follow(other)
    try checkStructure(other)
    let session = try session()
    // What ended the call may have been kept by another thread too: it is not for the next one.
    defer { try? session.problem.runner.check() }
    let result = try body(session, other.slots.values)
    try session.problem.runner.check()
    return result
  }

  func checkStructure(_ other: Network) throws {
    guard other.structureVersion == network.structureVersion,
      other.slots.values.count == network.slots.values.count
    else {
      throw BacktuneError.state(
        "network: its structure has changed since the estimator was created; create another one")
    }
  }

  /// The outputs at the weights of a network of this structure over the data, sum T x outputs, from the initial states that
  /// were found, or given; with the horizon of the estimation, the first where it has several.
  package func outputs(at other: Network, monitor: Monitor? = nil) throws -> [Double] {
    try computing(at: other) { session, _ in
      try session.problem.checkInMemory("outputs over the data")
      let all = try session.problem.outputs(
        of: other, from: session.initialStates, poll: poll(monitor))
      return Array(all.prefix(all.count / options.observation.horizons.count))
    }
  }

  /// How far a network of this structure predicts, where its trajectories part: nothing that was found is touched.
  /// - Returns: nil too without a horizon of infinity.
  package func parting(at other: Network, monitor: Monitor? = nil) throws -> Parting? {
    guard other.isMeasured, options.observation.horizons.contains(.infinity) else { return nil }
    return try computing(at: other) { session, weights in
      let poll = poll(monitor)
      let nmse = try session.cost(at: weights, poll: poll).nmse
      return try Parting(
        session.problem, other, from: session.initialStates, nmse: nmse, poll: poll)
    }
  }

  /// Which weights of a full array a sparse estimation took away.
  /// - Throws: `.argument` for an unknown array.
  public func removed(_ name: String) throws -> [Bool] {
    let flags = network.slots.values.indices.map { removed.contains($0) }
    return network.full(try network.array(named: name), flags, absent: false)
  }

  /// Decay time and final bias of the cost, footnote 9.
  public var decay: DecayFit { DecayFit(trace.map(\.cost)) }
}

/// Means of the observables, with what is desired of them and their weights.
package struct ObservableReport {
  package let means: [Double]
  package let desired: [Double]
  package let lambda: [Double]
}
