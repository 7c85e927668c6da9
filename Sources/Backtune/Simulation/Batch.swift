import BacktuneNumerics

/// Which sequences run side by side: one lane each, the longest first, so that at every time the lanes still running
/// are the first ones.
package struct Batch: Sendable {
  /// Length of each sequence, in the order they came.
  package let lengths: [Int]
  /// The sequence of each lane.
  package let sequences: [Int]
  /// The lane of each sequence.
  package let lane: [Int]
  /// T, the longest length.
  package let steps: Int
  /// Number of lanes running at each time.
  package let active: [Int]

  /// Sum of the lengths.
  package let totalSteps: Int
  /// The first step of each sequence where they stand one after the other.
  package let starts: [Int]

  package var lanes: Int { lengths.count }

  /// Where value number `index` of sequences one after the other belongs, in words.
  package func place(ofValue index: Int, channels: Int) -> String {
    let step = index / channels
    let sequence = starts.lastIndex { $0 <= step } ?? 0
    return "sequence \(sequence), step \(step - starts[sequence]), channel \(index % channels)"
  }

  /// - Throws: `.size` for no sequence or a negative length, `.memory` past the budget.
  package init(lengths: [Int]) throws {
    totalSteps = try Self.totalSteps(of: lengths)
    starts = Self.starts(lengths)
    let steps = lengths.max() ?? 0
    self.lengths = lengths
    self.steps = steps
    let sequences = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    self.sequences = sequences
    var lane = [Int](repeating: 0, count: lengths.count)
    for (place, sequence) in sequences.enumerated() { lane[sequence] = place }
    self.lane = lane
    var active: [Int] = []
    active.reserveCapacity(steps)
    for (place, sequence) in sequences.enumerated().reversed() {
      active += repeatElement(place + 1, count: lengths[sequence] - active.count)
    }
    self.active = active
  }

  /// The sum of lengths: what buffers are compared with before anything of that size is made.
  /// - Throws: `.size` where there is none, or a negative one, `.memory` where the sum passes the budget.
  package static func totalSteps(of lengths: [Int]) throws -> Int {
    guard !lengths.isEmpty else {
      throw BacktuneError.size("sequences: none came, expected at least one")
    }
    for (place, length) in lengths.enumerated() where length < 0 {
      throw BacktuneError.size("length of sequence \(place): \(length), expected 0 or more")
    }
    var total = 0
    for length in lengths {
      let (sum, overflow) = total.addingReportingOverflow(length)
      total = overflow ? Int.max : sum
    }
    try MemoryBudget.bytes(doubles: [total], for: "steps of the sequences")
    return total
  }

  /// The same lanes, over a part of the times.
  package func slice(_ times: Range<Int>) -> Batch {
    Batch(
      lengths: lengths.map { min(max($0 - times.lowerBound, 0), times.count) }, of: self,
      active: Array(active[times]))
  }

  private init(lengths: [Int], of whole: Batch, active: [Int]) {
    self.lengths = lengths
    self.active = active
    (sequences, lane, steps) = (whole.sequences, whole.lane, active.count)
    totalSteps = lengths.reduce(0, +)
    starts = Self.starts(lengths)
  }

  static func starts(_ lengths: [Int]) -> [Int] {
    var total = 0
    return lengths.map { length in
      defer { total += length }
      return total
    }
  }
}
