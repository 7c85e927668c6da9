import Testing

@testable import BacktuneNumerics

/// The polls of some work.
struct PollGaps {
  var count = 0
  /// The longest time without one.
  var longest = Duration.zero

  /// Those of the best of some tries: other processes may have the processor meanwhile.
  ///
  /// - Parameters:
  ///   - limit: A longest time below which no further try is made.
  ///   - prepare: What a try needs, which is not timed.
  static func ofBestTry<Input>(
    below limit: Duration, _ prepare: () throws -> Input, _ work: (Input, Poll) throws -> Void
  ) throws -> PollGaps {
    var best: PollGaps?
    for _ in 0..<20 where best.map({ $0.longest >= limit }) ?? true {
      let input = try prepare()
      let clock = ContinuousClock()
      var (gaps, last) = (PollGaps(), clock.now)
      let poll = Poll {
        let now = clock.now
        gaps.count += 1
        gaps.longest = max(gaps.longest, now - last)
        last = now
      }
      try work(input, poll)
      gaps.longest = max(gaps.longest, clock.now - last)
      if best.map({ gaps.longest < $0.longest }) ?? true { best = gaps }
    }
    return best ?? PollGaps()
  }
}
