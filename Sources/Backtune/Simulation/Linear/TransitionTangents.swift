import BacktuneNetwork
import BacktuneNumerics

/// Tangents of the states by all weights: one adjoint a step says how they hang on those of the past and on what the
/// weights multiply (`Transition`), P times the states squared then carries them.
final class TransitionTangents: Tangents {
  private let transition: Transition
  private let slices: [TransitionSlice]
  /// Multiplications of the columns at one step.
  private let columnWork: Int
  /// Of the times of a batch, one after the other.
  private let values: Buffer
  /// Of each thread.
  private var scratches: [Transition.Scratch] = []

  /// Times of a batch, and those of which one thread takes the transitions.
  private let batchSteps: Int
  private let itemSteps: Int

  /// Columns of a slice at most.
  private static let sliceColumns = 64
  /// Values of a batch, about: 2 MB.
  private static let batchSize = 1 << 18
  /// Multiplications between two polls, about.
  private static let pollWork = 1_000_000

  init(
    _ cut: StateCut, _ program: Program, _ history: History, _ columns: Columns,
    _ asked: [StateCut.Node]
  ) throws {
    let transition = try Transition(cut, program, history, columns, asked: asked)
    self.transition = transition
    let count = max((columns.count + Self.sliceColumns - 1) / Self.sliceColumns, 1)
    let size = MatrixKernels.padded(max((columns.count + count - 1) / count, 1))
    slices = try stride(from: 0, to: columns.count, by: size).map {
      try TransitionSlice(
        transition, columns, first: $0, count: min(size, columns.count - $0))
    }
    columnWork = Int(min(Self.columnWork(cut, columns), 1e15))
    batchSteps = min(max(Self.batchSize / transition.size, 8), 256)
    itemSteps = min(max(Self.pollWork / transition.workPerStep / 4, 1), 8) * 4
    values = try Buffer(
      dimensions: [batchSteps, transition.size], for: "tangents of the weights")
  }

  /// Multiplications of one time step, about.
  static func workPerStep(_ cut: StateCut, _ program: Program, _ columns: Columns) -> Double {
    columnWork(cut, columns) + 2 * Double(cut.rows.count) * Double(program.workPerStep)
  }

  private static func columnWork(_ cut: StateCut, _ columns: Columns) -> Double {
    let links = zip(columns.links, cut.ages).reduce(0) { $0 + $1.0.count * $1.1.count }
    return Double(MatrixKernels.padded(cut.rows.count))
      * (Double(cut.past.count) * Double(columns.count + 1) + Double(links))
  }

  var reach: Int { transition.reach }

  func load(_ slots: [Double]) { transition.load(slots) }

  func write(
    _ plan: TangentPlan, into chunk: UnsafeMutablePointer<Double>, stride: Int, poll: Poll
  ) throws {
    for batch in plan.batches(of: batchSteps) {
      try writeTransitions(batch, poll)
      let reduction = Reduction(count: slices.count, work: batch.steps * columnWork)
      let pollSteps = max(Self.pollWork * slices.count / max(columnWork, 1), 1)
      try reduction.forEach(poll: poll) { [slices, values] slice, poll in
        try slices[slice].run(
          plan, batch, values.pointer, into: chunk, stride: stride, pollSteps, poll)
      }
    }
  }

  /// Pieces of a batch, side by side.
  private func writeTransitions(_ batch: TangentPlan.Batch, _ poll: Poll) throws {
    var (items, first) = ([(sequence: Int, times: Range<Int>, step: Int)](), 0)
    for run in batch.runs {
      var times = run.times
      while !times.isEmpty {
        let part = times.prefix(itemSteps)
        items.append((run.sequence, part, first))
        first += part.count
        times = part.upperBound..<times.upperBound
      }
    }
    let reduction = Reduction(count: items.count, work: batch.steps * transition.workPerStep)
    while scratches.count < reduction.workers { scratches.append(try transition.makeScratch()) }
    try reduction.forEach(poll: poll, scratch: scratches) {
      [transition, values, items] number, scratch, poll in
      let item = items[number]
      transition.write(
        item.sequence, item.times, scratch,
        into: values.pointer + item.step * transition.size)
      try poll()
    }
  }
}
