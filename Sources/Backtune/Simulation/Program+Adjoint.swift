import BacktuneNetwork
import BacktuneNumerics

/// Backward in time.
extension Program {
  private struct Adjoint: OperationUser {
    let frame: Frame
    let scratch: UnsafeMutablePointer<Double>
    let states: UnsafePointer<Double>
    let values: UnsafePointer<Double>
    let eps: UnsafeMutablePointer<Double>
    let sums: UnsafeMutablePointer<Double>
    let lanes: Int
    let isAdjoint: Bool

    @inline(__always)
    func run(_ operation: some Operation) {
      operation.pull(
        frame, states, values: values, scratch: scratch, eps, into: sums, lanes: lanes,
        isAdjoint: isAdjoint)
    }
  }

  /// Backward tuning, equation (4): eps(t) = rho'(t) + g(sum of beta eps) from T - 1 down to 0, and what it is for: sum_t
  /// eps(t) phi(t), which is added to every slot.
  ///
  /// It goes window by window, so that memory does not grow with T, and sums block by block of times, while states and
  /// adjoint values are in the cache.
  ///
  /// - Parameters:
  ///   - slopes: rho' of the driven nodes, in a layout of these alone.
  ///   - startsLearnt: whether the states started from the learnt values.
  ///   - eps: room for one window, see `windowSteps`; its rows before t = 0 end with the derivative by the initial state.
  package func tune(
    _ weights: PackedWeights, _ workspace: Workspace, _ states: Trajectory, slopes: Trajectory,
    _ drive: Drive, guard limit: Guard?, startsLearnt: Bool = true, window eps: Trajectory,
    _ batch: Batch, into slots: UnsafeMutablePointer<Double>, poll: Poll = .none
  ) throws -> Guard.Counts {
    var counts = Guard.Counts()
    counts.values = network.nodeCount * batch.totalSteps
    let sums = try workspace.zeroSums()
    let (size, past, window) = (layout.rowSize, layout.past, max(eps.steps, 1))
    var end = batch.steps
    var first = max(end - 1, 0) / window * window
    // What is to be zero before values are added becomes so just then, as long as it is in the cache.
    eps.row(end - first - past).update(repeating: 0, count: past * size)
    while true {
      try tuneWindow(
        weights, workspace, states, slopes: slopes, drive, limit, &counts,
        Trajectory(eps, from: -first), batch, first..<end, sums, poll)
      if first == 0 { break }
      // What was pulled back beyond the window is where the one before it ends.
      eps.row(window - past).update(from: eps.row(-past), count: past * size)
      (first, end) = (first - window, first)
    }
    firstPulls.clearPast(eps)
    takeGradient(sums, eps, startsLearnt: startsLearnt, into: slots)
    return counts
  }

  /// Steps of a window of adjoint values for so many, which stays in the cache: a block of those that are summed at a time.
  func windowSteps(_ steps: Int) -> Int { min(steps, max(4 * layout.past, block)) }

  private func tuneWindow(
    _ weights: PackedWeights, _ workspace: Workspace, _ states: Trajectory, slopes: Trajectory,
    _ drive: Drive, _ limit: Guard?, _ counts: inout Guard.Counts, _ eps: Trajectory,
    _ batch: Batch, _ times: Range<Int>, _ sums: UnsafeMutablePointer<Double>, _ poll: Poll
  ) throws {
    let (table, size, frame) = (table, layout.rowSize, Frame(weights: weights.values))
    let (past, slopeSize, block) = (layout.past, drive.slopeSize, block)
    let (zeroed, pulls) = (firstPulls.zeroed, pulls)
    var end = times.upperBound
    try batch.active.withUnsafeBufferPointer { active in
      // Runs of times come in ascending order; the adjoint goes down from the last.
      try chunks(times.count, poll) { run in
        for step in run {
          let t = times.upperBound - 1 - step
          let (state, row) = (states.origin + t * size, eps.origin + t * size)
          for run in zeroed {
            (row - past * size + run.place).update(repeating: 0, count: run.count)
          }
          let adjoint = Adjoint(
            frame: frame, scratch: workspace.values, states: state, values: state, eps: row,
            sums: row, lanes: active[t], isAdjoint: true)
          let slopes = slopes.origin + t * slopeSize
          var k = table.count - 1
          while k >= 0 {
            let part = drive.parts[k]
            if let limit { limit.apply(row + part.place, count: part.count, &counts) }
            drive.add(slopes, of: part, to: row)
            if case .withTanh(let own, let shift) = pulls[k], limit == nil,
              drive.parts[k - 1].runs.isEmpty
            {
              own._withUnsafeGuaranteedRef {
                $0.pullWithTanh(frame, state, row, shift: shift, lanes: active[t])
              }
              k -= 2
            } else {
              table[k].use(adjoint)
              k -= 1
            }
          }
          if end - t >= block || t == times.lowerBound {
            addGradient(states, eps, batch, t..<end, into: sums)
            end = t
          }
        }
      }
    }
  }

  /// sums(t) += beta^T r(t + l), one step of the adjoint without recursion: r is held.
  package func pull(
    _ weights: PackedWeights, _ workspace: Workspace, _ states: Trajectory,
    predicted: Trajectory, residual: Trajectory, into sums: Trajectory, _ batch: Batch,
    poll: Poll = .none
  ) throws {
    sums.zero()
    let (table, size, frame) = (table, layout.rowSize, Frame(weights: weights.values))
    try forEachStep(batch, poll) { t, lanes in
      let place = t * size
      let adjoint = Adjoint(
        frame: frame, scratch: workspace.values, states: states.origin + place,
        values: predicted.origin + place, eps: residual.origin + place,
        sums: sums.origin + place, lanes: lanes, isAdjoint: false)
      for k in 0..<table.count { table[k].use(adjoint) }
    }
  }

  /// Adds sum_t eps(t) phi(t) to every slot; for a learnt initial state the sum of eps over the lanes.
  ///
  /// - Parameter startsLearnt: whether the states started from the learnt values.
  package func gradient(
    _ workspace: Workspace, _ states: Trajectory, _ eps: Trajectory, _ batch: Batch,
    startsLearnt: Bool = true, into slots: UnsafeMutablePointer<Double>,
    poll: Poll = .none
  ) throws {
    let sums = try workspace.zeroSums()
    let block = block
    var first = 0
    while first < batch.steps {
      let end = min(first + block, batch.steps)
      addGradient(states, eps, batch, first..<end, into: sums)
      first = end
      try poll()
    }
    takeGradient(sums, eps, startsLearnt: startsLearnt, into: slots)
  }

  /// Steps whose products are summed at a time: 256 KiB of a trajectory, in blocks of 16 as outer products take them. Of wide
  /// rows no more: those of 128 nodes and 16 lanes then stay in a second-level cache of 1 MiB.
  private var block: Int { max(((1 << 15) / max(layout.rowSize, 1) + 15) / 16 * 16, 16) }

  private func addGradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>,
    into sums: UnsafeMutablePointer<Double>
  ) {
    var place = sums
    for operation in operations {
      operation.addGradient(states, eps, batch, times, into: place)
      place += operation.gradientCount
    }
  }

  private func takeGradient(
    _ sums: UnsafeMutablePointer<Double>, _ eps: Trajectory, startsLearnt: Bool,
    into slots: UnsafeMutablePointer<Double>
  ) {
    var place = sums
    for operation in operations {
      operation.takeGradient(place, into: slots)
      place += operation.gradientCount
    }
    if !startsLearnt { return }
    forEachStart { slot, place in
      for lane in 0..<layout.lanes { slots[slot] += eps.origin[place + lane] }
    }
  }
}
