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
  public internal(set) var network: Network
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
  public internal(set) var data: Sequences?
  /// The start, and every iteration.
  public internal(set) var trace: [IterationReport] = []
  /// Why the last step or run stopped.
  public internal(set) var stopReason = StopReason.none
  /// How far the draws of a race spread: the cost at which each of them stands, best first, in the unit of the trace. One
  /// where the first was good enough; empty without a race.
  public internal(set) var drawCosts: [Double] = []
  /// What else a user should know of it.
  public internal(set) var notes: [EstimationNote] = []
  /// How far a network predicts whose free run was asked for and cannot stay with the data; nil of others, and before a
  /// run has ended.
  public internal(set) var parting: Parting? {
    didSet { notes = notes.filter { $0.kind != .parting } + (parting.map { [.parting($0)] } ?? []) }
  }
  /// The processes that have the other sequences, each with an estimator that is asked for the same; nil where these
  /// are all. Where a process may have none, or nothing that is observed, it comes before the data.
  public var processes: Processes? { didSet { question += 1 } }
  /// Slots of the weights that a sparse estimation took away.
  var removed: Set<Int> = []

  /// What `uncertainty` found, until something is estimated or asked for elsewhere.
  var recentInformation: RecentInformation?

  /// Whether the options are known to be allowed.
  var isChecked = false
  /// Counts the changes of what is asked.
  var question = 0 { didSet { recentInformation = nil } }
  /// At work, and what it answers.
  var made: (session: any Session, question: Int)?
  /// For looks under a question that nothing was found for yet.
  var looked: (session: any Session, question: Int)?
  var seconds = 0.0
  var lastPoll: Time

  /// Without data: `setData` comes before it computes anything.
  public init(_ network: Network, objective: Objective = Objective()) {
    self.network = network
    self.objective = objective
    lastPoll = Time.now
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
    try agree()
    let makeProblem = { [network, objective, options, processes] in
      try Problem(
        network, sequences, objective: objective, options: options.observation,
        units: options.units, processes: processes)
    }
    // Sessions side by side could not come to the same sums in one order.
    // Nor are there shards for several in memory.
    let session = try options.makeSession(
      makeProblem(), another: processes == nil && sequences.reader == nil ? makeProblem : nil)
    if trace.isEmpty {
      made = (session, question)
    } else {
      looked = (session, question)
    }
    return session
  }

  /// - Throws: `.processes` where processes are asked for different things.
  func agree() throws {
    guard processes != nil else { return }
    try processes.agree(on: signature, "networks, weights, bounds, criteria or options")
  }

  /// What all processes have to have alike.
  private var signature: [UInt64] {
    let slots = network.slots
    var hash = Fingerprint()
    for list in [slots.values, slots.lower, slots.upper, options.values] { hash.add(list) }
    for value in slots.isFixed { hash.add(value ? 1 : 0) }
    for count in [network.inputs, network.outputCount, network.stateSize, trace.count] {
      hash.add(UInt64(count))
    }
    hash.add(objective.criterion + options.method.rawValue)
    hash.add(UInt64(objective.regularisations.count))
    hash.add(UInt64(objective.observableCount))
    return [hash.value, UInt64(Vector.width)]
  }

  /// What found the best weights.
  private func finder() throws -> any Session {
    if !trace.isEmpty, let made { return made.session }
    return try session()
  }

  /// The best initial states, sequences x flat state, as `Network.simulate` takes them: those of each sequence where
  /// `options.observation.learnsEachStart` when it ran, otherwise empty.
  public func initialStates() throws -> [Double] {
    data?.isNone == true ? [] : try finder().initialStates
  }

  /// Whether what was found answers the question at hand.
  package var isAnswered: Bool { !trace.isEmpty && made?.question == question }

  /// Whether it found an initial state for each sequence.
  package var hasFoundStarts: Bool {
    !trace.isEmpty && made?.session.problem.learnsEachStart == true
  }

  /// Forgets what was done; the next step starts anew.
  func restart() {
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
}
