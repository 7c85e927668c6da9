import BacktuneNumerics

/// What a sequence is, as far as estimation reads it.
package struct SequenceValues {
  /// T x M.
  package let inputs: [Double]
  /// T x O values and their gains, 0 where nothing is observed; empty where nothing is desired.
  package let desired: [Double]
  package let gains: [Double]

  package init(inputs: [Double], desired: [Double], gains: [Double]) {
    (self.inputs, self.desired, self.gains) = (inputs, desired, gains)
  }
}

/// What gives the values of a sequence whenever they are wanted, the same each time, on the thread that asks.
package protocol SequenceReader: AnyObject, Sendable {
  func read(_ sequence: Int) throws -> SequenceValues
}

/// Brings the sequences of some shards into memory, as many at once as there are threads to work on them: shard k has
/// place k modulo their number.
package final class ShardLoader: PartLoading, @unchecked Sendable {
  package let room: Int
  package var poll = Poll.none
  /// Of each shard.
  private let sequences: [[Int]]
  private let reader: any SequenceReader
  private let places: [Place]
  private let lock = ForkSafeLock()
  private var failure: (any Error)?
  private var versions = 0

  private final class Place {
    var part: Int?
    var values: [SequenceValues] = []
    /// While it is worked on: it holds who asked, and so whom the loader belongs to.
    var poll: Poll?
  }

  /// - Parameters:
  ///   - sequences: of each shard.
  ///   - bytes: of the states of the largest one.
  init(_ sequences: [[Int]], _ reader: any SequenceReader, bytes: Int) {
    (self.sequences, self.reader) = (sequences, reader)
    let fitting = max(1, MemoryBudget.left / 2 / max(bytes, 1))
    room = max(1, min(Threads.count, sequences.count, fitting))
    places = (0..<room).map { _ in Place() }
  }

  package func bring(_ parts: Range<Int>, poll: Poll) throws {
    for part in parts {
      let place = places[part % room]
      if place.part == part { continue }
      (place.part, place.values) = (nil, [])
      place.values = try sequences[part].map {
        try poll()
        return try reader.read($0)
      }
      place.part = part
    }
  }

  package func begin(_ part: Int, poll: Poll) { places[part % room].poll = poll }

  package func end(_ part: Int) { places[part % room].poll = nil }

  /// Those of a shard, in the order of its sequences; a thread that works on no shard brings it in.
  /// - Throws: what the reader throws; where an error is kept, that one: nothing is read for what is of no use.
  package func values(_ part: Int) throws -> [SequenceValues] {
    let place = places[part % room]
    if place.part != part {
      if let kept = lock.whileLocked({ failure }) { throw kept }
      try bring(part..<part + 1, poll: poll)
    }
    return place.values
  }

  /// That of the thread that works on a shard.
  func poll(_ part: Int) -> Poll {
    let place = places[part % room]
    return place.part == part ? place.poll ?? poll : poll
  }

  var hasFailed: Bool { lock.whileLocked { failure != nil } }

  package func fail(_ error: any Error) {
    lock.whileLocked { failure = failure ?? error }
  }

  package func check() throws {
    let error = lock.whileLocked { () -> (any Error)? in
      defer { failure = nil }
      return failure
    }
    if let error { throw error }
  }

  /// Another number whenever it is asked: of what is to be written in trajectories.
  func makeVersion() -> Int {
    versions += 1
    return versions
  }
}
