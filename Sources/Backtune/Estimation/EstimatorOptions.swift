import BacktuneCriterion
import BacktuneNumerics

/// How weights are moved.
public enum EstimationMethod: String, Sendable, CaseIterable {
  /// Gauss-Newton, unless its matrix would be too large.
  case auto
  /// The method of RR-9100.
  case backwardTuning = "backward-tuning"
  /// Damped Gauss-Newton steps over all weights at once.
  case gaussNewton = "gauss-newton"

  /// - Throws: `.argument` with the names there are.
  package init(named name: String) throws {
    guard let method = Self(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw BacktuneError.argument("method '\(name)': unknown, expected one of \(known)")
    }
    self = method
  }
}

/// What a user may set of an estimation; nothing has to be.
public struct EstimatorOptions: Sendable {
  /// How weights are moved.
  public var method = EstimationMethod.auto
  /// Iterations of one run at most.
  public var maxIterations = 300
  /// A run stops when the cost falls below this times its first cost, or times what the mean of the desired values
  /// costs where that is less.
  public var tolerance = 1e-12
  /// A run stops when the cost falls below this.
  public var target = 0.0
  /// Draws of the weights that Gauss-Newton races, besides the first; 0 for none. Nil: 7 for a network whose weights are
  /// as `Network.randomize` drew them, none for one whose weights were set.
  public var restarts: Int?
  /// Whether Gauss-Newton solves its steps by the dense matrix, or by conjugate gradients. Nil: by what costs less.
  public var isDense: Bool?
  /// Whether the guard of equation (5) acts on the adjoint.
  public var isGuarded = true
  /// Whether the second order is also tried on re-estimated states (footnote 7).
  public var reestimatesStates = true
  /// How the data are taken; a change starts anew.
  public var observation = ObservationOptions()

  /// What suits most.
  public init() {}

  /// Whether every option is allowed, as `set` asks it by name.
  /// - Throws: `.argument`
  func check() throws {
    var known = self
    // Several horizons are not one number.
    for row in Self.table where row.name != "horizon" || observation.horizons.count == 1 {
      try known.set(row.name, row.get(self))
    }
    // By name these say nil.
    guard known.restarts == restarts, known.observation == observation else {
      throw BacktuneError.argument("options: restarts of -1 or nu of 0 came, expected nil")
    }
  }

  /// All that has a name.
  var values: [Double] { Self.table.map { $0.get(self) } + observation.horizons }

  /// Whether what was found under other options no longer answers.
  func asksOtherwise(than other: EstimatorOptions) -> Bool {
    observation != other.observation || method != other.method || restarts != other.restarts
      || isDense != other.isDense
  }

  private static var table:
    [(
      name: String, expected: String, get: (EstimatorOptions) -> Double,
      set: (inout EstimatorOptions, Double) -> Bool
    )]
  {
    [
      (
        "max_iterations", "an integer of 0 or more", { Double($0.maxIterations) },
        {
          guard let count = Int(exactly: $1), count >= 0 else { return false }
          $0.maxIterations = count
          return true
        }
      ),
      (
        "tolerance", "a number in [0, 1)", { $0.tolerance },
        {
          $0.tolerance = $1
          return $1 >= 0 && $1 < 1
        }
      ),
      (
        "target", "a finite number of 0 or more", { $0.target },
        {
          $0.target = $1
          return $1 >= 0 && $1.isFinite
        }
      ),
      (
        "restarts", "an integer of 0 or more, or -1 for as many as the network needs",
        { $0.restarts.map { Double($0) } ?? -1 },
        {
          guard let count = Int(exactly: $1), count >= -1, count < 1 << 20 else { return false }
          $0.restarts = count < 0 ? nil : count
          return true
        }
      ),
      (
        "dense", "0, 1, or -1 for what costs less", { $0.isDense.map { $0 ? 1 : 0 } ?? -1 },
        {
          $0.isDense = $1 < 0 ? nil : $1 == 1
          return $1 == -1 || $1 == 0 || $1 == 1
        }
      ),
      (
        "initial_states", "0 or 1", { $0.observation.learnsEachStart ? 1 : 0 },
        {
          $0.observation.learnsEachStart = $1 != 0
          return $1 == 0 || $1 == 1
        }
      ),
      (
        "nu", "a number in [1e-100, 1e100], or 0 for one that follows the errors",
        { $0.observation.nu ?? 0 },
        {
          $0.observation.nu = $1 == 0 ? nil : $1
          return $1 == 0 || (1e-100...1e100).contains($1)
        }
      ),
      (
        "washout", "an integer of 0 or more", { Double($0.observation.washout) },
        {
          guard let count = Int(exactly: $1), count >= 0 else { return false }
          $0.observation.washout = count
          return true
        }
      ),
      (
        "static", "0 or 1", { $0.observation.isStatic ? 1 : 0 },
        {
          $0.observation.isStatic = $1 != 0
          return $1 == 0 || $1 == 1
        }
      ),
      (
        "balanced", "0 or 1", { $0.observation.balancesOutputs ? 1 : 0 },
        {
          $0.observation.balancesOutputs = $1 != 0
          return $1 == 0 || $1 == 1
        }
      ),
      (
        "horizon", "a whole number of 1 or more, or infinity",
        { $0.observation.horizons.count == 1 ? $0.observation.horizons[0] : .nan },
        {
          $0.observation.horizons = [$1]
          return ObservationOptions.isHorizon($1)
        }
      ),
      (
        "guard", "0 or 1", { $0.isGuarded ? 1 : 0 },
        {
          $0.isGuarded = $1 != 0
          return $1 == 0 || $1 == 1
        }
      ),
      (
        "reestimation", "0 or 1", { $0.reestimatesStates ? 1 : 0 },
        {
          $0.reestimatesStates = $1 != 0
          return $1 == 0 || $1 == 1
        }
      ),
    ]
  }

  /// Sets several horizons together: costs add.
  /// - Throws: `.argument` for none, too many, or one that is not a whole number of 1 or more, or infinity.
  package mutating func setHorizons(_ values: [Double]) throws {
    var changed = observation
    changed.horizons = values
    try changed.checkHorizons()
    observation = changed
  }

  private static func row(_ name: String) throws -> (
    name: String, expected: String, get: (EstimatorOptions) -> Double,
    set: (inout EstimatorOptions, Double) -> Bool
  ) {
    guard let row = table.first(where: { $0.name == name }) else {
      let known = table.map(\.name).joined(separator: ", ")
      throw BacktuneError.argument("option '\(name)': unknown, expected one of \(known)")
    }
    return row
  }

  /// The value of an option by name.
  package func value(_ name: String) throws -> Double { try Self.row(name).get(self) }

  /// Sets an option by name; unchanged on failure.
  /// - Throws: `.argument` for an unknown name or a value outside what is allowed.
  package mutating func set(_ name: String, _ value: Double) throws {
    let row = try Self.row(name)
    var changed = self
    guard row.set(&changed, value) else {
      throw BacktuneError.argument("option \(name): \(value), expected \(row.expected)")
    }
    self = changed
  }
}
