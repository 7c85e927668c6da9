import BacktuneNetwork
import BacktuneNumerics

/// Tangents of some weights that follow each other, by the transitions of every time: [time][column][row].
final class TransitionSlice {
  private let transition: Transition
  private let first: Int
  private let count: Int
  /// The columns and some of zeros, up to a multiple of four.
  private let padded: Int
  private let starts: [Columns.Start]
  /// From the tangents of a column at time t to those of each past state.
  private let past: UnsafeMutableBufferPointer<Int>
  /// Weights at work, of four columns at once, as many of each as of the one with the most.
  private let links: UnsafeMutableBufferPointer<Link>
  /// How many each four columns have.
  private let linkCounts: UnsafeMutableBufferPointer<Int>
  /// Rows of the past, then of the times of a window, and how many of these are written.
  private let window: Buffer
  private let pastSteps: Int
  private let windowSteps: Int
  private var written = 0
  private let fourRows: FourRows

  /// Where among the values of a time the entry of a weight stands, and what it multiplies.
  private struct Link {
    let entry: Int
    let input: Int
  }

  init(_ transition: Transition, _ columns: Columns, first: Int, count: Int) throws {
    self.transition = transition
    (self.first, self.count, starts) = (first, count, columns.starts)
    let cut = transition.cut
    pastSteps = cut.past.reduce(0) { max($0, $1.lag) }
    windowSteps = max(32, pastSteps)
    let purpose = "tangents of the weights"
    padded = MatrixKernels.padded(count)
    let size = padded * transition.width
    window = try Buffer(dimensions: [pastSteps + windowSteps, size], for: purpose)
    fourRows = try FourRows(columns: count)
    past = .table(cut.past.map { $0.row - $0.lag * size })

    var own = [[Link]](repeating: [], count: count)
    for (k, list) in columns.links.enumerated() {
      for link in list where (first..<first + count).contains(link.column) {
        for age in cut.ages[k] {
          let work = Transition.Work(operation: k, node: link.node, age: age)
          if let entry = transition.entries[work],
            let input = transition.inputs[Transition.Input(link, age: age)]
          {
            own[link.column - first].append(Link(entry: entry, input: input))
          }
        }
      }
    }
    own += [[Link]](repeating: [], count: padded - count)
    // The first value of a time is 0.
    let none = Link(entry: transition.firstEntry, input: 0)
    var (all, counts) = ([Link](), [Int]())
    for first in Swift.stride(from: 0, to: padded, by: 4) {
      let most = own[first..<first + 4].reduce(0) { max($0, $1.count) }
      counts.append(most)
      for k in 0..<most {
        all += own[first..<first + 4].map { k < $0.count ? $0[k] : none }
      }
    }
    try MemoryBudget.bytes(doubles: [all.count, 4], for: purpose)
    links = .table(all)
    linkCounts = .table(counts)
  }

  deinit {
    past.deallocate()
    links.deallocate()
    linkCounts.deallocate()
  }

  /// Goes through some times of a plan, whose transitions stand one after the other, and writes its rows, the columns of
  /// this slice alone.
  ///
  /// - Parameter pollSteps: steps after which it polls.
  func run(
    _ plan: TangentPlan, _ batch: TangentPlan.Batch, _ transitions: UnsafePointer<Double>,
    into chunk: UnsafeMutablePointer<Double>, stride: Int, _ pollSteps: Int, _ poll: Poll
  ) throws {
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
        if step % pollSteps == 0 { try poll() }
      }
    }
    if row == plan.rows.count { fourRows.finish(row, into: target, stride: stride) }
    try poll()
  }

  private var rowSize: Int { padded * transition.width }

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

  private func advance(_ sequence: Int, _ t: Int, _ values: UnsafePointer<Double>) {
    if written == windowSteps {
      window.pointer.update(
        from: window.pointer + written * rowSize, count: pastSteps * rowSize)
      written = 0
    }
    let row = origin + written * rowSize
    let width = transition.width
    let step = Step(
      width: width, past: past, links: links, linkCounts: linkCounts, values: values,
      firstEntry: transition.firstEntry)
    var r = 0
    while r + Vector.width <= width {
      step.run(Vector.self, row + r, first: r)
      r += Vector.width
    }
    if r < width { step.run(SIMD4<Double>.self, row + r, first: r) }
    for (number, entry) in transition.starts {
      let column = starts[number].columns[sequence] - first
      guard (0..<count).contains(column), transition.reaches(starts[number], from: t) else {
        continue
      }
      for r in 0..<width { row[column * width + r] += values[entry + r] }
    }
    written += 1
  }

  /// One time: without references, which the compiler would follow anew after everything that is written.
  private struct Step {
    let width: Int
    let past: UnsafeMutableBufferPointer<Int>
    let links: UnsafeMutableBufferPointer<Link>
    let linkCounts: UnsafeMutableBufferPointer<Int>
    let values: UnsafePointer<Double>
    let firstEntry: Int

    /// As many rows as `V` has lanes, the first being number `first`, of all columns, four at once: these wait for each
    /// other's values of the transition and not for sums.
    @inline(__always)
    func run<V: Rows>(_ type: V.Type, _ target: UnsafeMutablePointer<Double>, first: Int) {
      var x = target
      var link = UnsafePointer(links.baseAddress)
      for count in linkCounts {
        var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
        var m = values + firstEntry + first
        for offset in past {
          let (w, s) = (V(from: m), x + (offset - first))
          a = w.times(s[0], plus: a)
          b = w.times(s[width], plus: b)
          c = w.times(s[2 * width], plus: c)
          d = w.times(s[3 * width], plus: d)
          m += width
        }
        if let own = link {
          for k in 0..<count {
            a = add(own[4 * k], first, a)
            b = add(own[4 * k + 1], first, b)
            c = add(own[4 * k + 2], first, c)
            d = add(own[4 * k + 3], first, d)
          }
          link = own + 4 * count
        }
        a.write(x)
        b.write(x + width)
        c.write(x + 2 * width)
        d.write(x + 3 * width)
        x += 4 * width
      }
    }

    /// Adds what a weight multiplies.
    @inline(__always)
    private func add<V: Rows>(_ link: Link, _ first: Int, _ sum: V) -> V {
      V(from: values + link.entry + first).times(values[link.input], plus: sum)
    }
  }
}

/// A vector of rows.
private protocol Rows {
  static var zero: Self { get }
  init(from place: UnsafePointer<Double>)
  func times(_ value: Double, plus sum: Self) -> Self
  func write(_ place: UnsafeMutablePointer<Double>)
}

extension SIMD4<Double>: Rows {
  @inline(__always)
  init(from place: UnsafePointer<Double>) { self = MatrixKernels.load(place) }

  @inline(__always)
  func times(_ value: Double, plus sum: Self) -> Self {
    multiplyAdd(self, Self(repeating: value), sum)
  }

  @inline(__always)
  func write(_ place: UnsafeMutablePointer<Double>) { MatrixKernels.store(self, place) }
}

#if BACKTUNE_V4
  extension Vector: Rows {
    @inline(__always)
    init(from place: UnsafePointer<Double>) { self.init(at: place) }

    @inline(__always)
    func times(_ value: Double, plus sum: Self) -> Self {
      multiplyAdd(self, Self(repeating: value), sum)
    }

    @inline(__always)
    func write(_ place: UnsafeMutablePointer<Double>) { store(place) }
  }
#endif
