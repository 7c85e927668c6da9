import BacktuneNumerics

/// What was made of the structure of a network, so that the next call need not make it again: copies share it until
/// their structure changes.
package final class StructureMemo: @unchecked Sendable {
  private static let lock = ForkSafeLock()
  private var values: [Int: AnyObject] = [:]

  package init() {}

  package func value(_ key: Int) -> AnyObject? { Self.lock.whileLocked { values[key] } }

  package func keep(_ value: AnyObject, _ key: Int) {
    Self.lock.whileLocked { values[key] = value }
  }
}
