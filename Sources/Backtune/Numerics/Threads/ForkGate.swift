import CThread

/// Calls pass through it, so that no fork of another thread finds them holding anything: gate.h. Never inlined: another
/// file would have variables of its own.
package enum ForkGate {
  /// Where a call begins, and where it goes on after a callback; waits while another thread forks.
  @inline(never)
  package static func enter() {
    backtune_gate_make()
    backtune_gate_enter()
  }

  /// Where a call ends, and where it gives way to a callback.
  @inline(never)
  package static func leave() { backtune_gate_leave() }

  /// Inside a call, where nothing is held.
  @inline(never)
  static func pause() { backtune_gate_pause() }

  /// Before what else is prepared for a fork: threads that wait for a lock would not come to where they poll.
  @inline(never)
  static func close() { backtune_gate_close() }
}
