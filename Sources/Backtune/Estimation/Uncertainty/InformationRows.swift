import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// What the rows [J r] of a problem say of its weights: the factor R of J = Q R, and J^T r.
final class InformationRows: RowSink {
  let factor: TriangularFactor
  /// J^T r, the gradient of the un-normalised cost by the adjustable slots.
  private(set) var gradient: [Double]
  /// Rows of some columns with all others.
  private var wide: Buffer?

  init(order: Int) throws {
    factor = try TriangularFactor(order: order)
    gradient = [Double](repeating: 0, count: order)
  }

  func clear() {
    factor.clear()
    for k in gradient.indices { gradient[k] = 0 }
  }

  /// Takes the rows of all processes.
  func join(_ processes: Processes?, poll: Poll) throws {
    gradient = processes.sum(gradient)
    try factor.join(processes, poll: poll)
  }

  func take(
    _ chunk: UnsafeMutablePointer<Double>, rows: Int, of columns: [Int]?, poll: Poll
  ) throws {
    let chunk = try columns.map { try widened(chunk, rows, $0) } ?? chunk
    let stride = JacobianRows.chunkStride
    let residuals = chunk + factor.order * stride
    for k in gradient.indices {
      gradient[k] += RowProducts.dot(chunk + k * stride, residuals, count: rows)
    }
    try factor.append(chunk, count: rows, stride: stride, poll: poll)
  }

  private func widened(
    _ chunk: UnsafePointer<Double>, _ rows: Int, _ columns: [Int]
  ) throws -> UnsafeMutablePointer<Double> {
    let stride = JacobianRows.chunkStride
    let wide =
      try self.wide
      ?? Buffer(
        dimensions: [MatrixKernels.padded(factor.order + 1), stride], for: "rows of the Jacobian")
    self.wide = wide
    wide.zero()
    for (k, column) in (columns + [factor.order]).enumerated() where column >= 0 {
      (wide.pointer + column * stride).update(from: chunk + k * stride, count: rows)
    }
    return wide.pointer
  }
}
