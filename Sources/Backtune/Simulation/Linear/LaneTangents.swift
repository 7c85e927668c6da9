import BacktuneNetwork
import BacktuneNumerics

/// Tangents of every node by all weights, columns side by side as lanes of the linearised network: N^2 P multiplications
/// a step.
final class LaneTangents: Tangents {
  private let linear: LinearProgram
  private let packed: PackedWeights
  private let slices: [TangentSlice]
  /// Where the nodes that may be asked for stand in a row, lanes not counted.
  private let offsets: [Int]
  let reach = 0

  /// Columns of a slice at most.
  private static let sliceColumns = 32

  init(
    _ program: Program, _ history: History, _ columns: Columns, _ asked: [StateCut.Node]
  ) throws {
    let count = max((columns.count + Self.sliceColumns - 1) / Self.sliceColumns, 1)
    let lanes = Vector.padded(max((columns.count + count - 1) / count, 1))
    linear = try LinearProgram(program, lanes: lanes)
    packed = try PackedWeights(linear.program)
    let (linear, packed) = (linear, packed)
    slices = try stride(from: 0, to: columns.count, by: lanes).map {
      try TangentSlice(
        linear, packed, history, columns, first: $0, count: min(lanes, columns.count - $0))
    }
    offsets = asked.map { linear.layout.offset(of: $0.group) + $0.node }
  }

  static func workPerStep(_ program: Program, _ columns: Columns) -> Double {
    Double(program.workPerStep) * Double(columns.count + 1)
  }

  func load(_ slots: [Double]) { packed.load(slots, linear.program) }

  func write(
    _ plan: TangentPlan, into chunk: UnsafeMutablePointer<Double>, stride: Int, poll: Poll
  ) throws {
    let steps = plan.runs.reduce(0) { $0 + $1.times.count }
    let reduction = Reduction(
      count: slices.count,
      work: slices.count * linear.layout.lanes * (steps * linear.workPerStep + plan.rows.count))
    try reduction.forEach(poll: poll) { [slices, offsets] slice, poll in
      try slices[slice].run(plan, offsets, into: chunk, stride: stride, poll)
    }
  }
}
