import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Steps and runs: the loop, its stop reasons, and what comes before and after.
extension Estimator {
  /// One iteration.
  /// - Returns: `.none`, or why no further step can help (or the monitor's wish).
  /// - Throws: `.memory` where work space is not to be had; the best weights are kept.
  @discardableResult
  public func step(monitor: Monitor? = nil) throws -> StopReason {
    stopReason = .none
    processes?.begin()
    guard try start(monitor: monitor) else { return stopReason }
    return try iterate(monitor: monitor, left: 1)
  }

  /// Iterations until a stop reason; then, of a sparse estimation, the weights near zero are taken away.
  @discardableResult
  public func run(monitor: Monitor? = nil) throws -> StopReason {
    stopReason = .none
    processes?.begin()
    guard try start(monitor: monitor) else { return stopReason }
    try iterateToTheEnd(monitor: monitor)
    if options.observation.horizons.contains(.infinity), stopReason != .callback {
      try findParting(monitor: monitor)
    }
    return stopReason
  }

  @discardableResult
  private func iterateToTheEnd(monitor: Monitor?) throws -> StopReason {
    guard Removal.isWanted(try session().problem) else {
      return try run(iterations: options.maxIterations, monitor: monitor)
    }
    // Taking some weights away lets others come near zero: there are several rounds.
    let (first, round) = Removal.rounds(of: options.maxIterations)
    try run(iterations: first, monitor: monitor)
    var left = options.maxIterations - first
    while left > 0 && stopReason != .callback {
      let count = min(left, round)
      left -= count
      if try removeWeights(iterations: count, monitor: monitor) { continue }
      guard stopReason == .iterations else { break }
      try run(iterations: count, monitor: monitor)
    }
    return stopReason
  }

  private func findParting(monitor: Monitor?) throws {
    guard let nmse = trace.last?.nmse else { return }
    let session = try session()
    do {
      parting = try Parting(
        session.problem, session.network, from: session.initialStates, nmse: nmse,
        poll: poll(monitor))
    } catch let error as BacktuneError where error.kind == .interrupted {
      stopReason = .callback
    }
  }

  @discardableResult
  private func run(iterations: Int, monitor: Monitor?) throws -> StopReason {
    var iteration = 0
    // Of a start that is worse than the mean of the desired values, what that mean would cost; of a likelihood, whose
    // cost outside its domain says nothing, one nat.
    let isWorse = trace[0].nmse > 1
    let mean = objective.isLikelihood ? 1 : isWorse ? trace[0].cost / trace[0].nmse : .infinity
    while true {
      let (cost, first) = (trace[trace.count - 1].cost, trace[trace.count - 1].firstCost)
      if cost <= options.target {
        stopReason = .target
      } else if cost <= options.tolerance * min(first, mean) {
        stopReason = .tolerance
      } else if iteration >= iterations {
        stopReason = .iterations
      } else if try iterate(monitor: monitor, left: iterations - iteration) == .none {
        iteration += 1
        continue
      }
      return stopReason
    }
  }

  /// One entry of the trace, if the weights near zero are not needed.
  /// - Returns: whether some were taken away.
  private func removeWeights(iterations: Int, monitor: Monitor?) throws -> Bool {
    let session = try session()
    let begin = Time.now
    let removal = try Removal(
      session, try sequences(), objective, options, iterations: iterations, poll: poll(monitor))
    seconds += (Time.now - begin) / .seconds(1)
    if removal?.stop == .callback { stopReason = .callback }
    guard let removal, removal.isGood else { return false }
    stopReason = removal.stop
    (made, recentInformation) = ((removal.session, question), nil)
    network = removal.session.network
    removed.formUnion(removal.slots)
    var report = removal.session.report
    (report.order, report.variant, report.step) = (.removal, 0, 0)
    report.seconds = seconds
    trace.append(report)
    if isStopped(by: monitor) { stopReason = .callback }
    return true
  }

  /// Evaluates the first weights and opens the trace; false where there is nothing to go on from.
  private func start(monitor: Monitor?) throws -> Bool {
    parting = nil
    try agree()
    if !isAnswered, !trace.isEmpty { restart() }
    let given = network
    do {
      if trace.isEmpty { try takeDraw(poll: poll(monitor)) }
    } catch let error as BacktuneError where error.kind == .interrupted {
      stopReason = .callback
      return false
    }
    let session = try session()
    if trace.isEmpty { notes = notes.filter { $0.kind == .drawn } + session.problem.notes }
    if trace.isEmpty {
      let isDone = try timed(session) { try session.start(poll: self.poll(monitor)) }
      guard isDone else {
        stopReason = .callback
        return false
      }
    }
    if session.isEmpty {
      stopReason = .nothing
    } else if !session.cost.isFinite {
      stopReason = .diverged
      if let (_, states) = try? session.search.evaluate(session.slots, poll: poll(monitor)) {
        notes.removeAll { $0.kind == .diverged }
        notes.append(.diverged(session.problem.divergence(in: states)))
      }
      // Not with a draw in the units of the data.
      network = given
    }
    return stopReason == .none
  }

