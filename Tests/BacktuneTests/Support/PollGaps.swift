import Foundation
import Testing

@testable import BacktuneNumerics

/// The polls of some work.
struct PollGaps {
  /// The longest time allowed. Sanitizers make what is done in it more than five times as long.
  static let limit = Duration.milliseconds(
    ProcessInfo.processInfo.environment["BACKTUNE_TEST_SANITIZED"] == nil ? 50 : 500)

  var count = 0
  /// The longest time without one.
  var longest = Duration.zero

  /// Those of the best of some tries, up to the first within the limit: other processes may have the processor meanwhile.
  ///
  /// - Parameters:
  ///   - prepare: What a try needs, which is not timed.
  static func ofBestTry<Input>(
    _ prepare: () throws -> Input, _ work: (Input, Poll) throws -> Void
  ) throws -> PollGaps {
    var best: PollGaps?
    for _ in 0..<20 where best.map({ $0.longest >= Self.limit }) ?? true {
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
