import BacktuneNetwork
import BacktuneNumerics

/// Simulated states and the derivatives at them in a window of some sequences and times, [value][sequence][time], time
/// going backward.
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
  package private(set) var stride = 0
  /// Nodes of a row, which is where their values stand.
  package let layout: Layout
  private let shards: Shards
  private let room: Int
  /// Of each sequence: where time 0 would stand, in the present window.
  private var origins: [Int]
  private var buffer: Buffer
  private var window: HistoryWindow?

  var pointer: UnsafePointer<Double> { UnsafePointer(buffer.pointer) }

  /// Zeros after each sequence, which vectors of four times may read.
  static let slack = 4
  /// Values of a window, about: 32 MB.
  package static let room = 1 << 22

  /// - Parameter room: values of a window, about.
  package init(_ shards: Shards, room: Int = History.room) throws {
    (self.shards, self.room) = (shards, room)
    lengths = shards.lengths
    let program = shards.all[0].program
    layout = Layout(unpadded: program)
    valueCount =
      layout.rowNodes
      + program.operations.reduce(0) { $0 + $1.partialCount / $1.span.nodes * $1.span.size }
    origins = [Int](repeating: 0, count: lengths.count)
    buffer = try Buffer(count: 0, for: "history of the states")
  }

  /// Place of time t of a sequence of the window in the run of a value.
  package func place(_ sequence: Int, _ t: Int) -> Int { origins[sequence] - t }

  /// Windows over all sequences, in which `reach` times before each are held too, and as many as sources reach back.
  /// - Parameter isDescending: whether the last times of a sequence come first.
  package func windows(reach: Int, isDescending: Bool) -> [HistoryWindow] {
    HistoryWindow.all(
      shards, times: room / valueCount, reach: reach + Self.slack, past: layout.past,
      isDescending: isDescending)
  }

  /// Forgets what is held: there are other states.
  package func clear() { window = nil }

  /// Takes simulated states.
  package func fill(_ window: HistoryWindow, _ states: States, poll: Poll) throws {
    if window == self.window { return }
    self.window = nil
    stride = window.pieces.reduce(0) { $0 + $1.held(lengths) }
    let count =
      try MemoryBudget.bytes(doubles: [valueCount + 1, stride], for: "history of the states")
      / MemoryLayout<Double>.stride + Self.slack
    if count > buffer.count {
      // The old one goes first.
      buffer = try Buffer(count: 0, for: "history of the states")
      buffer = try Buffer(count: count, for: "history of the states")
    } else {
      buffer.zero()
    }
    var items: [Item] = []
    var next = 0
    for piece in window.pieces {
      for place in piece.places {
        let sequence = shards.all[piece.part].sequences[place]
        let upper = min(piece.times.upperBound, lengths[sequence])
        origins[sequence] = next + upper - 1
        next += max(upper - piece.lower, 0) + Self.slack
      }
      for first in Swift.stride(
        from: piece.lower, to: piece.times.upperBound, by: Self.itemSteps)
      {
        items.append(
          Item(piece: piece, times: first..<min(first + Self.itemSteps, piece.times.upperBound)))
      }
    }
    let reduction = Reduction(count: items.count, work: 4 * valueCount * stride)
    let most = window.pieces.reduce(0) { max($0, Self.rowSize(shards.all[$1.part].program)) }
    let scratch = try (0..<reduction.workers).map { _ in
      try Buffer(dimensions: [Self.blockSteps, most], for: "history of the states")
    }
    for group in groups(items) {
      // States of a shard that comes are simulated here.
      let parts = group.map { states.parts[$0.piece.part] }
      try shards.loader?.check()
      let reduction = Reduction(count: group.count, work: 4 * valueCount * stride)
      try reduction.forEach(poll: poll, scratch: scratch) { [self] item, scratch, poll in
        try fill(group[item].piece, group[item].times, parts[item], scratch.pointer, poll)
      }
    }
    self.window = window
  }

  /// Items that are filled side by side: all, or those of a shard, where one at a time is in memory.
  private func groups(_ items: [Item]) -> [[Item]] {
    if shards.loader == nil { return [items] }
    var result: [[Item]] = []
    for item in items {
      if result.last?[0].piece.part == item.piece.part {
        result[result.count - 1].append(item)
      } else {
        result.append([item])
      }
    }
    return result
  }

  /// Times of a piece that one thread takes.
  private struct Item {
    let piece: HistoryWindow.Piece
    let times: Range<Int>
  }

  private static let itemSteps = 512
  /// Times that are transposed together: what they write of a value is one cache line.
  private static let blockSteps = 8

  private static func rowSize(_ program: Program) -> Int {
    program.layout.lanes
      * (program.layout.rowNodes + program.operations.reduce(0) { $0 + $1.partialCount })
  }

  private func fill(
    _ piece: HistoryWindow.Piece, _ times: Range<Int>, _ states: Trajectory,
    _ scratch: UnsafeMutablePointer<Double>, _ poll: Poll
  ) throws {
    let shard = shards.all[piece.part]
    let (program, batch, lanes) = (shard.program, shard.batch, shard.layout.lanes)
    let places = Self.places(program)
    let rowNodes = program.layout.rowNodes
    let size = Self.rowSize(program)
    var t = times.lowerBound
    while t < times.upperBound {
      let end = min(t + Self.blockSteps, times.upperBound, t < 0 ? 0 : .max)
      for time in t..<end {
        let row = scratch + (time - t) * size
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
        shard, piece.places, t..<end, scratch, size,
        places[..<(t < 0 ? layout.rowNodes : valueCount)])
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
    _ shard: Shard, _ members: Range<Int>, _ times: Range<Int>, _ scratch: UnsafePointer<Double>,
    _ size: Int, _ places: ArraySlice<Int>
  ) {
    let (lanes, stride, base) = (shard.layout.lanes, stride, buffer.pointer)
    places.withUnsafeBufferPointer { places in
      for member in members {
        let (sequence, lane) = (shard.sequences[member], shard.batch.lane[member])
        let count = min(times.upperBound, lengths[sequence]) - times.lowerBound
        if count <= 0 { continue }
        let target = base + place(sequence, times.lowerBound)
        for value in 0..<places.count {
          let (to, from) = (target + value * stride, scratch + places[value] * lanes + lane)
          for k in 0..<count { to[-k] = from[k * size] }
        }
      }
    }
  }
}
