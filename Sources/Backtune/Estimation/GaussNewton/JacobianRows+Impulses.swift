import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Rows of the Jacobian by impulse responses: backward in time from four output times at once.
extension JacobianRows {
  /// Rows by impulse responses.
  /// - Returns: false where these live too long to be worth their while.
  func byImpulses(
    _ states: States, _ slots: [Double], unlimited: Bool = false, into sink: any RowSink,
    _ poll: Poll
  ) throws -> Bool {
    // Of these states alone: which values count may change with them.
    let most = mostAges(unlimited)
    guard most > 0 else { return false }
    let impulses = try room(for: most)
    impulses.load(slots)
    clear(sink)
    var (ages, batches) = (0, 0)
    let places = ImpulseRows.places(problem.network, values.nodes.map { ($0.group, $0.node) })
    for window in history.windows(reach: most, isDescending: true) {
      try values.hold(window)
      try history.fill(window, states, poll: poll)
      for part in try chunks(window, places, poll) {
        guard
          let followed = try add(
            part, impulses, most, batches == 0 ? nil : ages / batches, isPatient: unlimited, poll)
        else { return false }
        ages += followed.reduce(0, +)
        batches += followed.count
        noteSites(part)
        try give(4 * part.count, of: part[0].quad.sequence, to: sink, poll)
      }
    }
    memory = Double(ages) / Double(max(batches, 1))
    return true
  }

  /// Tells where the slopes of the rows in the chunk stand, if they are kept.
  private func noteSites(_ quads: [Quad]) {
    guard let kept else { return }
    for (q, quad) in quads.enumerated() {
      for k in 0..<4 where quad.quad.time >= k {
        let (sequence, t) = (quad.quad.sequence, quad.quad.time - k)
        let weight = values.residual(sequence, t, quad.output).weight
        if weight > 0 {
          kept.note(values.site(sequence, t, quad.output), weight: weight, row: 4 * q + k)
        }
      }
    }
  }

  private typealias Quad = (quad: ImpulseRows.Quad, output: Int)

  /// Fills the chunk with the rows of some quads, groups of them side by side.
  ///
  /// - Parameters:
  ///   - most: how far impulses are followed.
  ///   - memory: ages followed before, in the mean; nil at first.
  ///   - isPatient: whether the first group is not given up early.
  /// - Returns: the ages followed of each group; nil where they live too long.
  private func add(
    _ quads: [Quad], _ impulses: ImpulseRows, _ most: Int, _ memory: Int?, isPatient: Bool,
    _ poll: Poll
  ) throws -> [Int]? {
    chunk.zero()
    let batch = ImpulseRows.quads
    let count = (quads.count + batch - 1) / batch
    // Of one group, -1 where it lived too long.
    let followed = try Buffer(count: count, for: "impulse responses")
    func run(_ range: Range<Int>, limit: Int, memory: Int, isTrial: Bool) throws -> Bool {
      let reduction = Reduction(
        count: range.count, work: range.count * memory * impulses.workPerAge)
      while scratches.count < reduction.workers { scratches.append(try impulses.makeScratch()) }
      try reduction.forEach(poll: poll, scratch: scratches) {
        [values, chunk, residuals] number, scratch, poll in
        let own = range.lowerBound + number
        let part = quads[own * batch..<min((own + 1) * batch, quads.count)]
        let target = chunk.pointer + 4 * batch * own
        for (q, quad) in part.enumerated() {
          for k in 0..<4 {
            let t = quad.quad.time - k
            let (weight, residual) =
              t < 0 ? (0, 0) : values.residual(quad.quad.sequence, t, quad.output)
            scratch.weights[4 * q + k] = weight
            residuals[4 * (batch * own + q) + k] = residual
          }
        }
        let ages = try impulses.add(
          part.map(\.quad)[...], scratch, limit: limit, isTrial: isTrial, into: target,
          stride: Self.chunkStride, poll: poll)
        followed.pointer[own] = Double(ages ?? -1)
      }
      return range.allSatisfy { followed.pointer[$0] >= 0 }
    }
    var (first, known) = (0, memory ?? 0)
    if memory == nil && count > 0 {
      // The last times come first: what they show of the memory decides, and the others may take somewhat longer.
      guard try run(0..<1, limit: most / 2, memory: 0, isTrial: !isPatient) else { return nil }
      (first, known) = (1, Int(followed.pointer[0]))
    }
    guard try run(first..<count, limit: most, memory: known, isTrial: false) else { return nil }
    return (0..<count).map { Int(followed.pointer[$0]) }
  }

