import BacktuneNetwork
import BacktuneNumerics

/// Sequences and times whose histories are held at once: as many as fit in a given memory, by their lengths alone.
package struct HistoryWindow: Equatable {
  /// Some sequences of a shard, and their times.
  package struct Piece: Equatable {
    let part: Int
    /// Places of the sequences in the shard.
    let places: Range<Int>
    let sequences: [Int]
    /// Those of longer sequences among them are cut off at their ends.
    package let times: Range<Int>
    /// The first time that is held, which may be before 0.
    let lower: Int

    /// Values of each node.
    func held(_ lengths: [Int]) -> Int {
      sequences.reduce(0) {
        $0 + max(min(times.upperBound, lengths[$1]) - lower, 0) + History.slack
      }
    }
  }

  let pieces: [Piece]

  /// The shards that it has something of, in their order, with the sequences that it has of each.
  package var members: [(part: Int, sequences: Set<Int>)] {
    var result: [(part: Int, sequences: Set<Int>)] = []
    for piece in pieces {
      if result.last?.part != piece.part { result.append((piece.part, [])) }
      result[result.count - 1].sequences.formUnion(piece.sequences)
    }
    return result
  }

  /// Calls `body(sequence, times)` for every sequence.
  package func forEach(
    _ lengths: [Int], _ body: (Int, Range<Int>) throws -> Void
  ) rethrows {
    for piece in pieces {
      for sequence in piece.sequences {
        let end = min(piece.times.upperBound, lengths[sequence])
        if end > piece.times.lowerBound { try body(sequence, piece.times.lowerBound..<end) }
      }
    }
  }

  /// - Parameter times: how many fit, about.
  static func all(
    _ shards: Shards, times: Int, reach: Int, past: Int, isDescending: Bool
  ) -> [HistoryWindow] {
    var result: [HistoryWindow] = []
    var (pieces, used) = ([Piece](), 0)
    func add(_ piece: Piece) {
      let size = piece.held(shards.lengths)
      if used + size > times && !pieces.isEmpty {
        result.append(HistoryWindow(pieces: pieces))
        (pieces, used) = ([], 0)
      }
      pieces.append(piece)
      used += size
    }
    for (part, shard) in shards.all.enumerated() {
      let whole = Piece(
        part: part, places: shard.sequences.indices, sequences: shard.sequences,
        times: 0..<shard.batch.steps, lower: -past)
      if whole.held(shards.lengths) <= times {
        add(whole)
        continue
      }
      let most = Swift.max(times - reach - past - History.slack, reach, leastTimes) / 16 * 16
      for (place, sequence) in shard.sequences.enumerated() {
        let length = shards.lengths[sequence]
        var cuts = Swift.stride(from: length, to: 0, by: -most).map { Swift.max($0 - most, 0)..<$0 }
        if !isDescending { cuts.reverse() }
        for cut in cuts {
          add(
            Piece(
              part: part, places: place..<place + 1, sequences: [sequence], times: cut,
              lower: Swift.max(cut.lowerBound - reach, 0) - past))
        }
      }
    }
    if !pieces.isEmpty { result.append(HistoryWindow(pieces: pieces)) }
    return result
  }

  private static let leastTimes = 64
}
