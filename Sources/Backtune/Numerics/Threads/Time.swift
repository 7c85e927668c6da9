/// A time of the clock that only goes forward. (That of Swift's library of tasks would link all of it.)
package struct Time {
  private let value: Duration

  package static var now: Time {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Time(value: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
  }

  package static func - (later: Time, earlier: Time) -> Duration { later.value - earlier.value }
}
