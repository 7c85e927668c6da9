/// What a user should know of an estimation, beside why it stopped.
public struct EstimationNote: Equatable, Sendable {
  /// What a note is about.
  public enum Kind: Int, Sendable {
    /// The weights where it started were drawn, since they had neither been drawn nor set.
    case drawn = 1
    /// Units or offsets of the data that the estimation cannot follow.
    case units = 2
    /// There are as many adjustable weights as observed values, or more.
    case interpolates = 3
  }
  /// What it is about.
  public let kind: Kind
  /// In words.
  public let text: String

  static func interpolates(weights: Int, values: Int) -> EstimationNote {
    EstimationNote(
      kind: .interpolates,
      text:
        "\(weights) adjustable weights and initial states for \(values) observed values: the fit interpolates"
    )
  }

  static func drawn(seed: UInt64) -> EstimationNote {
    EstimationNote(
      kind: .drawn,
      text: "the weights had neither been drawn nor set: they were drawn with seed \(seed)")
  }
}
