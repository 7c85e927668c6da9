import BacktuneNumerics

/// What was made of the structure of a network, so that the next call need not make it again: copies share it until
/// their structure changes.
package final class StructureMemo: @unchecked Sendable {
  private static let lock = ForkSafeLock()
  private var values: [Int: AnyObject] = [:]
  private var knownSize: Int?

  package init() {}

  package func value(_ key: Int) -> AnyObject? { Self.lock.whileLocked { values[key] } }

  /// The number of values of a flat state.
  func stateSize(_ count: () -> Int) -> Int {
    if let size = Self.lock.whileLocked({ knownSize }) { return size }
    let size = count()
    Self.lock.whileLocked { knownSize = size }
    return size
  }

  package func keep(_ value: AnyObject, _ key: Int) {
    Self.lock.whileLocked { values[key] = value }
  }
}
