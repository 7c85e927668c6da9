import BacktuneNetwork
import BacktuneNumerics

/// The gradient by the weights of learnware.
extension LearnwareOperation {
  var gradientCount: Int {
    (biasSlots.isEmpty ? 0 : span.count) + columns.reduce(0) { $0 + sumCount($1) }
      + diagonals.reduce(0) { $0 + $1.rows } + lists.reduce(0) { $0 + $1.entries.count }
  }

  /// Sums of one source: a row of whole vectors for each of the operation's.
  private func sumCount(_ own: Columns) -> Int { rows * Vector.padded(own.count) }

  func addGradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>,
    into sums: Target
  ) {
    if times.isEmpty { return }
    var place = sums
    if !biasSlots.isEmpty {
      addBiases(eps, batch, times, into: place)
      place += span.count
    }
    for own in columns {
      addOuter(states, eps, batch, times, own, into: place)
      place += sumCount(own)
    }
    for block in diagonals {
      block.addGradient(states, eps, place: span.place, batch, times, into: place)
      place += block.rows
    }
    for block in lists {
      block.addGradient(states, eps, place: span.place, batch, times, into: place)
      place += block.entries.count
    }
  }

  func takeGradient(_ sums: Values, into slots: Target) {
    var place = sums
    if !biasSlots.isEmpty {
      let width = span.width
      for (row, slot) in biasSlots {
        for lane in 0..<width { slots[slot] += place[row * width + lane] }
      }
      place += span.count
    }
    for (number, own) in columns.enumerated() {
      let stride = Vector.padded(own.count)
      for block in blocks where block.column == number {
        block.forEachEntry { i, j, slot in slots[slot] += place[(block.row + i) * stride + j] }
      }
      place += sumCount(own)
    }
    for block in diagonals {
      for i in 0..<block.rows { slots[block.firstSlot + i] += place[i] }
      place += block.rows
    }
    for block in lists {
      for k in 0..<block.entries.count { slots[block.entries[k].slot] += place[k] }
      place += block.entries.count
    }
  }

  /// sum_t eps(t), every lane apart: one pass over time.
  private func addBiases(
    _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>, into sums: Target
  ) {
    let width = span.width
    for t in times {
      let (e, lanes) = (eps.row(t) + span.place, batch.active[t])
      if lanes == width {
        Vectors.add(1, e, to: sums, count: span.count)
      } else {
        for node in 0..<span.nodes {
          Vectors.add(1, e + node * width, to: sums + node * width, count: lanes)
        }
      }
    }
  }

  /// sum_t eps(t) s(t)^T of one source, row by row.
  private func addOuter(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>, _ own: Columns,
    into sums: Target
  ) {
    let (width, step, stride) = (span.width, states.layout.rowSize, Vector.padded(own.count))
    let (e, s) = (eps.row(times.lowerBound) + span.place, states.row(times.lowerBound) + own.shift)
    if width == 1 {
      return OuterProducts.add(
        e, rows: rows, s, columns: own.count, step: step, times: times.count, into: sums,
        stride: stride)
    }
    batch.active.withUnsafeBufferPointer {
      OuterProducts.addLanes(
        e, rows: rows, s, columns: own.count, step: step, width: width,
        active: UnsafeBufferPointer(rebasing: $0[times]), into: sums, stride: stride)
    }
  }
}
