import BacktuneNumerics

/// One weight a node: y_i += w_i s_i.
struct DiagonalBlock {
  /// Its first row in the operation.
  let row: Int
  let rows: Int
  /// From the row of time t to its source.
  let shift: Int
  /// Whether the source is the network input, which has no adjoint value.
  let isInput: Bool
  let width: Int
  let firstSlot: Int
  /// Place of its weights among the packed ones.
  let weights: Int

  func pack(_ slots: UnsafePointer<Double>, into weights: UnsafeMutablePointer<Double>) {
    for i in 0..<rows { weights[self.weights + i] = slots[firstSlot + i] }
  }

  /// y += W s, y being that of the operation.
  func multiply(
    _ weights: UnsafePointer<Double>, _ states: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    add(weights, states + shift, y + row * width, lanes)
  }

  /// s += W^T e.
  func multiplyTransposed(
    _ weights: UnsafePointer<Double>, _ e: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if !isInput { add(weights, e + row * width, sums + shift, lanes) }
  }

  /// - Parameter sums: one value a row.
  func addGradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch, _ times: Range<Int>,
    into sums: UnsafeMutablePointer<Double>
  ) {
    for t in times {
      let (e, s) = (eps.row(t) + place + row * width, states.row(t) + shift)
      for i in 0..<rows {
        sums[i] += Vectors.dot(e + i * width, s + i * width, count: batch.active[t])
      }
    }
  }

  /// y_i += w_i x_i.
  @inline(__always)
  private func add(
    _ weights: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>, _ lanes: Int
  ) {
    let w = weights + self.weights
    if width == 1 {
      Vectors.addProduct(w, x, to: y, count: Vector.padded(rows))
    } else {
      for i in 0..<rows {
        Vectors.add(w[i], x + i * width, to: y + i * width, count: lanes)
      }
    }
  }
}
