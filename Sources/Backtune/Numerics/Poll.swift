/// A chance to stop, passed down through everything that takes long: called at least every few milliseconds, it throws
/// where the caller wants no more.
package struct Poll {
  private let body: (() throws -> Void)?

  /// One that never stops anything.
  package static var none: Poll { Poll(body: nil) }

  package init(_ body: @escaping () throws -> Void) { self.body = body }

  private init(body: (() throws -> Void)?) { self.body = body }

  package func callAsFunction() throws { try body?() }
}
