import BacktuneNetwork
import BacktuneNumerics

/// A list of entries, for matrices that are mostly empty: y_i += sum over entries (i, j) of w s_j.
final class IndexedBlock: WeightBlock {
  private struct Entry {
    let row: Int
    let column: Int
    let slot: Int
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let count: Int
  private let weights: UnsafeMutablePointer<Double>
  private let sums: UnsafeMutablePointer<Double>
  private let memory: [Buffer]
  private let purpose: String
  private var directionMemory: Buffer?

  init(
    _ connection: Connection, to group: GroupID, count: Int, network: Network, layout: Layout,
    _ purpose: String
  ) throws {
    self.count = count
    self.purpose = purpose
    memory = try (0..<2).map { _ in try Buffer(count: count, for: purpose) }
    (weights, sums) = (memory[0].pointer, memory[1].pointer)
    try MemoryBudget.bytes(doubles: [count, 3], for: purpose)
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
    var k = 0
    network.forEachLink(of: connection, to: group) {
      (entries + k).initialize(to: Entry(row: $0.node, column: $0.source, slot: $0.slot))
      k += 1
    }
    self.entries = entries
    super.init(connection, to: group, slotOfEntry: [], network: network, layout: layout)
  }

  deinit { entries.deinitialize(count: count).deallocate() }

  override func load(_ slots: UnsafePointer<Double>) {
    for k in 0..<count { weights[k] = slots[entries[k].slot] }
  }

  override func loadDirection(_ slots: UnsafePointer<Double>) throws {
    let buffer = try directionMemory ?? Buffer(count: count, for: purpose)
    directionMemory = buffer
    for k in 0..<count { buffer.pointer[k] = slots[entries[k].slot] }
  }

  override func multiply(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    from bias: UnsafePointer<Double>?, lanes: Int
  ) {
    start(y, bias, lanes)
    add(weights, states + shift, y, lanes)
  }

  override func multiplyDirection(
    _ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if let directionMemory { add(directionMemory.pointer, states + shift, y, lanes) }
  }

  override func multiplyTransposed(
    _ e: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    if isInput { return }
    let (s, w, entries) = (sums + shift, weights, entries)
    for k in 0..<count {
      let (i, j) = (entries[k].row, entries[k].column)
      if width == 1 {
        s[j] += w[k] * e[i]
      } else {
        ScalarKernels.addScaled(w[k], e + i * width, s + j * width, count: lanes)
      }
    }
  }

  override func gradient(
    _ states: Trajectory, _ eps: Trajectory, place: Int, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {
    memory[1].zero()
    let (g, entries) = (sums, entries)
    for t in 0..<batch.steps {
      let (e, s) = (eps.row(t) + place, states.row(t) + shift)
      for k in 0..<count {
        let (i, j) = (entries[k].row * width, entries[k].column * width)
        var sum = 0.0
        for b in 0..<batch.active[t] { sum += e[i + b] * s[j + b] }
        g[k] += sum
      }
    }
    for k in 0..<count { slots[entries[k].slot] += g[k] }
  }

  private func add(
    _ w: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
    _ lanes: Int
  ) {
    let entries = entries
    for k in 0..<count {
      let (i, j) = (entries[k].row, entries[k].column)
      if width == 1 {
        y[i] += w[k] * x[j]
      } else {
        ScalarKernels.addScaled(w[k], x + j * width, y + i * width, count: lanes)
      }
    }
  }
}
