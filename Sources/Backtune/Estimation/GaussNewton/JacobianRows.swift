import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What takes the rows [J r] of a linearised problem, a chunk at a time.
protocol RowSink: AnyObject {
  /// Forgets the rows that were taken.
  func clear()
  /// - Parameters:
  ///   - chunk: column after column, `JacobianRows.chunkStride` apart, r last and then zeros up to a multiple of four
  ///     columns; the number of rows is a multiple of 4. It may be written over.
  ///   - columns: which of all they are, ascending, -1 for one of zeros; nil for all. The others are zero.
  func take(
    _ chunk: UnsafeMutablePointer<Double>, rows: Int, of columns: [Int]?, poll: Poll) throws
}

/// The rows of J = dr/dW by the adjustable slots and of r, in chunks so that memory does not grow with their number.
///
/// They come from impulse responses where the network forgets fast enough for these to cost less than tangents of all
/// weights, otherwise from tangents.
final class JacobianRows {
  /// Number of columns of J: the adjustable slots.
  let order: Int
  /// Columns of all rows, r and padding included.
  let width: Int
  /// How many ages impulses were followed, in the mean; 0 by tangents.
  var memory = 0.0

  let problem: Problem
  var values: DrivenValues
  let history: History
  let columns: Columns
  /// Where sequences learn starts of their own, the columns that rows of each have.
  let own: OwnColumns?
  var tangents: TangentRows?
  /// Multiplications of the tangents at one step.
  let tangentWork: Double
  var impulses: ImpulseRows?
  /// A chunk of rows of values with r as their last column, column after column: those that are `present`.
  let chunk: Buffer
  /// The same of rows of terms of few residuals, with all columns, and rows that wait to be written there, four at once.
  private let globalChunk: Buffer
  private let fourRows: Buffer
  /// Rows in the chunk that are not in the matrix yet.
  private var pending = 0
  /// Keeps the rows for products with them, where that is set.
  var kept: KeptRows?
  /// Of each thread.
  var scratches: [ImpulseRows.Scratch] = []

  /// - Parameter room: values of a history that are held at once, about.
  init(_ problem: Problem, room: Int = History.room) throws {
    self.problem = problem
    values = try DrivenValues(problem)
    order = problem.adjustable.count
    columns = Columns(
      problem.runner.shards.all[0].program, adjustable: problem.adjustable,
      sequences: problem.sequences.lengths.count,
      starts: problem.startCount)
    own = OwnColumns(columns)
    tangentWork = TangentRows.workPerStep(
      problem.runner.shards.all[0].program, own?.columns ?? columns,
      nodes: values.nodes.map { ($0.group, $0.node) })
    history = try History(problem.runner.shards, room: room)
    width = MatrixKernels.padded(order + 1)
    let purpose = "rows of the Jacobian"
    let most = MatrixKernels.padded((own?.columns ?? columns).count + 1)
    chunk = try Buffer(dimensions: [most, Self.chunkStride], for: purpose)
    globalChunk =
      own == nil || problem.globalTerms.isEmpty
      ? chunk : try Buffer(dimensions: [width, Self.chunkStride], for: purpose)
    fourRows = try Buffer(dimensions: [4, width], for: purpose)
  }

  static let impulseRows = 4 * ImpulseRows.quads

  static let chunkRows = 256
  static let chunkStride = RowProducts.stride(chunkRows)

  /// Gives all rows at simulated states, whose weights are `slots`.
  /// - Parameter unit: of the cost, a power of two: rows and r come divided by its root.
  func run(
    _ states: States, slots: [Double], unit: Double = 1, into sink: any RowSink, poll: Poll
  ) throws {
    // What an interrupted run left.
    pending = 0
    prepare(states, unit: unit)
    try problem.runner.polling(poll) {
      if try !byImpulses(states, slots, into: sink, poll) {
        try byTangents(states, slots, into: sink, poll)
      }
    }
    try addGlobalTerms(states, slots, sink, poll)
  }

  /// Takes simulated states.
  func prepare(_ states: States, unit: Double = 1) {
    history.clear()
    values.take(states, unit: unit)
  }

