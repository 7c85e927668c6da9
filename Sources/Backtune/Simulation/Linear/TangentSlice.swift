import BacktuneNetwork
import BacktuneNumerics

/// Tangents of some weights that follow each other: the lanes of a linearised network.
final class TangentSlice {
  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  private let first: Int
  private let count: Int
  private let starts: [Columns.Start]
  /// Links of every operation, one after the other, and where those of one start.
  private let links: UnsafeMutableBufferPointer<Seed>
  private let firstLink: [Int]
  /// From one value of the history to the next, where the links say where values stand.
  private var stride = -1
  /// Rows of the past, then of the times of a window, and how many of these are written.
  private let window: Buffer
  private let windowSteps: Int
  private var written = 0
  private let fourRows: FourRows

  init(
    _ linear: LinearProgram, _ packed: PackedWeights, _ history: History, _ columns: Columns,
    first: Int, count: Int
  ) throws {
    (self.linear, self.packed, self.history) = (linear, packed, history)
    (self.first, self.count) = (first, count)
    let layout = linear.layout
    windowSteps = max(8, layout.past)
    let purpose = "tangents of the weights"
    window = try Buffer(dimensions: [layout.past + windowSteps, layout.rowSize], for: purpose)
    fourRows = try FourRows(columns: count)
    let own = columns.links.map { list in
      list.filter { (first..<first + count).contains($0.column) }.map {
        Seed(
          target: $0.node * layout.lanes + $0.column - first, source: $0.source, lag: $0.lag,
          place: 0)
      }
    }
    let all = own.flatMap { $0 }
    try MemoryBudget.bytes(doubles: [all.count, 8], for: purpose)
    links = .table(all)
    firstLink = own.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    starts = columns.starts
  }

  deinit { links.deallocate() }

  /// A weight at work: what it multiplies is added to its column.
  private struct Seed {
    /// Place among the values of the operation.
    let target: Int
    let source: Int
    let lag: Int
    /// Of the source in the history at t = 0.
    var place: Int
  }

  /// Goes through the times of a plan and writes its rows, the columns of this slice alone.
  ///
  /// - Parameter offsets: where the nodes that are asked for stand in a row, lanes not counted.
  func run(
    _ plan: TangentPlan, _ offsets: [Int], into chunk: UnsafeMutablePointer<Double>, stride: Int,
    _ poll: Poll
  ) throws {
    findSources()
    let target = chunk + first * stride
    var (row, step) = (0, 0)
    func put() {
      while row < plan.rows.count && plan.rows[row].step == step {
        let (asked, layout) = (plan.rows[row], linear.layout)
        fourRows.put(
          row, asked.weight,
          origin + (written - 1) * layout.rowSize + offsets[asked.node] * layout.lanes, by: 1,
          into: target, stride: stride)
        row += 1
      }
    }
    put()
    let pollSteps = max(1, 1_000_000 / max(linear.workPerStep * linear.layout.lanes, 1))
    for run in plan.runs {
      if run.times.lowerBound == 0 { begin(run.sequence) }
      for t in run.times {
        advance(run.sequence, t)
        step += 1
        put()
        if step % pollSteps == 0 { try poll() }
      }
    }
    fourRows.finish(row, into: target, stride: stride)
  }

  private var origin: UnsafeMutablePointer<Double> {
    window.pointer + linear.layout.past * linear.layout.rowSize
  }

  private func begin(_ sequence: Int) {
    let (layout, size) = (linear.layout, linear.layout.rowSize)
    // The rows of other times are written before they are read, their inputs stay 0.
    window.pointer.update(repeating: 0, count: layout.past * size)
    written = 0
    for start in starts {
      let column = start.columns[sequence] - first
      guard start.columns[sequence] >= 0, (0..<count).contains(column) else { continue }
      origin[layout.place(of: start.group, start.node) - start.age * size + column] = 1
    }
  }

  private func advance(_ sequence: Int, _ t: Int) {
    let (layout, size) = (linear.layout, linear.layout.rowSize)
    if written == windowSteps {
      window.pointer.update(from: window.pointer + written * size, count: layout.past * size)
      written = 0
    }
    let values = history.pointer + history.place(sequence, t)
    linear.tangent(
      packed, origin + written * size, at: values, stride: history.stride
    ) { operation, place in
      seed(operation, place, values)
    }
    written += 1
  }

  private func findSources() {
    if stride == history.stride { return }
    stride = history.stride
    for k in links.indices { links[k].place = links[k].source * stride + links[k].lag }
  }

  /// Adds what the weights of an operation multiply.
  @inline(__always)
  private func seed(
    _ operation: Int, _ place: UnsafeMutablePointer<Double>, _ values: UnsafePointer<Double>
  ) {
    for k in firstLink[operation]..<firstLink[operation + 1] {
      let link = links[k]
      place[link.target] += link.source == Columns.constant ? 1 : values[link.place]
    }
  }
}
