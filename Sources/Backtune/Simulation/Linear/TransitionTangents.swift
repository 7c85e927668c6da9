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

  /// Columns of a slice, and times of a batch, at most.
  private static let sliceColumns = 64
  private static let batchSteps = 256
  /// Times that one thread takes.
  private static let itemSteps = 32

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
    columnWork = Self.columnWork(cut, columns)
    values = try Buffer(
      dimensions: [Self.batchSteps, transition.size], for: "tangents of the weights")
  }

  /// Multiplications of one time step, about.
  static func workPerStep(_ cut: StateCut, _ program: Program, _ columns: Columns) -> Double {
    Double(columnWork(cut, columns)) + 2 * Double(cut.rows.count) * Double(program.workPerStep)
  }

  private static func columnWork(_ cut: StateCut, _ columns: Columns) -> Int {
    let links = zip(columns.links, cut.ages).reduce(0) { $0 + $1.0.count * $1.1.count }
    return MatrixKernels.padded(cut.rows.count)
      * (cut.past.count * (columns.count + 1) + links)
  }

  func load(_ slots: [Double]) { transition.load(slots) }

  func write(
    _ plan: TangentPlan, into chunk: UnsafeMutablePointer<Double>, stride: Int, poll: Poll
  ) throws {
    for batch in plan.batches(of: Self.batchSteps) {
      try writeTransitions(batch, poll)
      let reduction = Reduction(
        count: slices.count, work: batch.steps * columnWork)
      try reduction.forEach(poll: poll) { [slices, values] (slice: Int, _: Poll) in
        slices[slice].run(plan, batch, values.pointer, into: chunk, stride: stride)
      }
      try poll()
    }
  }

  /// Pieces of a batch, side by side.
  private func writeTransitions(_ batch: TangentPlan.Batch, _ poll: Poll) throws {
    var (items, first) = ([(sequence: Int, times: Range<Int>, step: Int)](), 0)
    for run in batch.runs {
      var times = run.times
      while !times.isEmpty {
        let part = times.prefix(Self.itemSteps)
        items.append((run.sequence, part, first))
        first += part.count
        times = part.upperBound..<times.upperBound
      }
    }
    let reduction = Reduction(count: items.count, work: batch.steps * transition.workPerStep)
    while scratches.count < reduction.workers { scratches.append(try transition.makeScratch()) }
    try reduction.forEach(poll: poll, scratch: scratches) {
      [transition, values, items] number, scratch, _ in
      let item = items[number]
      transition.write(
        item.sequence, item.times, scratch,
        into: values.pointer + item.step * transition.size)
    }
  }
}
