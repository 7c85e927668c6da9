import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// J^T J and J^T r of a problem, J = dr/dW by the adjustable slots.
final class NormalEquations: RowSink {
  let rows: JacobianRows
  private let problem: Problem
  /// The unit of the cost, a power of two, in which roots are drawn.
  private(set) var unit = 1.0
  /// The largest diagonal element of J^T J.
  private(set) var largest = 0.0
  /// Lower triangle of [J r]^T [J r] of all processes, row-major, `stride` apart: row number `order` is r^T J, r^T r.
  let gram: Buffer
  let stride: Int
  /// Of the columns of one sequence alone, where these have columns of their own.
  private let part: Buffer?

  /// - Parameter room: values of a history that are held at once, about.
  init(_ problem: Problem, room: Int = History.room) throws {
    self.problem = problem
    rows = try JacobianRows(problem, room: room)
    rows.kept = KeptRows(
      problem, order: rows.order, width: rows.present.count, nodes: rows.values.nodes.count)
    stride = rows.width
    gram = try Buffer(dimensions: [stride, stride], for: "normal matrix")
    part = try rows.own.map {
      let width = MatrixKernels.padded($0.columns.count + 1)
      return try Buffer(dimensions: [width, width], for: "normal matrix")
    }
  }

  /// Order of the matrix: the adjustable slots.
  var order: Int { rows.order }

  /// J^T r, the gradient of the un-normalised cost by the adjustable slots.
  var gradient: [Double] {
    (0..<order).map { gram.pointer[order * stride + $0] }
  }

  private func findLargest() -> Double {
    let own = (0..<order).reduce(0.0) {
      let value = gram.pointer[$1 * (stride + 1)]
      return value > $0 || value.isNaN ? value : $0
    }
    return problem.hasOwnSlots ? problem.processes.max(own.isNaN ? .infinity : own) : own
  }

  /// Computes both at simulated states, whose weights are `slots`.
  func update(
    _ states: States, slots: [Double], poll: Poll
  ) throws {
    unit = problem.data.rootUnit(states.driven)
    try rows.run(states, slots: slots, unit: unit, into: self, poll: poll)
    try join()
    if unit != 1 { for place in 0..<stride * stride { gram.pointer[place] *= unit } }
    largest = findLargest()
  }

  /// Takes the sums over all processes of what is of slots that all have.
  private func join() throws {
    guard let processes = problem.processes else { return }
    let count = (problem.sharedCount + 1) * (problem.sharedCount + 2) / 2
    let packed = try Buffer(count: count, for: "normal matrix")
    forEachRow { gram, place, length in (packed.pointer + place).update(from: gram, count: length) }
    processes.sum(packed.pointer, count: count)
    try processes.check()
    forEachRow { gram, place, length in gram.update(from: packed.pointer + place, count: length) }
  }

  /// Calls `body(row, place in the triangle, length)`.
  private func forEachRow(_ body: (UnsafeMutablePointer<Double>, Int, Int) -> Void) {
    let shared = problem.sharedCount
    for i in 0..<shared { body(gram.pointer + i * stride, i * (i + 1) / 2, i + 1) }
    let (last, place) = (gram.pointer + order * stride, shared * (shared + 1) / 2)
    body(last, place, shared)
    body(last + order, place + shared, 1)
  }

  func clear() { gram.zero() }

  func take(
    _ chunk: UnsafeMutablePointer<Double>, rows count: Int, of columns: [Int]?, poll: Poll
  ) throws {
    if let columns, let part { return try add(chunk, count, columns, part, poll) }
    try RowProducts.addGram(
      chunk, rows: stride, stride: JacobianRows.chunkStride, count: count, into: gram.pointer,
      target: stride, poll: poll)
  }

  /// Adds products of some columns to those of all.
  private func add(
    _ chunk: UnsafePointer<Double>, _ count: Int, _ columns: [Int], _ part: Buffer, _ poll: Poll
  ) throws {
    let width = MatrixKernels.padded(columns.count + 1)
    part.zero()
    try RowProducts.addGram(
      chunk, rows: width, stride: JacobianRows.chunkStride, count: count, into: part.pointer,
      target: width, poll: poll)
    let places = columns + [order]
    for (i, row) in places.enumerated() where row >= 0 {
      let (target, source) = (gram.pointer + row * stride, part.pointer + i * width)
      for (j, column) in places[...i].enumerated() where column >= 0 { target[column] += source[j] }
    }
  }
}