  /// Rows by tangents, one sequence after the other.
  func byTangents(
    _ states: States, _ slots: [Double], into sink: any RowSink, _ poll: Poll
  ) throws {
    let tangents =
      try self.tangents
      ?? TangentRows(
        problem.runner.shards.all[0].program, history, present,
        nodes: values.nodes.map { ($0.group, $0.node) })
    self.tangents = tangents
    tangents.load(slots)
    clear(sink)
    memory = 0
    // Read once: reached through `self`, they took 2 to 6 % of an iteration of small networks.
    let (nodes, residuals, kept) = (values.nodes.indices, residuals, kept)
    var (last, row) = (0, 0)
    func flush() throws {
      let rows = try tangents.write(into: chunk, stride: Self.chunkStride, poll: poll)
      for k in row..<rows { residuals[k] = 0 }
      row = 0
      try give(rows, of: last, to: sink, poll)
    }
    for window in history.windows(reach: tangents.reach, isDescending: false) {
      try values.hold(window)
      try history.fill(window, states, poll: poll)
      let values = values
      try window.forEach(history.lengths) { sequence, times in
        if own != nil && sequence != last && tangents.rowCount > 0 { try flush() }
        last = sequence
        for t in times {
          tangents.step(sequence, t)
          for k in nodes where values.counts(sequence, t, k) {
            let (weight, residual) = values.residual(sequence, t, k)
            tangents.ask(k, times: weight)
            residuals[row] = residual
            kept?.note(values.site(sequence, t, k), weight: weight, row: row)
            row += 1
            if row == Self.chunkRows { try flush() }
          }
        }
      }
      try flush()
    }
  }

  /// Begins anew.
  func clear(_ sink: any RowSink) {
    sink.clear()
    kept?.clear()
  }

  /// Gives away the first rows of the chunk; where sequences have columns of their own, they are of one.
  func give(_ rows: Int, of sequence: Int, to sink: any RowSink, _ poll: Poll) throws {
    let columns = own?.places(of: sequence)
    try kept?.take(chunk.pointer, rows: rows, of: columns)
    try sink.take(chunk.pointer, rows: rows, of: columns, poll: poll)
    try poll()
  }

  /// The columns that are computed.
  var present: Columns { own?.columns ?? columns }

  /// The last column of the chunk.
  var residuals: UnsafeMutablePointer<Double> {
    chunk.pointer + present.count * Self.chunkStride
  }

  /// Rows of the terms of few residuals: an adjoint each.
  private func addGlobalTerms(
    _ states: States, _ slots: [Double], _ sink: any RowSink,
    _ poll: Poll
  ) throws {
    if problem.globalTerms.isEmpty { return }
    try values.forEachGlobalRow(states, slots: slots, poll: poll) {
      row, weight, residual in
      // All processes have the same: they count once.
      if problem.processes.rank > 0 { return }
      let scale = (weight / values.unit).squareRoot()
      try row.withUnsafeBufferPointer {
        try appendRow(scale, $0.baseAddress, scale * residual, sink, poll)
      }
    }
    try finishRows(sink, poll)
  }

  /// Appends a row of the Jacobian, `weight` times the source, and its residual.
  private func appendRow(
    _ weight: Double, _ source: UnsafePointer<Double>?, _ residual: Double,
    _ sink: any RowSink, _ poll: Poll
  ) throws {
    let target = fourRows.pointer + pending % 4 * width
    if let source { for d in 0..<order { target[d] = weight * source[d] } }
    target[order] = residual
    pending += 1
    if pending % 4 == 0 { put(row: pending - 4) }
    if pending == Self.chunkRows { try giveGlobalRows(sink, poll) }
  }

  /// Takes the rows that wait.
  private func finishRows(_ sink: any RowSink, _ poll: Poll) throws {
    if pending % 4 != 0 {
      let missing = 4 - pending % 4
      (fourRows.pointer + pending % 4 * width).update(repeating: 0, count: missing * width)
      pending += missing
      put(row: pending - 4)
    }
    if pending > 0 { try giveGlobalRows(sink, poll) }
  }

  private func giveGlobalRows(_ sink: any RowSink, _ poll: Poll) throws {
    let rows = pending
    pending = 0
    try sink.take(globalChunk.pointer, rows: rows, of: nil, poll: poll)
    try poll()
  }

  /// Writes the four rows in the chunk.
  private func put(row: Int) {
    let (a, target) = (fourRows.pointer, globalChunk.pointer + row)
    let (b, c, d) = (a + width, a + 2 * width, a + 3 * width)
    for k in 0...order {
      MatrixKernels.store(SIMD4(a[k], b[k], c[k], d[k]), target + k * Self.chunkStride)
    }
  }
}
