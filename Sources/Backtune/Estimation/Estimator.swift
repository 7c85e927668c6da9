import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Estimates the weights of a network so that it gives desired outputs.
///
///     let estimator = try Estimator(network, sequences)
///     try estimator.run()
///     network = estimator.network
///
/// The best weights seen are never lost: `network` holds them after every step, also after one that was interrupted.
public final class Estimator {
  /// What a monitor is told; it answers true to stop.
  public enum Event: Sendable {
    /// A chance to stop, between simulations or inside a long one, at most every few milliseconds.
    case poll
    /// An iteration is complete and in the trace.
    case iteration
  }
  /// Called on the calling thread; answers true to stop, the best weights being kept.
  public typealias Monitor = (Event) -> Bool

  /// The network with the best weights seen.
  public private(set) var network: Network
  /// What is asked: criterion, options, data. A change counts from the next step or run on, which then starts anew where
  /// it has to; until then what was found stays as it is, and calls that compute answer under the new question.
  public var objective: Objective { didSet { question += 1 } }
  /// How the weights are moved, and when it stops.
  public var options = EstimatorOptions() {
    didSet {
      isChecked = false
      if options.asksOtherwise(than: oldValue) { question += 1 }
    }
  }
  /// The sequences, nil before they are set.
  public private(set) var data: Sequences?
  /// The start, and every iteration.
  public private(set) var trace: [IterationReport] = []
  /// Why the last step or run stopped.
  public private(set) var stopReason = StopReason.none
  /// How far the draws of a race spread: the cost at which each of them stands, best first, in the unit of the trace. One
  /// where the first was good enough; empty without a race.
  public private(set) var drawCosts: [Double] = []
  /// What else a user should know of it.
  public private(set) var notes: [EstimationNote] = []
  /// How far a network predicts whose free run was asked for and cannot stay with the data; nil of others, and before a
  /// run has ended.
  public private(set) var parting: Parting? {
    didSet { notes = notes.filter { $0.kind != .parting } + (parting.map { [.parting($0)] } ?? []) }
  }
  /// Slots of the weights that a sparse estimation took away.
  private(set) var removed: Set<Int> = []

  /// What `uncertainty` found, until something is estimated or asked for elsewhere.
  var recentInformation: RecentInformation?

  /// Whether the options are known to be allowed.
  private var isChecked = false
  /// Counts the changes of what is asked.
  private var question = 0 { didSet { recentInformation = nil } }
  /// At work, and what it answers.
  private var made: (session: any Session, question: Int)?
  /// For looks under a question that nothing was found for yet.
  private var looked: (session: any Session, question: Int)?
  private let clock = ContinuousClock()
  private var seconds = 0.0
  private var lastPoll: ContinuousClock.Instant

  /// Without data: `setData` comes before it computes anything.
  public init(_ network: Network, objective: Objective = Objective()) {
    self.network = network
    self.objective = objective
    lastPoll = clock.now
  }

  /// - Throws: `.size` for sequences of another network's inputs or outputs.
  public convenience init(
    _ network: Network, _ sequences: Sequences, objective: Objective = Objective()
  ) throws {
    self.init(network, objective: objective)
    try setData(sequences)
  }

  /// - Throws: `.size` for sequences of another network's inputs or outputs.
  public func setData(_ sequences: Sequences) throws {
    try Self.check(sequences, network)
    data = sequences
    question += 1
  }

  /// Gives what was measured of a group, see `Sequences.setMeasured`: sum T x size values, NaN where not known; nil for
  /// what is known of it as an output.
  /// - Throws: `.state` before there are data, `.argument` for a group of which nothing is read as measured, or an
  ///   infinite value; `.size` for another number of values.
  package func setMeasured(_ group: GroupID, _ values: UnsafeBufferPointer<Double>?) throws {
    var sequences = try sequences()
    try sequences.setMeasured(network, group, values)
    data = sequences
    question += 1
  }

  private static func check(_ sequences: Sequences, _ network: Network) throws {
    guard sequences.inputCount == network.inputs, sequences.outputCount == network.outputCount
    else {
      throw BacktuneError.size(
        "sequences: \(sequences.inputCount) inputs and \(sequences.outputCount) outputs, the network has \(network.inputs) and \(network.outputCount)"
      )
    }
  }

  /// - Throws: `.state` before there are data.
  func sequences() throws -> Sequences {
    guard let data else {
      throw BacktuneError.state("estimator: it has no data yet, set them first")
    }
    return data
  }

  /// What answers the question at hand.
  func session() throws -> any Session {
    if !isChecked { try options.check() }
    isChecked = true
    if let made, made.question == question { return made.session }
    if let looked, looked.question == question { return looked.session }
    let sequences = try sequences()
    let makeProblem = { [network, objective, options] in
      try Problem(
        network, sequences, objective: objective, options: options.observation,
        units: options.units)
    }
    let session = try options.makeSession(makeProblem(), another: makeProblem)
    if trace.isEmpty {
      made = (session, question)
    } else {
      looked = (session, question)
    }
    return session
  }

  /// What found the best weights.
  private func finder() throws -> any Session {
    if !trace.isEmpty, let made { return made.session }
    return try session()
  }

  /// The best initial states, sequences x flat state, as `Network.simulate` takes them: those of each sequence where
  /// `options.observation.learnsEachStart` when it ran, otherwise empty.
  public func initialStates() throws -> [Double] { try finder().initialStates }

  /// Whether what was found answers the question at hand.
  package var isAnswered: Bool { !trace.isEmpty && made?.question == question }

  /// Whether it found an initial state for each sequence.
  package var hasFoundStarts: Bool {
    !trace.isEmpty && made?.session.problem.learnsEachStart == true
  }

