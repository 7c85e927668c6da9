import BacktuneNetwork
import BacktuneNumerics

/// A matrix of weights, packed for the forward product and, transposed, for that of the adjoint.
final class DenseBlock: WeightBlock {
  private let packed: UnsafeMutablePointer<Double>
  private let transposed: UnsafeMutablePointer<Double>
  private let memory: [Buffer]
  /// Columns of the gradient's rows, padded to whole vectors.
  private let rowStride: Int
  private let purpose: String
  private var direction: Buffer?
  /// Gradient of the matrix, row by row, or four partial sums an entry.
  private var sums: Buffer?

  init(
    _ connection: Connection, to group: GroupID, slotOfEntry: [Int], network: Network,
    layout: Layout, _ purpose: String
  ) throws {
    let rows = network.size(of: group)
    let columns = network.size(of: connection.source.group)
    rowStride = MatrixKernels.padded(columns)
    memory = [
      try Buffer(count: MatrixKernels.packedCount(rows: rows, columns: columns), for: purpose),
      try Buffer(count: MatrixKernels.packedCount(rows: columns, columns: rows), for: purpose),
    ]
    (packed, transposed) = (memory[0].pointer, memory[1].pointer)
    self.purpose = purpose
    super.init(connection, to: group, slotOfEntry: slotOfEntry, network: network, layout: layout)
  }

  @inline(__always)
  private func forEachEntry(_ body: (Int, Int, Int) -> Void) {
    for i in 0..<rows {
      for j in 0..<columns {
        let entry = i * columns + j
        let slot = slotOfEntry.isEmpty ? firstSlot + entry : slotOfEntry[entry]
        if slot >= 0 { body(i, j, slot) }
      }
    }
  }

  override func load(_ slots: UnsafePointer<Double>) {
    let (a, b) = (packed, transposed)
    forEachEntry { i, j, slot in
      a[MatrixKernels.packedPlace(row: i, column: j, columns: columns)] = slots[slot]
      b[MatrixKernels.packedPlace(row: j, column: i, columns: rows)] = slots[slot]
    }
  }

  override func loadDirection(_ slots: UnsafePointer<Double>) throws {
    let buffer = try direction ?? Buffer(count: memory[0].count, for: purpose)
    direction = buffer
    let a = buffer.pointer
    forEachEntry { i, j, slot in
      a[MatrixKernels.packedPlace(row: i, column: j, columns: columns)] = slots[slot]
    }
  }

  override func multiply(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    from bias: UnsafePointer<Double>?, lanes: Int
  ) {
    if width == 1 {
      MatrixKernels.addMatrixVector(
        packed, rows: rows, columns: columns,
        states + shift, from: bias ?? UnsafePointer(y), into: y)
      return
    }
    start(y, bias, lanes)
    MatrixKernels.addMatrixMatrix(
      packed, rows: rows, columns: columns, states + shift, y,
      width: width, lanes: lanes)
  }

  override func multiplyDirection(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    guard let direction else { return }
    if width == 1 {
      MatrixKernels.addMatrixVector(
        direction.pointer, rows: rows, columns: columns,
        states + shift, from: UnsafePointer(y), into: y)
    } else {
      MatrixKernels.addMatrixMatrix(
        direction.pointer, rows: rows, columns: columns, states + shift, y,
        width: width, lanes: lanes)
    }
  }

  override func multiplyTransposed(
    _ e: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if isInput { return }
    let s = sums + shift
    if width == 1 {
      MatrixKernels.addMatrixVector(
        transposed, rows: columns, columns: rows, e,
        from: UnsafePointer(s), into: s)
    } else {
      MatrixKernels.addMatrixMatrix(
        transposed, rows: columns, columns: rows, e, s, width: width,
        lanes: lanes)
    }
  }

  override func gradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {
    if batch.steps == 0 { return }
    let isApart = width > 1 && rows * columns < OuterProducts.generalSize
    let count = isApart ? rows * columns * 4 : rows * rowStride
    let buffer = try sums ?? Buffer(count: count, for: "gradient of \(purpose)")
    sums = buffer
    buffer.zero()
    let g = buffer.pointer
    if width == 1 {
      OuterProducts.add(
        eps.origin + place, rows: rows, states.origin + shift, columns: columns,
        step: states.layout.rowSize, times: batch.steps, into: g, stride: rowStride)
    } else {
      for t in 0..<batch.steps {
        let (e, s) = (eps.row(t) + place, states.row(t) + shift)
        if isApart {
          OuterProducts.addLanesApart(
            e, rows: rows, s, columns: columns, width: width, lanes: batch.active[t], into: g)
        } else {
          OuterProducts.addLanes(
            e, rows: rows, s, columns: columns, width: width, lanes: batch.active[t], into: g,
            stride: rowStride)
        }
      }
    }
    forEachEntry { i, j, slot in
      if isApart {
        slots[slot] += MatrixKernels.load(g + (i * columns + j) * 4).sum()
      } else {
        slots[slot] += g[i * rowStride + j]
      }
    }
  }
}
