import BacktuneNumerics

/// What is run ahead of the order of one thread.
extension Race {
  /// The next lap of a runner, or of the draw that enters: one that was run ahead, or it is run now, others beside it.
  func nextLap(of k: Int, _ goal: Double, _ poll: Poll) throws -> Lap {
    if let lap = takeAhead(of: k) { return lap }
    let turns = [nextTurn(of: k)] + turnsBeside(k)
    let lead = runners.indices.reduce(Double.infinity) { $1 == k ? $0 : min($0, runners[$1].cost) }
    do { try lanes.run(turns, goal: goal, lead: lead, poll: poll) } catch {
      store(turns.dropFirst())
      takeRest(turns[0])
      throw error
    }
    store(turns[...])
    guard let lap = takeAhead(of: k) else {
      throw BacktuneError.state("race: a turn without an iteration")
    }
    return lap
  }

  private func takeAhead(of k: Int) -> Lap? {
    guard var laps = ahead[k], !laps.isEmpty else { return nil }
    let lap = laps.removeFirst()
    ahead[k] = laps
    return lap
  }

  private func store(_ turns: ArraySlice<RaceTurn>) {
    for turn in turns where !turn.laps.isEmpty { ahead[turn.runner, default: []] += turn.laps }
  }

  /// What there is of a turn that was interrupted, as one iteration: the best weights seen are never lost.
  private func takeRest(_ turn: RaceTurn) {
    var laps = turn.laps[...]
    let k = turn.runner
    if k == draws {
      guard let start = laps.popFirst() else { return }
      enter(with: start)
    }
    for lap in laps { take(lap, of: k) }
    if let rest = turn.rest { interrupt(rest, of: k) }
  }

  /// The laps of a runner up to the end of its turn, or of a draw with its start, that were not run ahead.
  private func nextTurn(of k: Int) -> RaceTurn {
    let laps = ahead[k] ?? []
    guard k < draws else {
      let origin = laps.last?.position ?? GaussNewton.Position(slots: k == 0 ? start : draw(k))
      return RaceTurn(
        k, from: origin, before: laps.count, most: 1 + Self.turnLength - laps.count,
        cost: laps.first?.report.cost)
    }
    return RaceTurn(
      k, from: laps.last?.position ?? runners[k].position, before: runners[k].laps + laps.count,
      most: Self.turnLength - (k == current ? turn : 0) - laps.count,
      cost: k == current ? runners[k].before : runners[k].cost)
  }

  /// How many turns for each thread are foreseen, at most.
  private static let sight = 4

  /// Turns that come after that of `k`, as far as can be foreseen.
  private func turnsBeside(_ k: Int) -> [RaceTurn] {
    let own = Self.turnLength - (k == current ? turn : 0)
    let width = lanes.width(laps: Self.turnLength)
    guard left > own, width > 1 else { return [] }
    let entered = max(draws, k + 1)
    let heat = entered..<(entered + field - 1) / field * field
    let running = goingOn
    let after = running.firstIndex(of: k).map { $0 + 1 } ?? 0
    let order =
      Array(heat.prefix(Self.sight * width))
      + (running[after...] + running[..<after]).filter { $0 != k }
    // Where one leads all the way, others are run in vain: two turns for each other thread at most.
    let next = order.prefix(
      min((left - own - 1) / Self.turnLength + 1, isLeading ? 2 * (width - 1) : order.count))
    return next.filter { ahead[$0]?.last?.isLast != true }
      .map { nextTurn(of: $0) }.filter { $0.most > 0 }
  }
}
