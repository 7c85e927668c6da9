import BacktuneNetwork
import BacktuneNumerics

/// Simulated states and the derivatives at them, [value][sequence][time], time going backward: index T - 1 - t.
///
/// The values are the nodes of a row of states (padding included), then the partial derivatives of every operation in
/// the order of evaluation. What is read at one lag, or at one age of an impulse, by output times that follow each
/// other is then one run of memory. Times before 0 follow, as far back as sources reach; partial derivatives are 0
/// there.
package final class History {
  package let batch: Batch
  /// Values of one time.
  let valueCount: Int
  /// From one value to the next.
  package let stride: Int
  /// Place of the last time of each sequence.
  private let offsets: [Int]
  /// One value more than there are: values are read in pairs.
  private let buffer: Buffer
  private let scratch: Buffer
  private let past: Int
  private let stateValues: Int

  var pointer: UnsafePointer<Double> { UnsafePointer(buffer.pointer) }

  /// Zeros after each sequence, which vectors of four times may read.
  private static let slack = 4

  package init(_ plan: Plan, _ batch: Batch) throws {
    self.batch = batch
    past = plan.layout.past
    stateValues = plan.layout.rowNodes
    let partials = plan.operations.reduce(0) { $0 + $1.partialCount }
    valueCount = stateValues + partials
    var offset = 0
    offsets = batch.lengths.map { length in
      defer { offset += length + plan.layout.past + Self.slack }
      return offset
    }
    stride = offset
    buffer = try Buffer(
      count: MemoryBudget.bytes(doubles: [valueCount + 1, stride], for: "history of the states")
        / MemoryLayout<Double>.stride + Self.slack,
      for: "history of the states")
    scratch = try Buffer(
      dimensions: [Self.blockSteps, valueCount, batch.lanes], for: "history of the states")
  }

  /// Place of time t of a sequence in the run of a value.
  package func place(_ sequence: Int, _ t: Int) -> Int {
    offsets[sequence] + batch.lengths[sequence] - 1 - t
  }

  /// Times that are transposed together: what they write of a value is one cache line.
  private static let blockSteps = 8

  /// Takes simulated states.
  package func fill(_ plan: Plan, _ states: Trajectory, poll: () throws -> Void) throws {
    let (lanes, rowSize) = (batch.lanes, stateValues * batch.lanes)
    let size = valueCount * lanes
    var t = -past
    while t < batch.steps {
      let end = min(t + Self.blockSteps, batch.steps, t < 0 ? 0 : .max)
      for time in t..<end {
        let row = scratch.pointer + (time - t) * size
        row.update(from: states.row(time), count: rowSize)
        if time < 0 { continue }
        var place = row + rowSize
        for operation in plan.operations {
          operation.storePartials(states.row(time), into: place, lanes: batch.active[time])
          place += operation.partialCount * lanes
        }
      }
      transpose(t..<end, values: t < 0 ? stateValues : valueCount)
      t = end
      try poll()
    }
  }

  private func transpose(_ times: Range<Int>, values: Int) {
    let (lanes, stride, size) = (batch.lanes, stride, valueCount * batch.lanes)
    for (sequence, lane) in batch.lane.enumerated() {
      let count = min(times.upperBound, batch.lengths[sequence]) - times.lowerBound
      if count <= 0 { continue }
      let target = buffer.pointer + place(sequence, times.lowerBound)
      let source = scratch.pointer + lane
      for value in 0..<values {
        let (to, from) = (target + value * stride, source + value * lanes)
        for k in 0..<count { to[-k] = from[k * size] }
      }
    }
  }
}
