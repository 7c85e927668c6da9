import BacktuneNumerics

/// A list of entries, for matrices that are mostly empty: y_i += sum over entries (i, j) of w s_j.
struct IndexedBlock {
  struct Entry {
    let row: Int
    let column: Int
    let slot: Int
  }

  let entries: UnsafeMutableBufferPointer<Entry>
  /// From the row of time t to its source.
  let shift: Int
  /// Whether the source is the network input, which has no adjoint value.
  let isInput: Bool
  let width: Int
  /// Place of its weights among the packed ones.
  let weights: Int

  func pack(_ slots: UnsafePointer<Double>, into weights: UnsafeMutablePointer<Double>) {
    for (k, entry) in entries.enumerated() { weights[self.weights + k] = slots[entry.slot] }
  }

  /// y += W s, y being that of the operation.
  func multiply(
    _ weights: UnsafePointer<Double>, _ states: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let (w, x) = (weights + self.weights, states + shift)
    for k in 0..<entries.count {
      let (i, j) = (entries[k].row, entries[k].column)
      if width == 1 {
        y[i] += w[k] * x[j]
      } else {
        Vectors.add(w[k], x + j * width, to: y + i * width, count: lanes)
      }
    }
  }

  /// s += W^T e.
  func multiplyTransposed(
    _ weights: UnsafePointer<Double>, _ e: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if isInput { return }
    let (w, s) = (weights + self.weights, sums + shift)
    for k in 0..<entries.count {
      let (i, j) = (entries[k].row, entries[k].column)
      if width == 1 {
        s[j] += w[k] * e[i]
      } else {
        Vectors.add(w[k], e + i * width, to: s + j * width, count: lanes)
      }
    }
  }

  /// - Parameter sums: one value an entry.
  func addGradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch, _ times: Range<Int>,
    into sums: UnsafeMutablePointer<Double>
  ) {
    for t in times {
      let (e, s) = (eps.row(t) + place, states.row(t) + shift)
      for k in 0..<entries.count {
        let (i, j) = (entries[k].row * width, entries[k].column * width)
        sums[k] += Vectors.dot(e + i, s + j, count: batch.active[t])
      }
    }
  }
}
