import BacktuneNetwork
import BacktuneNumerics

/// Rows of a Jacobian by impulse responses: the adjoint of each observed value, followed backward until it has decayed
/// below rounding. T L N^2 multiplications, L being the memory of the network, against T N^2 P of tangents.
///
/// Output times that follow each other are lanes side by side, in groups of four: the group of time t holds t, t - 1,
/// t - 2 and t - 3.
package final class ImpulseRows {
  /// Four observed values in a row, from the last one.
  package struct Quad {
    package let sequence: Int
    package let time: Int
    /// The observed node: its place in a row of one lane each.
    package let node: Int

    package init(sequence: Int, time: Int, node: Int) {
      (self.sequence, self.time, self.node) = (sequence, time, node)
    }
  }

  /// Groups of lanes that run at once.
  package static let quads = 4

  private let linear: LinearProgram
  private let packed: PackedWeights
  private let history: History
  private let columns: Columns
  private let accumulators: [ImpulseProducts]
  /// Of every node of a row; nil where all are 1.
  private let scales: [Double]?
  /// Ages that there is room for.
  package let ages: Int

  /// What one thread writes.
  package final class Scratch {
    fileprivate let rows: Buffer
    /// Where the times of each quad stand in the run of a value, at age 0.
    fileprivate let places: UnsafeMutablePointer<Int>
    /// Four a quad, 0 where nothing is observed.
    package let weights: UnsafeMutablePointer<Double>

    fileprivate init(_ layout: Layout, ages: Int) throws {
      rows = try Buffer(
        dimensions: [ages + layout.past + 1, layout.rowSize], for: "impulse responses")
      places = .allocate(capacity: ImpulseRows.quads)
      places.initialize(repeating: 0, count: ImpulseRows.quads)
      weights = .allocate(capacity: 4 * ImpulseRows.quads)
      weights.initialize(repeating: 0, count: 4 * ImpulseRows.quads)
    }

    deinit {
      places.deallocate()
      weights.deallocate()
    }
  }

  package func makeScratch() throws -> Scratch { try Scratch(linear.layout, ages: ages) }

  /// Multiplications of a group of lanes and one age, about.
  package var workPerAge: Int {
    (linear.workPerStep + columns.count) * linear.layout.lanes
  }

  /// - Parameters:
  ///   - ages: how far back impulses are followed.
  ///   - scales: of nodes whose values are not about 1, so that adjoint values of different nodes compare.
  package init(
    _ program: Program, _ history: History, _ columns: Columns, ages: Int,
    scales: [(group: GroupID, node: Int, scale: Double)] = []
  ) throws {
    linear = try LinearProgram(program, lanes: 4 * Self.quads)
    var all = [Double](repeating: 1, count: linear.layout.rowNodes)
    for (group, node, scale) in scales { all[linear.layout.offset(of: group) + node] = scale }
    self.scales = scales.isEmpty ? nil : all
    packed = try PackedWeights(linear.program)
    self.history = history
    self.columns = columns
    self.ages = ages
    accumulators = try zip(linear.program.operations, columns.links).map {
      try ImpulseProducts($1, place: $0.span.place, size: $0.span.size)
    }
  }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) { packed.load(slots, linear.program) }

  /// Where outputs stand in a row of one lane each.
  package static func places(_ network: Network, _ outputs: [(group: GroupID, node: Int)]) -> [Int]
  {
    let layout = Layout(network, lanes: 4 * quads)
    return outputs.map { layout.offset(of: $0.group) + $0.node }
  }

  /// Adds the derivatives of `quads` times the weights of the scratch to a matrix of columns, four rows a quad.
  ///
  /// - Parameters:
  ///   - quads: at most as many as there are lanes for, later times first; their histories are held.
  ///   - matrix: its first row is that of the first quad; the next column is `stride` further.
  ///   - limit: the greatest age at which all may still be alive.
  ///   - isTrial: whether those that have hardly decayed at a quarter of it, and do not end before, are given up there.
  /// - Returns: the ages followed; nil where some impulse was still alive then.
  package func add(
    _ quads: ArraySlice<Quad>, _ scratch: Scratch, limit: Int, isTrial: Bool = false,
    into matrix: UnsafeMutablePointer<Double>, stride: Int, poll: Poll
  ) throws -> Int? {
    let layout = linear.layout
    let (size, lanes, count) = (layout.rowSize, layout.lanes, quads.count)
    guard let first = quads.first else { return 0 }
    // Age 0 on top, so that a lag reaches down as in every trajectory.
    let top = scratch.rows.pointer + (ages + layout.past) * size
    (top - layout.past * size).update(repeating: 0, count: (layout.past + 1) * size)
    let places = scratch.places
    for (q, quad) in quads.enumerated() {
      places[q] = history.place(quad.sequence, quad.time)
      for k in 0..<4 { top[quad.node * lanes + 4 * q + k] = scratch.weights[4 * q + k] }
    }
    var (age, quiet, running) = (0, 0, count)
    var peak = 0.0
    // Beyond the start of a sequence only learnt initial states feel it.
    let last = first.time + columns.starts.reduce(0) { max($0, $1.age) }
    while age <= last {
      if age > min(limit, ages) { return nil }
      let row = top - age * size
      if age > 0 { (row - layout.past * size).update(repeating: 0, count: size) }
      takeStarts(quads, age, row, into: matrix, stride: stride)
      while running > 0, quads[quads.startIndex + running - 1].time < age { running -= 1 }
      linear.adjoint(
        packed, row, history: history.pointer, stride: history.stride, places: places, age: age,
        quads: running)
      let square =
        scales.map { Self.square(row, scales: $0, lanes: lanes) } ?? Self.square(row, count: size)
      guard square.isFinite else { return nil }
      peak = max(peak, square)
      quiet = square <= Self.rounding * peak ? quiet + 1 : 0
      if isTrial && limit < last && age == limit / 4 && square > Self.alive * peak { return nil }
      age += 1
      if quiet > layout.past { break }
      if age % 64 == 0 { try poll() }
    }
    for (q, quad) in quads.enumerated() {
      let length = min(age, quad.time + 1)
      for accumulator in accumulators {
        accumulator.add(
          top + 4 * q, rowSize: size, lanes: lanes, ages: length,
          history: history.pointer + places[q], stride: history.stride,
          into: matrix + 4 * q, matrixStride: stride)
      }
      try poll()
    }
    return age
  }

  /// Squares of adjoint values that are this small beside the largest of the same impulses are left out.
  private static let rounding = 0x1p-104
  /// Those of a trial that go on are smaller at a quarter of the way, where a steady decay has 2^-26.
  private static let alive = 0x1p-13

  /// The sum of squares, not finite where a value is not (or overflows).
  private static func square(_ row: UnsafePointer<Double>, count: Int) -> Double {
    var (even, odd) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var k = 0
    // Rows have eight lanes or more.
    while k < count {
      let (v, w) = (MatrixKernels.load(row + k), MatrixKernels.load(row + k + 4))
      even = multiplyAdd(v, v, even)
      odd = multiplyAdd(w, w, odd)
      k += 8
    }
    return (even + odd).sum()
  }

  /// The same of adjoint values times the scales of their nodes.
  private static func square(
    _ row: UnsafePointer<Double>, scales: [Double], lanes: Int
  ) -> Double {
    var sum = 0.0
    for (node, scale) in scales.enumerated() {
      let own = row + node * lanes
      for k in 0..<lanes { sum += (scale * own[k]) * (scale * own[k]) }
    }
    return sum
  }

  /// Moves what has come to times before 0 to the columns of the initial states.
  private func takeStarts(
    _ quads: ArraySlice<Quad>, _ age: Int, _ row: UnsafeMutablePointer<Double>,
    into matrix: UnsafeMutablePointer<Double>, stride: Int
  ) {
    let (lanes, layout) = (linear.layout.lanes, linear.layout)
    for (q, quad) in quads.enumerated().reversed() {
      if quad.time - 3 >= age { return }
      for k in 0..<4 where quad.time - k < age {
        for start in columns.starts where start.age == age - (quad.time - k) {
          let column = start.columns[quad.sequence]
          if column >= 0 {
            let place = layout.place(of: start.group, start.node)
            matrix[column * stride + 4 * q + k] += row[place + 4 * q + k]
          }
        }
        for node in 0..<layout.rowNodes { row[node * lanes + 4 * q + k] = 0 }
      }
    }
  }
}
