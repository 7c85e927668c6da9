import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// The rows of a small Jacobian, kept beside the sums that are taken of them: J^T of what a step leaves is then a product
/// with them instead of an adjoint, of which an iteration takes one for each correction.
///
/// Of one sequence, 12 nodes and 95 weights an adjoint takes 250 ns a step, most of it waiting for one step after the
/// other, the product 30.
final class KeptRows {
  /// Where the slope of a row stands, and one over the factor of the row; 0 for rows that fill up a chunk.
  struct Site {
    var part = 0
    var place = 0
    var scale = 0.0
  }

  private struct Chunk {
    let values: Buffer
    var rows: Int
    var sites: [Site]
  }

  /// Columns of J, with room for r behind them.
  private let order: Int
  private let room: Int
  private var chunks: [Chunk] = []
  /// Chunks that hold rows of this J, and whether all its rows are among them.
  private var filled = 0
  private var isWhole = false
  /// Of the rows that are being made.
  private var sites = [Site](repeating: Site(), count: JacobianRows.chunkRows)

  /// A product costs less than an adjoint as long as columns times sequences side by side are no more.
  private static let most = 256
  /// Values of all rows.
  private static let mostValues = 1 << 23

  /// - Returns: nil where an adjoint costs less, or rows are not those of values alone.
  init?(_ problem: Problem, order: Int) {
    let shards = problem.runner.shards
    let lanes = shards.all.map(\.program.layout.lanes).max() ?? 1
    guard problem.processes == nil, problem.globalTerms.isEmpty, !problem.runner.isLoading,
      order * lanes <= Self.most
    else { return nil }
    self.order = order
    room = Self.mostValues / max(order * JacobianRows.chunkRows, 1)
  }

  /// Forgets the rows that were taken.
  func clear() { (filled, isWhole) = (0, true) }

  /// Says where the slope of a row of the next chunk stands.
  @inline(__always)
  func note(_ site: Site, row: Int) { sites[row] = site }

  /// Keeps a chunk: column after column, `JacobianRows.chunkStride` apart.
  func take(_ chunk: UnsafePointer<Double>, rows: Int) {
    guard isWhole, let place = placeForChunk() else {
      isWhole = false
      return
    }
    let target = chunks[place].values.pointer
    for k in 0..<order {
      (target + k * rows).update(from: chunk + k * JacobianRows.chunkStride, count: rows)
    }
    chunks[place].rows = rows
    for row in 0..<rows {
      chunks[place].sites[row] = sites[row]
      sites[row] = Site()
    }
    filled += 1
  }

  /// Room for another chunk, nil where there is none.
  private func placeForChunk() -> Int? {
    if filled < chunks.count { return filled }
    let count = order * JacobianRows.chunkRows
    guard chunks.count < room,
      let values = try? Buffer(count: count, for: "rows of the Jacobian", isZeroed: false)
    else { return nil }
    chunks.append(Chunk(values: values, rows: 0, sites: sites))
    return chunks.count - 1
  }

  /// J^T r of slopes, by the adjustable slots: the gradient that they pull back, nil where not all rows are kept.
  func pullBack(_ slopes: Driven) -> [Double]? {
    guard isWhole else { return nil }
    var sums = [Double](repeating: 0, count: order)
    var residual = [Double](repeating: 0, count: JacobianRows.chunkRows)
    let parts = slopes.parts
    for chunk in chunks.prefix(filled) {
      for row in 0..<chunk.rows {
        let site = chunk.sites[row]
        residual[row] = site.scale == 0 ? 0 : site.scale * parts[site.part].origin[site.place]
      }
      for k in 0..<order {
        sums[k] += Vectors.dot(chunk.values.pointer + k * chunk.rows, residual, count: chunk.rows)
      }
    }
    return sums
  }
}
