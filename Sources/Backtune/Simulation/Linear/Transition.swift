import BacktuneNetwork
import BacktuneNumerics

/// The tangents of the rows of a `StateCut` at one time, as linear functions of those of the past states and of what the
/// weights multiply: dr(t) = M(t) ds + sum of B(t) over the weights at work. One adjoint of all rows gives both, for four
/// times at once.
///
/// M and B of a time stand together: entries of `width` values, one a row and zeros, of each past state, of each node and
/// age where weights are at work, then of each learnt value before t = 0 that is no state.
final class Transition {
  /// A node whose weights are at work, some steps ago: of an operation, padding not counted.
  struct Work: Hashable {
    let operation: Int
    let node: Int
    let age: Int
  }

  let cut: StateCut
  /// Values of an entry: the rows, padded.
  let width: Int
  /// Where a node and age has its entry.
  let entries: [Work: Int]
  /// Learnt values that are no states: number of the start, its entry.
  let starts: [(start: Int, entry: Int)]
  let entryCount: Int
  /// Numbers of the rows that are asked for.
  let asked: [Int]
  private let rowNumbers: [StateCut.Node: Int]
  /// Values of a time.
  var size: Int { entryCount * width }
  /// Multiplications of one time step, about.
  var workPerStep: Int { cut.rows.count * (linear.workPerStep + entryCount) }

  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  /// Where the rows begin among adjoint values, and where the entries then stand.
  private let seeds: UnsafeMutableBufferPointer<Int>
  private let sources: UnsafeMutableBufferPointer<Int>
  private let startSources: UnsafeMutableBufferPointer<StartSource>

  private struct StartSource {
    let place: Int
    let age: Int
  }

  init(
    _ cut: StateCut, _ program: Program, _ history: History, _ columns: Columns,
    asked: [StateCut.Node]
  ) throws {
    linear = try LinearProgram(program, lanes: 4 * max(cut.rows.count, 1))
    packed = try PackedWeights(linear.program)
    (self.cut, self.history) = (cut, history)
    width = MatrixKernels.padded(cut.rows.count)
    let layout = linear.layout
    func place(_ node: StateCut.Node, _ lag: Int) -> Int {
      layout.place(of: node.group, node.node) - lag * layout.rowSize
    }
    seeds = .table(cut.rows.enumerated().map { place($1, 0) + 4 * $0 })
    var sources = cut.past.map { place(cut.rows[$0.row], $0.lag) }
    var entries: [Work: Int] = [:]
    for (k, links) in columns.links.enumerated() {
      let span = linear.program.operations[k].span
      for node in Set(links.map(\.node)).sorted() {
        for age in cut.ages[k] {
          entries[Work(operation: k, node: node, age: age)] = sources.count
          sources.append(span.place + node * span.width - age * layout.rowSize)
        }
      }
    }
    let numbers = Dictionary(uniqueKeysWithValues: cut.rows.enumerated().map { ($1, $0) })
    self.asked = asked.compactMap { numbers[$0] }
    rowNumbers = numbers
    let states = Set(cut.past.map { cut.rows[$0.row].group })
    let apart = columns.starts.indices.filter { !states.contains(columns.starts[$0].group) }
    starts = apart.enumerated().map { ($1, sources.count + $0) }
    self.entries = entries
    entryCount = sources.count + apart.count
    self.sources = .table(sources)
    startSources = .table(
      apart.map {
        let start = columns.starts[$0]
        return StartSource(place: layout.place(of: start.group, start.node), age: start.age)
      })
  }

  deinit {
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

  /// Writes M and B of some times of a sequence, ascending, `size` values each.
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
      for k in 0..<count { take(top, lane: k, into: own - k * size) }
      last -= 4
    }
  }

  /// Copies the entries of a lane.
  private func take(
    _ top: UnsafePointer<Double>, lane: Int, into target: UnsafeMutablePointer<Double>
  ) {
    let (rows, width) = (cut.rows.count, width)
    var to = target
    for source in sources {
      let from = top + source + lane
      for r in 0..<rows { to[r] = from[4 * r] }
      for r in rows..<width { to[r] = 0 }
      to += width
    }
  }

  /// Moves the shares of values before t = 0 that are no states, in one lane, to the entries of those that are learnt.
  private func takeStarts(
    _ row: UnsafeMutablePointer<Double>, lane: Int, age: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    let rows = cut.rows.count
    for (e, start) in startSources.enumerated() where start.age == age {
      let to = target + (sources.count + e) * width
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
