import BacktuneCriterion

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
    /// The free run cannot stay with the data, though the network predicts well: trajectories part.
    case parting = 4
    /// Where values of the simulation with the first weights cease to be finite.
    case diverged = 5
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

  static func diverged(_ place: String?) -> EstimationNote {
    EstimationNote(
      kind: .diverged, text: place ?? "all values are finite, but the sum of their costs is not")
  }

  static func parting(_ parting: Parting) -> EstimationNote {
    EstimationNote(
      kind: .parting,
      text:
        "trajectories part: one-step NMSE \(Problem.short(parting.oneStepNMSE)), the free run stays within "
        + "half a deviation for \(parting.horizon) step\(parting.horizon == 1 ? "" : "s")")
  }

  static func drawn(seed: UInt64) -> EstimationNote {
    EstimationNote(
      kind: .drawn,
      text: "the weights had neither been drawn nor set: they were drawn with seed \(seed)")
  }
}
