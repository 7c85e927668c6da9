import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// What takes the rows [J r] of a linearised problem, a chunk at a time.
protocol RowSink: AnyObject {
  /// Forgets the rows that were taken.
  func clear()
  /// - Parameter chunk: column after column, `JacobianRows.chunkStride` apart, r last and then zeros up to a multiple of
  ///   four columns; the number of rows is a multiple of 4. It may be written over.
  func take(
    _ chunk: UnsafeMutablePointer<Double>, rows: Int, poll: Poll) throws
}

/// The rows of J = dr/dW by the adjustable slots and of r, in chunks so that memory does not grow with their number.
///
/// They come from impulse responses where the network forgets fast enough for these to cost less than tangents of all
/// weights, otherwise from tangents.
final class JacobianRows {
  /// Number of columns of J: the adjustable slots.
  let order: Int
  /// Columns of a chunk, r and padding included.
  let width: Int
  /// How many ages impulses were followed, in the mean; 0 by tangents.
  private(set) var memory = 0.0

  private let problem: Problem
  private var values: DrivenValues
  let history: History
  let columns: Columns
  private var tangents: TangentRows?
  private var impulses: ImpulseRows?
  /// A chunk of rows with r as their last column, column after column.
  private let chunk: Buffer
  /// Rows that wait to be written in the chunk, four at once.
  private let fourRows: Buffer
  /// Rows in the chunk that are not in the matrix yet.
  private var pending = 0

  init(_ problem: Problem) throws {
    self.problem = problem
    values = try DrivenValues(problem)
    order = problem.adjustable.count
    let count = problem.network.slots.values.count
    columns = Columns(
      problem.runner.shards.all[0].program, adjustable: problem.adjustable,
      sequences: problem.sequences.lengths.count,
      startsOfSequences: problem.slots.values.count > count)
    history = try History(problem.runner.shards)
    width = MatrixKernels.padded(order + 1)
    chunk = try Buffer(dimensions: [width, Self.chunkStride], for: "rows of the Jacobian")
    fourRows = try Buffer(dimensions: [4, width], for: "rows of the Jacobian")
  }

  private static let impulseRows = 4 * ImpulseRows.quads

  private static let chunkRows = 256
  static let chunkStride = RowProducts.stride(chunkRows)

  /// Gives all rows at simulated states, whose weights are `slots`.
  /// - Parameter unit: of the cost, a power of two: rows and r come divided by its root.
  func run(
    _ states: States, slots: [Double], unit: Double = 1, into sink: any RowSink, poll: Poll
  ) throws {
    // What an interrupted run left.
    pending = 0
    try prepare(states, unit: unit, poll: poll)
    if try !byImpulses(states, slots, into: sink, poll) {
      try byTangents(states, slots, into: sink, poll)
    }
    try addGlobalTerms(states, slots, sink, poll)
  }

  /// Takes simulated states.
  func prepare(_ states: States, unit: Double = 1, poll: Poll) throws {
    try history.fill(states, poll: poll)
    values.take(states, unit: unit)
  }

  /// Rows by tangents, one sequence after the other.
  func byTangents(
    _ states: States, _ slots: [Double], into sink: any RowSink, _ poll: Poll
  ) throws {
    let tangents = try self.tangents ?? TangentRows(
      problem.runner.shards.all[0].program, history, columns)
    self.tangents = tangents
    tangents.load(slots)
    sink.clear()
    memory = 0
    let nodes = values.nodes
    let places = nodes.map { tangents.place($0.group, $0.node) }
    for sequence in problem.sequences.lengths.indices {
      try tangents.run(sequence: sequence, poll: poll) { t, row in
        for k in nodes.indices where values.counts(sequence, t, k) {
          let (weight, residual) = values.residual(sequence, t, k)
          try appendRow(weight, row + places[k], residual, sink, poll)
        }
      }
    }
    try finishRows(sink, poll)
  }

