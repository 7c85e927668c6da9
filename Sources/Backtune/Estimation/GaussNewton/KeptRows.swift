import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// The rows of a small Jacobian, kept beside the sums that are taken of them: J^T of what a step leaves is then a product
/// with them instead of an adjoint, of which an iteration takes one for each correction.
///
/// Of one sequence, 12 nodes and 95 weights the adjoints of an iteration took 1,250 ns a step, most of it waiting for one
/// step after the other, the products take 260.
final class KeptRows {
  private struct Chunk {
    let values: Buffer
    var rows: Int
    var columns: [Int]?
  }

  /// Where the slope of a row stands in its shard, and one over the factor of the row.
  private struct Residual {
    let row: Int
    let place: Int
    let scale: Double
  }

  private let runner: ShardRunner
  private let order: Int
  /// Columns of a chunk.
  private let width: Int
  private var chunks: [Chunk] = []
  /// Chunks that hold rows of this J, and how many rows.
  private var filled = 0
  private var rows = 0
  /// Of each shard; rows that fill up a chunk have none.
  private var residuals: [[Residual]]

  /// A product costs less than an adjoint as long as columns times sequences, which may run side by side, are no more.
  private static let mostSequences = 4
  private static let most = 256
  /// Values of all rows.
  private static let mostValues = 1 << 23

  /// - Returns: nil where an adjoint costs less, or rows are not those of values alone. It depends on the data alone, not on
  ///   what of them is in memory.
  ///
  /// - Parameters:
  ///   - order: columns of J.
  ///   - width: those that rows of a sequence have.
  ///   - nodes: values of a time.
  init?(_ problem: Problem, order: Int, width: Int, nodes: Int) {
    let sequences = problem.sequences.lengths.count
    guard problem.processes == nil, problem.globalTerms.isEmpty, sequences <= Self.mostSequences,
      width * sequences <= Self.most, problem.totalSteps <= Self.mostValues / (width * nodes + 1)
    else { return nil }
    (runner, self.order, self.width) = (problem.runner, order, width)
    residuals = [[Residual]](repeating: [], count: runner.shards.count)
  }

  /// Forgets the rows that were taken.
  func clear() {
    (filled, rows) = (0, 0)
    for part in residuals.indices { residuals[part].removeAll(keepingCapacity: true) }
  }

  /// Says where the slope of a row of the next chunk stands, and the factor of the row.
  @inline(__always)
  func note(_ site: (part: Int, place: Int), weight: Double, row: Int) {
    residuals[site.part].append(Residual(row: rows + row, place: site.place, scale: 1 / weight))
  }

  /// Keeps a chunk, as `RowSink.take` has it.
  func take(_ chunk: UnsafePointer<Double>, rows count: Int, of columns: [Int]?) throws {
    if filled == chunks.count {
      let values = try Buffer(
        dimensions: [width, JacobianRows.chunkRows], for: "rows of the Jacobian", isZeroed: false)
      chunks.append(Chunk(values: values, rows: 0, columns: nil))
    }
    let target = chunks[filled].values.pointer
    for k in 0..<width {
      (target + k * count).update(from: chunk + k * JacobianRows.chunkStride, count: count)
    }
    (chunks[filled].rows, chunks[filled].columns) = (count, columns)
    (filled, rows) = (filled + 1, rows + count)
  }

  /// J^T r of slopes, by the adjustable slots: the gradient that they pull back.
  func pullBack(_ slopes: Driven) throws -> [Double] {
    let r = try Buffer(count: rows, for: "slopes of a correction")
    runner.reduction.each { [residuals] part in
      let own = slopes.parts[part].origin
      for item in residuals[part] { r.pointer[item.row] = item.scale * own[item.place] }
    }
    try runner.check()
    var (sums, row) = ([Double](repeating: 0, count: order), 0)
    for chunk in chunks.prefix(filled) {
      for k in 0..<width {
        let place = chunk.columns?[k] ?? k
        if place < 0 { continue }
        sums[place] += Vectors.dot(
          chunk.values.pointer + k * chunk.rows, r.pointer + row, count: chunk.rows)
      }
      row += chunk.rows
    }
    return sums
  }
}