  /// The groups of four output times of a window that have an observed value, a chunk of rows after the other; the last
  /// times first, of each sequence where these have columns of their own.
  private func chunks(
    _ window: HistoryWindow, _ places: [Int], _ poll: Poll
  ) throws -> [[Quad]] {
    var most = 0
    window.forEach(history.lengths) { most += ($1.count + 3) / 4 * values.nodes.count }
    // Of four words, and once more in their order.
    try MemoryBudget.bytes(doubles: [most, 8], for: "times of the Jacobian")
    var result: [Quad] = []
    result.reserveCapacity(most)
    try window.forEach(history.lengths) { sequence, times in
      forEachQuad(times, { values.counts(sequence, $0, $1) }) { t, k in
        result.append((ImpulseRows.Quad(sequence: sequence, time: t, node: places[k]), k))
      }
      try poll()
    }
    let (size, isApart) = (Self.chunkRows / 4, own != nil)
    result.sort {
      isApart && $0.quad.sequence != $1.quad.sequence
        ? $0.quad.sequence < $1.quad.sequence : $0.quad.time > $1.quad.time
    }
    var (chunks, first) = ([[Quad]](), 0)
    while first < result.count {
      let sequence = result[first].quad.sequence
      var end = first + 1
      while end < min(first + size, result.count),
        !isApart || result[end].quad.sequence == sequence
      { end += 1 }
      chunks.append(Array(result[first..<end]))
      first = end
    }
    return chunks
  }

  /// Calls `body` with the last time and the node of every four times that have an observed value.
  private func forEachQuad(
    _ times: Range<Int>, _ counts: (Int, Int) -> Bool, _ body: (Int, Int) -> Void
  ) {
    for k in values.nodes.indices {
      for t in stride(from: times.upperBound - 1, through: times.lowerBound, by: -4)
      where (max(0, t - 3)...t).contains(where: { counts($0, k) }) {
        body(t, k)
      }
    }
  }

  /// Twice the ages at which tangents cost as much; 0 where impulses are not worth a try.
  private func mostAges(_ unlimited: Bool) -> Int {
    let program = problem.runner.shards.all[0].program
    let size = history.layout.rowNodes * Self.impulseRows
    let steps = (problem.sequences.lengths.max() ?? 0) + history.layout.past + 1
    if unlimited { return 2 * steps }
    let quads = quadCount
    let count = present.count
    let perAge = Double(program.workPerStep + count) * Double(4 * quads)
    let even = tangentWork * Double(problem.runner.shards.totalSteps) / max(perAge, 1)
    let room = (64 << 20) / (8 * size)
    let ages = min(Int(min(2 * even, 1e9)), room, 2 * steps)
    // Where all sequences are short, impulses end with them.
    let least = min(16, 2 * steps)
    return ages < least ? 0 : ages
  }

  /// The groups of four output times that have an observed value.
  private var quadCount: Int {
    let (runner, lengths) = (problem.runner, history.lengths)
    let counts = SharedValues(few: runner.shards.count)
    runner.reduction.each { [self] part in
      values.counted(part) { sequence, isCounted in
        forEachQuad(0..<lengths[sequence], isCounted) { _, _ in counts.pointer[part] += 1 }
      }
    }
    return Int((0..<counts.count).reduce(0) { $0 + counts.pointer[$1] })
  }

  private func room(for ages: Int) throws -> ImpulseRows {
    if let impulses, impulses.ages >= ages { return impulses }
    let made = try ImpulseRows(
      problem.runner.shards.all[0].program, history, present, ages: ages,
      scales: problem.nodeScales)
    (impulses, scratches) = (made, [])
    return made
  }
}