  /// Rows of the terms of few residuals: an adjoint each.
  private func addGlobalTerms(
    _ states: States, _ slots: [Double], _ sink: any RowSink,
    _ poll: Poll
  ) throws {
    if problem.globalTerms.isEmpty { return }
    try values.forEachGlobalRow(states, slots: slots, poll: poll) {
      row, weight, residual in
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
    guard pending == Self.chunkRows else { return }
    pending = 0
    try sink.take(chunk.pointer, rows: Self.chunkRows, poll: poll)
    try poll()
  }

  /// Takes the rows that wait.
  private func finishRows(_ sink: any RowSink, _ poll: Poll) throws {
    if pending % 4 != 0 {
      let missing = 4 - pending % 4
      (fourRows.pointer + pending % 4 * width).update(repeating: 0, count: missing * width)
      pending += missing
      put(row: pending - 4)
    }
    let rows = pending
    pending = 0
    try sink.take(chunk.pointer, rows: rows, poll: poll)
  }

  /// Writes the four rows in the chunk.
  private func put(row: Int) {
    let (a, target) = (fourRows.pointer, chunk.pointer + row)
    let (b, c, d) = (a + width, a + 2 * width, a + 3 * width)
    for k in 0...order {
      MatrixKernels.store(SIMD4(a[k], b[k], c[k], d[k]), target + k * Self.chunkStride)
    }
  }

  /// Rows by impulse responses.
  /// - Returns: false where these live too long to be worth their while.
  func byImpulses(
    _ states: States, _ slots: [Double], unlimited: Bool = false, into sink: any RowSink,
    _ poll: Poll
  ) throws -> Bool {
    let quads = quads()
    // Of these states alone: which values count may change with them.
    let most = mostAges(quads.count, unlimited)
    guard most > 0 else { return false }
    let impulses = try room(for: most)
    impulses.load(slots)
    sink.clear()
    let (stride, rows) = (Self.chunkStride, chunk.pointer)
    var (count, ages, batches) = (0, 0, 0)
    var next = 0
    var weights = [Double](repeating: 0, count: Self.impulseRows)
    chunk.zero()
    while next < quads.count {
      let end = min(next + ImpulseRows.quads, quads.count)
      for q in next..<end {
        let quad = quads[q]
        for k in 0..<4 {
          let t = quad.quad.time - k
          let (weight, residual) =
            t < 0
            ? (0, 0) : values.residual(quad.quad.sequence, t, quad.output)
          weights[4 * (q - next) + k] = weight
          rows[order * stride + count + 4 * (q - next) + k] = residual
        }
      }
      // The last times come first: what they show of the memory decides, and the others may take somewhat longer.
      let limit = next == 0 ? most / 2 : most
      let batch = quads[next..<end].map(\.quad)
      guard
        let followed = try impulses.add(
          batch[...], weights: weights, limit: limit, into: rows + count, stride: stride,
          poll: poll)
      else { return false }
      ages += followed
      batches += 1
      count += 4 * (end - next)
      next = end
      if count + Self.impulseRows > Self.chunkRows || next == quads.count {
        try sink.take(rows, rows: count, poll: poll)
        chunk.zero()
        count = 0
      }
      try poll()
    }
    memory = Double(ages) / Double(max(batches, 1))
    return true
  }

  /// The groups of four output times that have an observed value, the last times first.
  private func quads() -> [(quad: ImpulseRows.Quad, output: Int)] {
    var result: [(quad: ImpulseRows.Quad, output: Int)] = []
    let places = ImpulseRows.places(
      problem.network, values.nodes.map { ($0.group, $0.node) })
    for (sequence, length) in problem.sequences.lengths.enumerated() {
      for (k, node) in places.enumerated() {
        var t = length - 1
        while t >= 0 {
          if (max(0, t - 3)...t).contains(where: { values.counts(sequence, $0, k) }) {
            result.append((ImpulseRows.Quad(sequence: sequence, time: t, node: node), k))
          }
          t -= 4
        }
      }
    }
    return result.sorted { $0.quad.time > $1.quad.time }
  }

  /// Twice the ages at which tangents cost as much; 0 where impulses are not worth a try.
  private func mostAges(_ quads: Int, _ unlimited: Bool) -> Int {
    let program = problem.runner.shards.all[0].program
    let size = history.layout.rowNodes * Self.impulseRows
    let steps = (problem.sequences.lengths.max() ?? 0) + history.layout.past + 1
    if unlimited { return 2 * steps }
    let perStep = Double(program.workPerStep) * Double(TangentRows.width(columns: order))
    let perAge = Double(program.workPerStep + order) * Double(4 * quads)
    let even = perStep * Double(problem.runner.shards.totalSteps) / max(perAge, 1)
    let room = (64 << 20) / (8 * size)
    let ages = min(Int(min(2 * even, 1e9)), room, 2 * steps)
    // Where all sequences are short, impulses end with them.
    let least = min(16, 2 * steps)
    return ages < least ? 0 : ages
  }

  private func room(for ages: Int) throws -> ImpulseRows {
    if let impulses, impulses.ages >= ages { return impulses }
    let made = try ImpulseRows(
      problem.runner.shards.all[0].program, history, columns, ages: ages)
    impulses = made
    return made
  }
}
