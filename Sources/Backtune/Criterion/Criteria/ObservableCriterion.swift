import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// sum_k |lambda_k| |O_k - desired_k| of time means over the outputs, equation (12) of RR-9100: the network is adjusted
/// in distribution.
package enum ObservableCriterion: CriterionKind {
  package static var names: [String] { ["observables"] }

  package static func makeTerm(_ context: TermContext) throws -> any DataTerm {
    try ObservablesTerm(context)
  }
}

/// Observables that are asked for, and from what their desired means are taken.
package struct ObservableGoals: Sendable {
  package struct Goal: Sendable {
    package let observable: any Observable
    /// Nil where it is measured on the reference.
    package let desired: Double?
  }

  /// Series of the outputs: sum T x O values, one sequence after the other, NaN where missing.
  package struct OutputSeries: Sendable {
    package let lengths: [Int]
    package let values: [Double]
    private let outputs: Int
    private let name: String

    /// - Throws: `.size` for another number of values, or no sequence.
    package init(lengths: [Int], values: [Double], outputs: Int, for what: String) throws {
      let steps = try Batch(lengths: lengths).totalSteps
      guard values.count == steps * outputs else {
        throw BacktuneError.size(
          "\(what): \(values.count) values, expected \(steps) steps x \(outputs) outputs")
      }
      if let place = values.firstIndex(where: \.isInfinite) {
        throw BacktuneError.argument(
          "\(what): value \(place) is \(values[place]), expected a finite number, or NaN where missing"
        )
      }
      (self.lengths, self.values, self.outputs, name) = (lengths, values, outputs, what)
    }

    /// - Throws: `.size` where the network's outputs have changed since the series came.
    func withSeries<Result>(channels: Int, _ body: (Series) throws -> Result) throws -> Result {
      guard channels == outputs else {
        throw BacktuneError.size(
          "\(name): it came with \(outputs) outputs, the network has \(channels) now")
      }
      return try values.withUnsafeBufferPointer { buffer in
        let places = SeriesPlaces(lengths: lengths, channelCount: channels)
        guard let base = buffer.baseAddress else {
          throw BacktuneError.argument("series of outputs: it has no value")
        }
        return try body(Series(base, places))
      }
    }
  }

  package var goals: [Goal] = []
  /// Nil for the desired outputs of the data, if there are any.
  package var reference: OutputSeries?
  /// Of the Gibbs fit that gives lambda; nil for |lambda| = 1.
  package var samples: OutputSeries?

  package init() {}

  /// - Throws: `.size` for an observable of an output that the network no longer has.
  fileprivate func check(outputs: Int) throws {
    for (index, goal) in goals.enumerated() {
      let last = max(goal.observable.terms.first, goal.observable.terms.second)
      guard last < outputs else {
        throw BacktuneError.size(
          "\(goal.observable.name(index)): it reads output \(last), the network has \(outputs) now"
        )
      }
    }
  }
}

