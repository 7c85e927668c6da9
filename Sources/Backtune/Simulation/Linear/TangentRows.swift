import BacktuneNetwork
import BacktuneNumerics

/// Rows of a Jacobian by tangents of all weights at once, forward in time: T N^2 P multiplications, whatever the memory
/// of the network.
///
/// Times and rows are asked for one after the other, `write` then computes them: slices of the columns side by side.
package final class TangentRows {
  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  private let slices: [TangentSlice]
  private var plan = TangentPlan()

  /// Columns of a slice at most.
  private static let sliceColumns = 32

  package init(_ program: Program, _ history: History, _ columns: Columns) throws {
    let count = max((columns.count + Self.sliceColumns - 1) / Self.sliceColumns, 1)
    let lanes = Vector.padded(max((columns.count + count - 1) / count, 1))
    linear = try LinearProgram(program, lanes: lanes)
    packed = try PackedWeights(linear.program)
    self.history = history
    let (linear, packed) = (linear, packed)
    slices = try stride(from: 0, to: columns.count, by: lanes).map {
      try TangentSlice(
        linear, packed, history, columns, first: $0, count: min(lanes, columns.count - $0))
    }
  }

  /// Takes the weights, one value a slot, and forgets what was asked for.
  package func load(_ slots: [Double]) {
    packed.load(slots, linear.program)
    plan = TangentPlan()
  }

  /// Where a node stands in a row, lanes not counted.
  package func offset(_ group: GroupID, _ node: Int) -> Int {
    linear.layout.offset(of: group) + node
  }

  /// Goes on to time t of a sequence, from 0 on, each after the one before.
  package func step(_ sequence: Int, _ t: Int) { plan.step(sequence, t) }

  /// Asks for the row of a node, by its offset, at the time that was gone to, times a weight.
  package func ask(_ offset: Int, times weight: Double) { plan.ask(offset, times: weight) }

  /// Rows that were asked for, and not written.
  package var rowCount: Int { plan.rows.count }

  /// Writes the rows that were asked for, in their order, and zeros up to a multiple of four; column after column,
  /// `stride` apart.
  /// - Returns: the number of rows, those of zeros included.
  package func write(
    into chunk: Buffer, stride: Int, poll: Poll
  ) throws -> Int {
    let (plan, layout) = (plan, linear.layout)
    self.plan = TangentPlan()
    let steps = plan.runs.reduce(0) { $0 + $1.times.count }
    let reduction = Reduction(
      count: slices.count,
      work: slices.count * layout.lanes * (steps * linear.workPerStep + plan.rows.count))
    try reduction.forEach(poll: poll) { [slices] slice, poll in
      try slices[slice].run(plan, into: chunk.pointer, stride: stride, poll)
    }
    return MatrixKernels.padded(plan.rows.count)
  }
}

/// What is to be computed next.
struct TangentPlan {
  /// Times of a sequence that follow each other; those from 0 on begin it anew.
  struct Run {
    let sequence: Int
    var times: Range<Int>
  }

  /// A row that is wanted after the step number `step` of all, 0 being before the first.
  struct Row {
    let step: Int
    let offset: Int
    let weight: Double
  }

  private(set) var runs: [Run] = []
  private(set) var rows: [Row] = []
  private var steps = 0

  mutating func step(_ sequence: Int, _ t: Int) {
    if let place = runs.indices.last, runs[place].sequence == sequence,
      runs[place].times.upperBound == t
    {
      runs[place].times = runs[place].times.lowerBound..<t + 1
    } else {
      runs.append(Run(sequence: sequence, times: t..<t + 1))
    }
    steps += 1
  }

  mutating func ask(_ offset: Int, times weight: Double) {
    rows.append(Row(step: steps, offset: offset, weight: weight))
  }
}
