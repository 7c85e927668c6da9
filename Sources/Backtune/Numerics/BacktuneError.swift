/// What can go wrong in the engine. The text names the argument, what came and what was expected.
public struct BacktuneError: Error, CustomStringConvertible, Sendable {
  /// What is wrong, in a word.
  public enum Kind: Sendable {
    /// A value outside what is allowed (a NaN weight, an unknown name, a negative size).
    case argument
    /// Sizes that do not fit each other.
    case size
    /// More memory asked for than the budget allows, or than there is.
    case memory
    /// A call that is not possible now (a step without data).
    case state
    /// A network that cannot be run (a cycle at lag 0, nothing observed).
    case network
    /// A file that cannot be read or written.
    case file
    /// The caller asked to stop.
    case interrupted
    /// Processes that share an estimation could not be joined, or do not do the same.
    case processes
    /// A sequence could not be read.
    case loader
  }

  /// What is wrong, in a word.
  public let kind: Kind
  /// What is wrong, what came, and what was expected.
  public let description: String

  /// An error of one's own unit.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// A value outside what is allowed.
  public static func argument(_ text: String) -> BacktuneError { .init(.argument, text) }
  /// Sizes that do not fit each other.
  public static func size(_ text: String) -> BacktuneError { .init(.size, text) }
  /// Too much memory.
  public static func memory(_ text: String) -> BacktuneError { .init(.memory, text) }
  /// A call that is not possible now.
  public static func state(_ text: String) -> BacktuneError { .init(.state, text) }
  /// A network that cannot be run.
  public static func network(_ text: String) -> BacktuneError { .init(.network, text) }
  /// A file that cannot be read or written.
  public static func file(_ text: String) -> BacktuneError { .init(.file, text) }
}
