import BacktuneNetwork
import BacktuneNumerics

/// Tangents of some weights that follow each other, by the transitions of every time: [time][column][row].
final class TransitionSlice {
  private let transition: Transition
  private let history: History
  private let first: Int
  private let count: Int
  private let starts: [Columns.Start]
  /// From the tangents of a column at time t to those of each past state.
  private let past: UnsafeMutableBufferPointer<Int>
  /// Weights at work, column by column, and where those of each begin.
  private let links: UnsafeMutableBufferPointer<Link>
  private let firstLink: UnsafeMutableBufferPointer<Int>
  /// What they multiply, each value once.
  private let inputs: UnsafeMutableBufferPointer<Input>
  private var stride = -1
  private let inputValues: Buffer
  /// Rows of the past, then of the times of a window, and how many of these are written.
  private let window: Buffer
  private let pastSteps: Int
  private let windowSteps: Int
  private var written = 0
  private let fourRows: FourRows

  /// The value of an entry of the transition, and the input that it is multiplied by.
  private struct Link {
    let entry: Int
    let input: Int
  }

  private struct Input: Hashable {
    let source: Int
    let lag: Int
    let age: Int
    /// In the history at t = 0.
    var place = 0
  }

  init(_ transition: Transition, _ history: History, _ columns: Columns, first: Int, count: Int)
    throws
  {
    (self.transition, self.history) = (transition, history)
    (self.first, self.count, starts) = (first, count, columns.starts)
    let cut = transition.cut
    pastSteps = cut.past.reduce(0) { max($0, $1.lag) }
    windowSteps = max(32, pastSteps)
    let purpose = "tangents of the weights"
    let size = count * transition.width
    window = try Buffer(dimensions: [pastSteps + windowSteps, size], for: purpose)
    fourRows = try FourRows(columns: count)
    past = .table(cut.past.map { $0.row - $0.lag * size })

    var inputs: [Input: Int] = [:]
    var own = [[Link]](repeating: [], count: count)
    for (k, list) in columns.links.enumerated() {
      for link in list where (first..<first + count).contains(link.column) {
        for age in cut.ages[k] {
          let work = Transition.Work(operation: k, node: link.node, age: age)
          guard let entry = transition.entries[work] else { continue }
          let input =
            link.source == Columns.constant
            ? Input(source: link.source, lag: 0, age: 0)
            : Input(source: link.source, lag: link.lag, age: age)
          let number = inputs[input, default: inputs.count]
          inputs[input] = number
          own[link.column - first].append(Link(entry: entry * transition.width, input: number))
        }
      }
    }
    let all = own.flatMap { $0 }
    try MemoryBudget.bytes(doubles: [all.count, 4], for: purpose)
    links = .table(all)
    firstLink = .table(own.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) })
    self.inputs = .table(inputs.sorted { $0.value < $1.value }.map(\.key))
    inputValues = try Buffer(count: max(inputs.count, 1), for: purpose)
  }

  deinit {
    past.deallocate()
    links.deallocate()
    firstLink.deallocate()
    inputs.deallocate()
  }

  /// Goes through some times of a plan, whose transitions stand one after the other, and writes its rows, the columns of
  /// this slice alone.
  func run(
    _ plan: TangentPlan, _ batch: TangentPlan.Batch, _ transitions: UnsafePointer<Double>,
    into chunk: UnsafeMutablePointer<Double>, stride: Int
  ) {
    findInputs()
    let target = chunk + first * stride
    var (row, step) = (batch.rows.lowerBound, batch.firstStep)
    func put() {
      while row < batch.rows.upperBound && plan.rows[row].step == step {
        let asked = plan.rows[row]
        fourRows.put(
          row, asked.weight, origin + (written - 1) * rowSize + transition.asked[asked.node],
          by: transition.width, into: target, stride: stride)
        row += 1
      }
    }
    put()
    var values = transitions
    for run in batch.runs {
      if run.times.lowerBound == 0 { begin(run.sequence) }
      for t in run.times {
        advance(run.sequence, t, values)
        values += transition.size
        step += 1
        put()
      }
    }
    if row == plan.rows.count { fourRows.finish(row, into: target, stride: stride) }
  }

  private var rowSize: Int { count * transition.width }

  private var origin: UnsafeMutablePointer<Double> { window.pointer + pastSteps * rowSize }

  private func begin(_ sequence: Int) {
    window.pointer.update(repeating: 0, count: pastSteps * rowSize)
    written = 0
    for start in starts where start.age <= pastSteps {
      let column = start.columns[sequence] - first
      guard (0..<count).contains(column), let row = transition.row(of: start) else { continue }
      origin[column * transition.width + row - start.age * rowSize] = 1
    }
  }

  private func findInputs() {
    if stride == history.stride { return }
    stride = history.stride
    for k in inputs.indices {
      inputs[k].place = inputs[k].source * stride + inputs[k].lag + inputs[k].age
    }
  }

  private func advance(_ sequence: Int, _ t: Int, _ values: UnsafePointer<Double>) {
    if written == windowSteps {
      window.pointer.update(
        from: window.pointer + written * rowSize, count: pastSteps * rowSize)
      written = 0
    }
    let row = origin + written * rowSize
    let present = history.pointer + history.place(sequence, t)
    for k in inputs.indices {
      let input = inputs[k]
      // What was at work before t = 0 has no share, and may not be held.
      inputValues.pointer[k] =
        input.source == Columns.constant ? 1 : t < input.age ? 0 : present[input.place]
    }
    let width = transition.width
    var column = 0
    while column + 4 <= count {
      for r in Swift.stride(from: 0, to: width, by: 4) { four(column, r, values + r, row) }
      column += 4
    }
    while column < count {
      for r in Swift.stride(from: 0, to: width, by: 4) { one(column, r, values + r, row) }
      column += 1
    }
    for (number, entry) in transition.starts {
      let column = starts[number].columns[sequence] - first
      guard (0..<count).contains(column), transition.reaches(starts[number], from: t) else {
        continue
      }
      for r in 0..<width { row[column * width + r] += values[entry * width + r] }
    }
    written += 1
  }

  /// Four rows of four columns, which wait for each other's values of the transition and not for sums.
  @inline(__always)
  private func four(
    _ column: Int, _ r: Int, _ values: UnsafePointer<Double>, _ row: UnsafeMutablePointer<Double>
  ) {
    let width = transition.width
    let x = row + column * width
    var (a, b) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var (c, d) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    for k in 0..<past.count {
      let m = MatrixKernels.load(values + k * width)
      let s = x + past[k]
      a = multiplyAdd(m, SIMD4(repeating: s[0]), a)
      b = multiplyAdd(m, SIMD4(repeating: s[width]), b)
      c = multiplyAdd(m, SIMD4(repeating: s[2 * width]), c)
      d = multiplyAdd(m, SIMD4(repeating: s[3 * width]), d)
    }
    MatrixKernels.store(work(column, values, a), x + r)
    MatrixKernels.store(work(column + 1, values, b), x + width + r)
    MatrixKernels.store(work(column + 2, values, c), x + 2 * width + r)
    MatrixKernels.store(work(column + 3, values, d), x + 3 * width + r)
  }

  @inline(__always)
  private func one(
    _ column: Int, _ r: Int, _ values: UnsafePointer<Double>, _ row: UnsafeMutablePointer<Double>
  ) {
    let width = transition.width
    let x = row + column * width
    var a = SIMD4<Double>.zero
    for k in 0..<past.count {
      a = multiplyAdd(MatrixKernels.load(values + k * width), SIMD4(repeating: x[past[k]]), a)
    }
    MatrixKernels.store(work(column, values, a), x + r)
  }

  /// Adds what the weights of a column multiply.
  @inline(__always)
  private func work(
    _ column: Int, _ values: UnsafePointer<Double>, _ sum: SIMD4<Double>
  ) -> SIMD4<Double> {
    var sum = sum
    for k in firstLink[column]..<firstLink[column + 1] {
      let link = links[k]
      sum = multiplyAdd(
        MatrixKernels.load(values + link.entry), SIMD4(repeating: inputValues.pointer[link.input]),
        sum)
    }
    return sum
  }
}
