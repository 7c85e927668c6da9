import BacktuneNetwork
import BacktuneNumerics

/// Simulated states and the derivatives at them, [value][sequence][time], time going backward: index T - 1 - t.
///
/// The values are the nodes of a row of states, without padding, then the partial derivatives of every operation in
/// the order of evaluation. What is read at one lag, or at one age of an impulse, by output times that follow each
/// other is then one run of memory. Times before 0 follow, as far back as sources reach; partial derivatives are 0
/// there.
package final class History {
  /// Of the sequences, in the order in which they came.
  package let lengths: [Int]
  /// Number of values of one time.
  let valueCount: Int
  /// From one value to the next.
  package let stride: Int
  /// Nodes of a row, which is where their values stand.
  package let layout: Layout
  private let shards: Shards
  /// Place of the last time of each sequence.
  private let offsets: [Int]
  /// One value more than there are: values are read in pairs.
  private let buffer: Buffer

  var pointer: UnsafePointer<Double> { UnsafePointer(buffer.pointer) }

  /// Zeros after each sequence, which vectors of four times may read.
  private static let slack = 4

  package init(_ shards: Shards) throws {
    self.shards = shards
    lengths = shards.lengths
    let program = shards.all[0].program
    layout = Layout(unpadded: program)
    valueCount =
      layout.rowNodes
      + program.operations.reduce(0) { $0 + $1.partialCount / $1.span.nodes * $1.span.size }
    let past = layout.past
    var offset = 0
    offsets = lengths.map { length in
      defer { offset += length + past + Self.slack }
      return offset
    }
    stride = offset
    buffer = try Buffer(
      count: MemoryBudget.bytes(doubles: [valueCount + 1, stride], for: "history of the states")
        / MemoryLayout<Double>.stride + Self.slack,
      for: "history of the states")
  }

  /// Place of time t of a sequence in the run of a value.
  package func place(_ sequence: Int, _ t: Int) -> Int {
    offsets[sequence] + lengths[sequence] - 1 - t
  }

  /// Times that are transposed together: what they write of a value is one cache line.
  private static let blockSteps = 8

  /// Takes simulated states.
  package func fill(_ states: States, poll: Poll) throws {
    try shards.reduction.forEach(poll: poll) { [self] part, poll in
      try fill(shards.all[part], states.parts[part], poll)
    }
  }

  private func fill(_ shard: Shard, _ states: Trajectory, _ poll: Poll) throws {
    let (program, batch, lanes) = (shard.program, shard.batch, shard.layout.lanes)
    let places = Self.places(program)
    let rowNodes = program.layout.rowNodes
    let size = (rowNodes + program.operations.reduce(0) { $0 + $1.partialCount }) * lanes
    let scratch = try Buffer(dimensions: [Self.blockSteps, size], for: "history of the states")
    var t = -layout.past
    while t < batch.steps {
      let end = min(t + Self.blockSteps, batch.steps, t < 0 ? 0 : .max)
      for time in t..<end {
        let row = scratch.pointer + (time - t) * size
        row.update(from: states.row(time), count: rowNodes * lanes)
        if time < 0 { continue }
        var place = row + rowNodes * lanes
        for operation in program.operations {
          operation.storePartials(
            states.row(time), values: states.row(time), into: place, lanes: batch.active[time])
          place += operation.partialCount * lanes
        }
      }
      transpose(
        shard, t..<end, scratch.pointer, size, places[..<(t < 0 ? layout.rowNodes : valueCount)])
      t = end
      try poll()
    }
  }

  /// Where each value stands in a row of a program and the partial derivatives after it, lanes not counted.
  private static func places(_ program: Program) -> [Int] {
    var places = (0..<program.network.inputs).map { program.layout.offset(of: Network.input) + $0 }
    for group in program.topology.runs.joined() {
      let first = program.layout.offset(of: group)
      places += first..<first + program.network.size(of: group)
    }
    var next = program.layout.rowNodes
    for operation in program.operations {
      let span = operation.span
      for _ in 0..<operation.partialCount / span.nodes {
        // What has partial derivatives is one group, its padding last.
        places += next..<next + span.size
        next += span.nodes
      }
    }
    return places
  }

  private func transpose(
    _ shard: Shard, _ times: Range<Int>, _ scratch: UnsafePointer<Double>, _ size: Int,
    _ places: ArraySlice<Int>
  ) {
    let (lanes, stride, base) = (shard.layout.lanes, stride, buffer.pointer)
    places.withUnsafeBufferPointer { places in
      shard.forEachSequence { sequence, lane in
        let count = min(times.upperBound, lengths[sequence]) - times.lowerBound
        if count <= 0 { return }
        let target = base + place(sequence, times.lowerBound)
        for value in 0..<places.count {
          let (to, from) = (target + value * stride, scratch + places[value] * lanes + lane)
          for k in 0..<count { to[-k] = from[k * size] }
        }
      }
    }
  }
}
