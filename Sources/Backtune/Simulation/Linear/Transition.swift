import BacktuneNetwork
import BacktuneNumerics

/// The tangents of the rows of a `StateCut` at one time, as linear functions of those of the past states and of what the
/// weights multiply: dr(t) = M(t) ds + sum of B(t) over the weights at work. One adjoint of all rows gives both, for four
/// times at once.
///
/// What belongs to a time stands together: the values that weights multiply, 0 and 1 first; then entries of `width` values,
/// one a row and zeros, of each past state (M), of each node and age where weights are at work (B), and of each learnt
/// value before t = 0 that is no state.
final class Transition {
  /// A node whose weights are at work, some steps ago: of an operation, padding not counted.
  struct Work: Hashable {
    let operation: Int
    let node: Int
    let age: Int
  }

  /// What a weight at work multiplies.
  struct Input: Hashable {
    let source: Int
    let lag: Int
    let age: Int

    init(_ link: Columns.Link, age: Int) {
      source = link.source
      (lag, self.age) = source == Columns.constant ? (0, 0) : (link.lag, age)
    }
  }

  let cut: StateCut
  /// Values of an entry: the rows, padded.
  let width: Int
  /// Where among the values of a time those that weights multiply stand, the entries begin, and each of these does.
  let inputs: [Input: Int]
  let firstEntry: Int
  let entries: [Work: Int]
  /// Learnt values that are no states: number of the start, where its entry begins.
  let starts: [(start: Int, entry: Int)]
  /// Values of a time.
  let size: Int
  /// How much further back than sources reach the history is read: weights at work some steps ago read their own past.
  let reach: Int
  /// Numbers of the rows that are asked for.
  let asked: [Int]
  private let rowNumbers: [StateCut.Node: Int]
  /// Multiplications of one time step, about.
  var workPerStep: Int { cut.rows.count * linear.workPerStep + size }

  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  /// Where the rows begin among adjoint values, and where the entries then stand.
  private let seeds: UnsafeMutableBufferPointer<Int>
  private let sources: UnsafeMutableBufferPointer<Int>
  private let startSources: UnsafeMutableBufferPointer<StartSource>

  /// What weights multiply: number in the history, how long ago it was, and how long ago they are at work.
  private let values: UnsafeMutableBufferPointer<Value>

  private struct Value {
    let source: Int
    let delay: Int
    let age: Int
  }

  private struct StartSource {
    let place: Int
    let age: Int
  }

  init(
    _ cut: StateCut, _ program: Program, _ history: History, _ columns: Columns,
    asked: [StateCut.Node]
  ) throws {
    width = MatrixKernels.padded(max(cut.rows.count, 1))
    linear = try LinearProgram(program, lanes: 4 * width)
    packed = try PackedWeights(linear.program)
    (self.cut, self.history) = (cut, history)
    let layout = linear.layout
    func place(_ node: StateCut.Node, _ lag: Int) -> Int {
      layout.place(of: node.group, node.node) - lag * layout.rowSize
    }
    seeds = .table(cut.rows.enumerated().map { place($1, 0) + 4 * $0 })
    var sources = cut.past.map { place(cut.rows[$0.row], $0.lag) }
    var (inputs, entries) = ([Input: Int](), [Work: Int]())
    var own: [Value] = []
    for (k, links) in columns.links.enumerated() {
      let span = linear.program.operations[k].span
      for link in links {
        for age in cut.ages[k] {
          let work = Work(operation: k, node: link.node, age: age)
          if entries[work] == nil {
            entries[work] = sources.count
            sources.append(span.place + link.node * span.width - age * layout.rowSize)
          }
          let input = Input(link, age: age)
          if inputs[input] == nil {
            if link.source == Columns.constant {
              inputs[input] = 1
            } else {
              inputs[input] = own.count + 2
              own.append(Value(source: input.source, delay: input.lag + age, age: age))
            }
          }
        }
      }
    }
    let (first, width) = (MatrixKernels.padded(own.count + 2), width)
    values = .table(own)
    reach = own.reduce(0) { max($0, $1.delay - layout.past) }
    (self.inputs, firstEntry) = (inputs, first)
    self.entries = entries.mapValues { first + $0 * width }
    rowNumbers = Dictionary(uniqueKeysWithValues: cut.rows.enumerated().map { ($1, $0) })
    self.asked = asked.compactMap { [rowNumbers] in rowNumbers[$0] }
    let states = Set(cut.past.map { cut.rows[$0.row].group })
    let apart = columns.starts.indices.filter { !states.contains(columns.starts[$0].group) }
    let firstStart = first + sources.count * width
    starts = apart.enumerated().map { ($1, firstStart + $0 * width) }
    size = firstStart + apart.count * width
    self.sources = .table(sources)
    startSources = .table(
      apart.map {
        let start = columns.starts[$0]
        return StartSource(place: layout.place(of: start.group, start.node), age: start.age)
      })
  }

