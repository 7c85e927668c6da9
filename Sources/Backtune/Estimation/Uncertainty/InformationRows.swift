import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// What the rows [J r] of a problem say of its weights: the factor R of J = Q R, and J^T r.
final class InformationRows: RowSink {
  let factor: TriangularFactor
  /// J^T r, the gradient of the un-normalised cost by the adjustable slots.
  private(set) var gradient: [Double]

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
    _ chunk: UnsafeMutablePointer<Double>, rows: Int, poll: Poll
  ) throws {
    let stride = JacobianRows.chunkStride
    let residuals = chunk + factor.order * stride
    for k in gradient.indices {
      gradient[k] += RowProducts.dot(chunk + k * stride, residuals, count: rows)
    }
    try factor.append(chunk, count: rows, stride: stride, poll: poll)
  }
}
