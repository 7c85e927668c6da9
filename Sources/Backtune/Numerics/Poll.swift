/// A chance to stop, passed down through everything that takes long: called at least every few milliseconds, it throws
/// where the caller wants no more.
package struct Poll {
  private let body: (() throws -> Void)?

  /// One that never stops anything.
  package static var none: Poll { Poll(body: nil) }

  package init(_ body: @escaping () throws -> Void) { self.body = body }

  private init(body: (() throws -> Void)?) { self.body = body }

  package func callAsFunction() throws {
    ForkGate.pause()
    try body?()
  }

  /// Calls `body` with parts of so many values, each short enough to be polled between where they are written, read or
  /// copied.
  package func forEachPart(of count: Int, _ body: (Range<Int>) throws -> Void) throws {
    var first = 0
    while first < count {
      let part = first..<min(first + Self.partSize, count)
      try body(part)
      first = part.upperBound
      try self()
    }
  }

  /// 8 MiB.
  private static let partSize = 1 << 20
}
