/// Parts that are not all in memory at once: brought there before they are worked on, some side by side.
///
/// What cannot be thrown where it happens is kept until the next `check`; what is computed until then is of no use.
package protocol PartLoading: AnyObject, Sendable {
  /// How many parts may be in memory at once: those that follow each other, from a multiple of it on.
  var room: Int { get }
  /// A chance to stop for what is not given one of its own.
  var poll: Poll { get }
  /// Brings parts into memory, on the caller's thread; others go.
  func bring(_ parts: Range<Int>, poll: Poll) throws
  /// A thread begins to work on one of them.
  func begin(_ part: Int, poll: Poll)
  /// It is done with it.
  func end(_ part: Int)
  /// Keeps an error, the first one.
  func fail(_ error: any Error)
  /// - Throws: what was kept, which is forgotten then.
  func check() throws
}