package final class ObservablesTerm: DataTerm, GlobalTerm {
  package let set: ObservableSet
  private let runner: ShardRunner
  /// The outputs of all sequences, one after the other, from the washout on.
  private let places: SeriesPlaces
  private let whole: SeriesPlaces
  private let values: Buffer
  private let slopes: Buffer
  private let outputs: Int
  /// The part of the terms of every observable that comes from the sequences of this process; nil where all do.
  private let shares: [Double]?
  /// Of a Gibbs fit: that of lambda, or else the reference.
  private let base: ObservableGoals.OutputSeries?

  init(_ context: TermContext) throws {
    let goals = context.observables
    guard !context.isStatic else {
      throw BacktuneError.argument(
        "option static: 1, expected 0 with the criterion observables; mean_at is that of one time")
    }
    try goals.check(outputs: context.network.outputCount)
    runner = context.runner
    outputs = context.network.outputCount
    whole = SeriesPlaces(lengths: runner.shards.lengths, channelCount: outputs)
    places = whole.from(context.washout)
    let dimensions = [runner.shards.totalSteps, outputs]
    values = try Buffer(dimensions: dimensions, for: "series of outputs")
    slopes = try Buffer(dimensions: dimensions, for: "slopes of observables")
    let processes = runner.shards.processes
    guard processes == nil || goals.reference != nil || context.targets == nil else {
      throw BacktuneError.argument(
        "desired: it is of the sequences of one process, expected a reference, the same in all, with the criterion observables"
      )
    }
    let reference = try goals.reference ?? context.targets?.sequences.desiredSeries()
    set = try Self.makeSet(goals, reference, outputs).following(washout: context.washout)
    shares = try set.shares(lengths: places.lengths, processes)
    base = goals.samples ?? reference
  }

  private static func makeSet(
    _ goals: ObservableGoals, _ reference: ObservableGoals.OutputSeries?, _ outputs: Int
  ) throws -> ObservableSet {
    let observables = goals.goals.map(\.observable)
    var set: ObservableSet
    if let reference {
      let measured = try reference.withSeries(channels: outputs) {
        try ObservableSet(observables, measuredOn: $0)
      }
      let desired = zip(goals.goals, measured.desired).map { $0.desired ?? $1 }
      set = try ObservableSet(measured.observables, desired: desired)
    } else {
      set = try ObservableSet(observables, desired: goals.goals.map { $0.desired ?? .nan })
    }
    if let place = set.desired.firstIndex(where: { !$0.isFinite }) {
      throw BacktuneError.state(
        "observable \(place): its desired mean is not known; give it, or a reference that has such values"
      )
    }
    guard let samples = goals.samples else { return set }
    let fit = try samples.withSeries(channels: outputs) {
      try GibbsFit(set.samples($0), desired: set.desired)
    }
    guard fit.isConverged else {
      throw BacktuneError.argument(
        "samples: no Gibbs distribution over them has the desired means, which lie outside what they reach"
      )
    }
    let order = fit.lambda.count
    guard
      (0..<order).contains(where: {
        abs(fit.lambda[$0]) * fit.hessian[$0 * (order + 1)].squareRoot() > 1e-9
      })
    else {
      throw BacktuneError.argument(
        "samples: they have the desired means already, so that every lambda is 0; give others, or none"
      )
    }
    set = try ObservableSet(set.observables, desired: set.desired, lambda: fit.lambda)
    return set
  }

  package var divisor: Double { 1 }

  /// The outputs of these states, until the next call.
  private func series(_ states: Driven) -> Series {
    forEachOutput(states) { values.pointer[$0] = $1.pointee }
    return Series(UnsafePointer(values.pointer), places)
  }

  /// Adds sum_k c_k dO_k/dx.
  private func addSlopes(_ c: [Double], _ states: Driven, into target: Driven) {
    slopes.zero()
    set.addSlopes(
      shares.map { zip(c, $0).map(*) } ?? c, series(states),
      to: MutableSeries(slopes.pointer, places))
    forEachOutput(target) { $1.pointee += slopes.pointer[$0] }
  }

  /// Calls `body(place in a series, value among the driven ones)` for every output.
  private func forEachOutput(_ states: Driven, _ body: (Int, UnsafeMutablePointer<Double>) -> Void)
  {
    let nodes = runner.shards.network.outputs.flatMap { item in
      (0..<item.count).map { (item.group, $0) }
    }
    for (part, shard) in runner.shards.all.enumerated() {
      let layout = runner.layout(part)
      let columns = nodes.map { layout.place(of: $0.0, $0.1) }
      shard.forEachSequence { sequence, lane in
        for t in 0..<whole.lengths[sequence] {
          let row = states.parts[part].row(t) + lane
          for k in 0..<outputs { body(whole.place(k, t, sequence), row + columns[k]) }
        }
      }
    }
  }

  /// O_k of these states.
  package func means(_ states: Driven) -> [Double] {
    let own = set.values(series(states))
    guard let shares else { return own }
    return runner.shards.processes.sum(
      own.indices.map { shares[$0] > 0 ? shares[$0] * own[$0] : 0 })
  }

  package func value(_ states: Driven) -> Double { set.cost(means(states)) }

  package func addSlopes(_ states: Driven, into slopes: Driven) {
    addSlopes(set.coefficients(means(states)), states, into: slopes)
  }

  package func curvature(_ states: Driven) -> Double? { nil }

  /// None of one value at a time.
  package func addCurvatures(_ states: Driven, into curvatures: Driven) {}

  package var residualCount: Int { self.set.count }

  /// O_k - desired_k, the absolute value being reweighted.
  package func residuals(_ states: Driven) -> [(weight: Double, residual: Double)] {
    let means = means(states)
    let errors = means.indices.map { means[$0] - set.desired[$0] }
    // Those that are met already keep a weight that the others can outweigh.
    let least = 1e-3 * errors.reduce(1e-300) { max($0, abs($1)) }
    return errors.indices.map { (abs(set.lambda[$0]) / max(abs(errors[$0]), least), errors[$0]) }
  }

  package func addDerivative(
    of k: Int, times c: Double, _ states: Driven, into slopes: Driven
  ) {
    addSlopes((0..<self.set.count).map { $0 == k ? c : 0 }, states, into: slopes)
  }

  /// The nearest outputs whose observables have the desired means.
  package func imposition(
    on states: Driven, poll: Poll
  ) throws -> Imposition? {
    // It would take the series of all processes.
    if runner.shards.processes != nil { return nil }
    guard let projection = try Projection(of: series(states), set, poll: poll) else { return nil }
    let (first, places) = (SeriesPlaces(lengths: places.lengths, channelCount: outputs), places)
    return { target in
      // The first steps, before the washout, stay.
      _ = self.series(target)
      for (s, length) in places.lengths.enumerated() {
        for t in 0..<length {
          for k in 0..<self.outputs {
            self.values.pointer[places.place(k, t, s)] = projection.values[first.place(k, t, s)]
          }
        }
      }
      self.forEachOutput(target) { $1.pointee = self.values.pointer[$0] }
    }
  }

  /// The KL divergence of the distribution of these states from the desired one, both modelled as Gibbs distributions
  /// over the samples (without them, over the reference); NaN where the means lie outside what these reach.
  /// - Throws: `.state` without samples and reference.
  package func divergence(_ states: Driven) throws -> Double {
    guard let base else {
      throw BacktuneError.state("divergence: it needs samples, or a reference series")
    }
    let samples = try base.withSeries(channels: outputs) { try set.samples($0) }
    let wanted = try GibbsFit(samples, desired: set.desired)
    let present = try GibbsFit(samples, desired: means(states))
    // Below zero by rounding only.
    return wanted.isConverged && present.isConverged
      ? max(wanted.divergence(to: present), 0) : .nan
  }
}

extension Sequences {
  /// What is desired, NaN where it is not observed.
  fileprivate func desiredSeries() throws -> ObservableGoals.OutputSeries {
    try ObservableGoals.OutputSeries(
      lengths: lengths, values: zip(desired, gains).map { $1 > 0 ? $0 : .nan },
      outputs: outputCount, for: "desired")
  }
}