  /// Forgets what was done; the next step starts anew.
  private func restart() {
    (made, looked, recentInformation) = (nil, nil, nil)
    (trace, drawCosts) = ([], [])
    seconds = 0
    (stopReason, parting) = (.none, nil)
    removed = removed.filter { network.slots.isFixed[$0] && network.slots.values[$0] == 0 }
  }

  /// Takes weights, bounds and fixed flags that were set since; where they differ the estimation starts anew from them.
  /// - Throws: `.state` when the groups, connections or observed nodes have changed.
  package func adopt(_ changed: Network) throws {
    try follow(changed)
    try checkStructure(changed)
    guard changed.slots != network.slots || changed.rest != network.rest else { return }
    let isSame =
      changed.slots.hasSameConstraints(as: network.slots) && changed.rest == network.rest
    let kept = isSame ? made : nil
    network = changed
    restart()
    // A race has its draws of the network that it was made for.
    guard let kept, kept.question == question, !(kept.session is Race),
      changed.weightOrigin == .set
    else { return }
    let session = kept.session
    session.restart(from: session.problem.slots(for: changed.slots.values))
    made = kept
  }

  /// Takes a network as it is as long as nothing was computed.
  package func follow(_ changed: Network) throws {
    guard trace.isEmpty, made == nil else { return }
    if let data { try Self.check(data, changed) }
    network = changed
  }

  /// One iteration.
  /// - Returns: `.none`, or why no further step can help (or the monitor's wish).
  /// - Throws: `.memory` where work space is not to be had; the best weights are kept.
  @discardableResult
  public func step(monitor: Monitor? = nil) throws -> StopReason {
    stopReason = .none
    guard try start(monitor: monitor) else { return stopReason }
    return try iterate(monitor: monitor, left: 1)
  }

  /// Iterations until a stop reason; then, of a sparse estimation, the weights near zero are taken away.
  @discardableResult
  public func run(monitor: Monitor? = nil) throws -> StopReason {
    stopReason = .none
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
    // Of a start that is worse than the mean of the desired values, what that mean would cost.
    let mean = trace[0].nmse > 1 ? trace[0].cost / trace[0].nmse : .infinity
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
    let begin = clock.now
    let removal = try Removal(
      session, try sequences(), objective, options, iterations: iterations, poll: poll(monitor))
    seconds += (clock.now - begin) / .seconds(1)
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
    if let monitor, monitor(.iteration) { stopReason = .callback }
    return true
  }

  /// Evaluates the first weights and opens the trace; false where there is nothing to go on from.
  private func start(monitor: Monitor?) throws -> Bool {
    parting = nil
    if !isAnswered, !trace.isEmpty { restart() }
    if trace.isEmpty { try takeDraw() }
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
    }
    return stopReason == .none
  }

  /// An NMSE that no draw comes to by chance.
  private static let goodNMSE = 1e-2

  /// The seed of a start that nobody gave.
  private static let usualSeed: UInt64 = 0

  /// Takes weights that are as drawn in the units of the data, and the inputs' rest; draws those that nobody chose, which
  /// may be a point that no step leads away from.
  private func takeDraw() throws {
    if network.weightOrigin == .untouched {
      network.randomize(seed: Self.usualSeed)
      made = nil
      // Readouts have one minimum, wherever they start.
      notes = try session() is LinearReadout ? [] : [.drawn(seed: Self.usualSeed)]
    }
    guard case .drawn(let seed) = network.weightOrigin else { return }
    // Nothing that is good already is thrown away, such as the network that made the data.
    if try session().cost(at: network.slots.values).nmse < Self.goodNMSE { return }
    if network.rest == nil || network.rest?.isTaken == true {
      let sequences = try sequences()
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
  package func outputNMSE(at other: Network) throws -> [Double] {
    try computing(at: other) { session, weights in
      let (score, states) = try session.search.evaluate(session.slots(at: weights))
      let outputs = session.problem.outputNMSE(states)
      return score.isFinite ? outputs : outputs.map { $0.isNaN ? .nan : .infinity }
    }
  }

  /// Whether the best weights are no better than the best constant.
  private var isNoFit: Bool { (trace.last?.nmse ?? .nan) >= 1 - 1e-9 }

  /// - Parameter left: iterations that may come, this one among them.
  private func iterate(monitor: Monitor?, left: Int) throws -> StopReason {
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
    if isDone, let monitor, monitor(.iteration) { stopReason = .callback }
    return stopReason
  }

  /// Runs a part of an iteration; whatever it found is kept and traced, also where it was interrupted or failed.
  /// - Returns: false where the monitor interrupted it.
  private func timed(_ session: any Session, _ body: () throws -> Void) throws -> Bool {
    let begin = clock.now
    let before = session.slots
    defer {
      (network, recentInformation) = (session.network, nil)
      // What follows a removal has no draws of its own.
      if let race = session as? Race { drawCosts = race.costs }
    }
    var isDone = true
    do {
      try body()
    } catch let error as BacktuneError where error.kind == .interrupted {
      isDone = false
    }
    seconds += (clock.now - begin) / .seconds(1)
    if isDone || session.slots != before {
      var report = session.lastReport
      report.seconds = seconds
      trace.append(report)
    }
    return isDone
  }

  /// A check for the caller's wish to stop, at most every 5 ms.
  func poll(_ monitor: Monitor?) -> Poll {
    guard let monitor else { return .none }
    return Poll { [clock] in
      let now = clock.now
      if now - self.lastPoll < .milliseconds(5) { return }
      self.lastPoll = now
      if monitor(.poll) { throw BacktuneError(.interrupted, "stopped by the caller") }
    }
  }
}
