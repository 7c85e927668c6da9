import Backtune
import BacktuneNumerics
import CThread

/// What a thread is asked in calls that take no callback of their own: `bt_set_poll`.
enum ThreadPoll {
  /// From the next call on.
  static func set(_ callback: Callback?, _ user: UnsafeMutableRawPointer?) {
    let own = own()
    (own.pointee.callback, own.pointee.user_data) = (callback, user)
  }

  /// A monitor that asks it; nil where there is none, and inside of it: what it calls is not asked about.
  ///
  /// - Parameters:
  ///   - handle: the estimator, where it is a call of one.
  ///   - held: what the call holds meanwhile.
  static func monitor(
    _ handle: OpaquePointer? = nil, held: @autoclosure () -> [HandleObject]
  ) -> Estimator.Monitor? {
    let own = own()
    // One that was left by longjmp stands below.
    guard let callback = own.pointee.callback, stackPlace() > own.pointee.place else { return nil }
    guard let ask = poll(callback, handle, own.pointee.user_data, held: held()) else { return nil }
    return { event in
      own.pointee.place = stackPlace()
      defer { own.pointee.place = 0 }
      return ask(event)
    }
  }

  /// The same for a call about a network.
  static func asked(held: @autoclosure () -> [HandleObject]) -> Poll {
    .asking(monitor(held: held()))
  }

  // Never inlined: another file would have a variable of its own.
  @inline(never)
  private static func own() -> UnsafeMutablePointer<backtune_poll> { backtune_thread_poll() }
}