  deinit {
    values.deallocate()
    seeds.deallocate()
    sources.deallocate()
    startSources.deallocate()
  }

  /// The row of a learnt value; nil where it is no state and not asked for.
  func row(of start: Columns.Start) -> Int? {
    rowNumbers[StateCut.Node(group: start.group, node: start.node)]
  }

  /// Whether a learnt value that is no state is read at time t.
  func reaches(_ start: Columns.Start, from t: Int) -> Bool {
    cut.presentLags.contains(t + start.age)
  }

  func load(_ slots: [Double]) { packed.load(slots, linear.program) }

  func makeScratch() throws -> Scratch { try Scratch(linear.layout, quads: cut.rows.count) }

  /// What one thread writes.
  final class Scratch {
    fileprivate let rows: Buffer
    /// Where the times of every row's lanes stand in the run of a value: all in one place.
    fileprivate let places: UnsafeMutableBufferPointer<Int>

    fileprivate init(_ layout: Layout, quads: Int) throws {
      rows = try Buffer(
        dimensions: [layout.past + 1, layout.rowSize], for: "tangents of the weights")
      places = .table([Int](repeating: 0, count: max(quads, 1)))
    }

    deinit { places.deallocate() }
  }

  /// Writes what belongs to some times of a sequence, ascending, `size` values each.
  func write(
    _ sequence: Int, _ times: Range<Int>, _ scratch: Scratch,
    into target: UnsafeMutablePointer<Double>
  ) {
    let (layout, places) = (linear.layout, scratch.places)
    let (rowSize, quads) = (layout.rowSize, cut.rows.count)
    guard quads > 0, let first = places.baseAddress else { return }
    // As in a trajectory, the past stands before.
    let top = scratch.rows.pointer + layout.past * rowSize
    var last = times.upperBound - 1
    while last >= times.lowerBound {
      // Times before these are computed too, and left.
      let count = min(4, last - times.lowerBound + 1)
      let own = target + (last - times.lowerBound) * size
      top.update(repeating: 0, count: rowSize)
      for lag in cut.lags { (top - lag * rowSize).update(repeating: 0, count: rowSize) }
      places.update(repeating: history.place(sequence, last))
      for r in 0..<quads {
        MatrixKernels.store(SIMD4(repeating: 1), top + seeds[r])
      }
      linear.adjoint(
        packed, top, history: history.pointer, stride: history.stride, places: first, age: 0,
        quads: quads)
      for lag in cut.presentLags {
        let row = top - lag * rowSize
        for k in 0..<count where last - k < lag {
          takeStarts(row, lane: k, age: lag - (last - k), into: own - k * size)
        }
        for operation in cut.present.reversed() {
          linear.adjoint(
            operation, packed, row, history: history.pointer, stride: history.stride,
            places: first, age: lag, quads: quads)
        }
      }
      for k in 0..<count { takeEntries(top, lane: k, into: own - k * size + firstEntry) }
      takeValues(history.pointer + history.place(sequence, last), last, count, into: own)
      last -= 4
    }
  }

  /// Copies what weights multiply at so many times, the last first.
  private func takeValues(
    _ present: UnsafePointer<Double>, _ last: Int, _ count: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    for k in 0..<count { (target[-k * size], target[1 - k * size]) = (0, 1) }
    for (number, value) in values.enumerated() {
      let from = present + value.source * history.stride + value.delay
      for k in 0..<count {
        // What was at work before t = 0 has no share, and may not be held.
        target[number + 2 - k * size] = last - k < value.age ? 0 : from[k]
      }
    }
  }

  /// Copies the entries of a lane.
  private func takeEntries(
    _ top: UnsafePointer<Double>, lane: Int, into target: UnsafeMutablePointer<Double>
  ) {
    var to = target
    for source in sources {
      let from = top + source + lane
      for r in Swift.stride(from: 0, to: 4 * width, by: 16) {
        MatrixKernels.store(SIMD4(from[r], from[r + 4], from[r + 8], from[r + 12]), to)
        to += 4
      }
    }
  }

  /// Moves the shares of values before t = 0 that are no states, in one lane, to the entries of those that are learnt.
  private func takeStarts(
    _ row: UnsafeMutablePointer<Double>, lane: Int, age: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    let rows = cut.rows.count
    for (e, start) in startSources.enumerated() where start.age == age {
      let to = target + starts[e].entry
      for r in 0..<rows { to[r] = row[start.place + 4 * r + lane] }
    }
    for k in cut.present {
      let span = linear.program.operations[k].span
      for node in 0..<span.nodes {
        for r in 0..<rows { row[span.place + node * span.width + 4 * r + lane] = 0 }
      }
    }
  }
}
