import BacktuneNetwork
import BacktuneNumerics

/// One weight a node: y_i += w_i s_i.
final class DiagonalBlock: WeightBlock {
  private let weights: UnsafeMutablePointer<Double>
  private let direction: UnsafeMutablePointer<Double>
  private let memory: [Buffer]

  init(
    _ connection: Connection, to group: GroupID, network: Network, layout: Layout,
    _ purpose: String
  ) throws {
    let count = MatrixKernels.padded(network.size(of: group))
    memory = try (0..<2).map { _ in try Buffer(count: count, for: purpose) }
    (weights, direction) = (memory[0].pointer, memory[1].pointer)
    super.init(connection, to: group, slotOfEntry: [], network: network, layout: layout)
  }

  override func load(_ slots: UnsafePointer<Double>) {
    for i in 0..<rows { weights[i] = slots[firstSlot + i] }
  }

  override func loadDirection(_ slots: UnsafePointer<Double>) throws {
    for i in 0..<rows { direction[i] = slots[firstSlot + i] }
  }

  override func multiply(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    from bias: UnsafePointer<Double>?, lanes: Int
  ) {
    if width == 1, let bias {
      ScalarKernels.fill(0, y, count: MatrixKernels.padded(rows))
      ScalarKernels.addScaled(1, bias, y, count: MatrixKernels.padded(rows))
    } else {
      start(y, bias, lanes)
    }
    add(weights, states + shift, y, lanes)
  }

  override func multiplyDirection(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    add(direction, states + shift, y, lanes)
  }

  override func multiplyTransposed(
    _ e: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if !isInput { add(weights, e, sums + shift, lanes) }
  }

  override func gradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {
    for t in 0..<batch.steps {
      let (e, s) = (eps.row(t) + place, states.row(t) + shift)
      for i in 0..<rows {
        var sum = 0.0
        for b in 0..<batch.active[t] { sum += e[i * width + b] * s[i * width + b] }
        slots[firstSlot + i] += sum
      }
    }
  }

  /// y_i += w_i x_i.
  @inline(__always)
  private func add(
    _ w: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
    _ lanes: Int
  ) {
    if width == 1 {
      ScalarKernels.addProduct(1, w, x, y, count: MatrixKernels.padded(rows))
    } else {
      for i in 0..<rows {
        ScalarKernels.addScaled(w[i], x + i * width, y + i * width, count: lanes)
      }
    }
  }
}