  /// An NMSE that no draw comes to by chance.
  private static let goodNMSE = 1e-2

  /// The seed of a start that nobody gave.
  private static let usualSeed: UInt64 = 0

  /// Takes weights that are as drawn in the units of the data, and the inputs' rest; draws those that nobody chose, which
  /// may be a point that no step leads away from.
  private func takeDraw(poll: Poll) throws {
    if network.weightOrigin == .untouched {
      network.randomize(seed: Self.usualSeed)
      made = nil
      // Readouts have one minimum, wherever they start.
      notes = try session() is LinearReadout ? [] : [.drawn(seed: Self.usualSeed)]
    }
    guard case .drawn(let seed) = network.weightOrigin else { return }
    // Nothing that is good already is thrown away, such as the network that made the data.
    if try session().cost(at: network.slots.values, poll: poll).nmse < Self.goodNMSE { return }
    if network.rest == nil || network.rest?.isTaken == true {
      let sequences = try sequences().pooled(processes, network)
      let (rest, groups) = (sequences.rest, sequences.groupRests(network))
      if rest != network.restValues || groups != network.rest?.groups ?? [:] {
        try network.setRest(rest, groups: groups, isTaken: true)
        made = nil
      }
    }
    let session = try session()
    session.restart(from: session.problem.drawnSlots(seed: seed))
  }

  /// NMSE of every output at the best weights; NaN of constant ones, infinite where they diverge.
  package func outputNMSE(at other: Network, monitor: Monitor? = nil) throws -> [Double] {
    try computing(at: other) { session, weights in
      let (score, states) = try session.search.evaluate(
        session.slots(at: weights), poll: poll(monitor))
      let outputs = session.problem.outputNMSE(states)
      return score.isFinite ? outputs : outputs.map { $0.isNaN ? .nan : .infinity }
    }
  }

  /// Whether the best weights are no better than the best constant.
  private var isNoFit: Bool { (trace.last?.nmse ?? .nan) >= 1 - 1e-9 }

  /// - Parameter left: iterations that may come, this one among them.
  private func iterate(monitor: Monitor?, left: Int) throws -> StopReason {
    try AddressSpace.check()
    let session = try session()
    (session as? Race)?.left = left
    let isDone = try timed(session) {
      try session.iterate(options, poll: self.poll(monitor))
    }
    if !isDone {
      stopReason = .callback
    } else if session.lastReport.order == .none {
      stopReason = !session.isConverged ? .stalled : isNoFit ? .saddle : .converged
    }
    if isDone, isStopped(by: monitor) { stopReason = .callback }
    return stopReason
  }

  /// Tells that an iteration is complete.
  /// - Returns: whether the caller wants no more, in any process.
  private func isStopped(by monitor: Monitor?) -> Bool {
    processes.any(monitor?(.iteration) ?? false)
  }

  /// Runs a part of an iteration; whatever it found is kept and traced, also where it was interrupted or failed.
  /// - Returns: false where the monitor interrupted it.
  /// - Throws: what `body` threw else.
  private func timed(_ session: any Session, _ body: () throws -> Void) throws -> Bool {
    let begin = Time.now
    let before = session.slots
    defer {
      (network, recentInformation) = (session.network, nil)
      // What follows a removal has no draws of its own.
      if let race = session as? Race { drawCosts = race.costs }
    }
    var (isDone, failure) = (true, (any Error)?.none)
    do {
      try body()
      try session.problem.runner.check()
    } catch {
      isDone = false
      if (error as? BacktuneError)?.kind != .interrupted { failure = error }
    }
    seconds += (Time.now - begin) / .seconds(1)
    if isDone || session.slots != before {
      var report = session.lastReport
      report.seconds = seconds
      trace.append(report)
    }
    if let failure { throw failure }
    return isDone
  }

  /// A check for the caller's wish to stop, at most every 5 ms.
  func poll(_ monitor: Monitor?) -> Poll {
    guard let monitor else { return .none }
    let processes = processes
    return Poll {
      let now = Time.now
      if now - self.lastPoll < .milliseconds(5) { return }
      self.lastPoll = now
      // All processes stop at one place, which is not here.
      if let processes {
        if !processes.wantsStop { processes.wantsStop = monitor(.poll) }
        return
      }
      if monitor(.poll) { throw BacktuneError(.interrupted, "stopped by the caller") }
      try AddressSpace.check()
    }
  }
}
