import BacktuneNetwork
import BacktuneNumerics

/// What is asked of a network: a criterion, and regularisations in any combination.
public struct Objective: Sendable {
  package private(set) var kind: any CriterionKind.Type = LeastSquares.self
  package private(set) var regularisations: [any Regularisation] = []
  /// Of the criterion "observables".
  package private(set) var observables = ObservableGoals()

  /// Least squares, without regularisation.
  public init() {}

  /// - Throws: `.argument` with the names there are.
  public init(criterion name: String) throws { try setCriterion(name) }

  /// The name of the criterion.
  public var criterion: String { kind.names[0] }

  /// - Throws: `.argument` with the names there are.
  public mutating func setCriterion(_ name: String) throws { kind = try Criteria.named(name) }

  /// Whether the criterion is the logarithm of a probability: the noise is then in it, and not measured on the errors.
  package var isLikelihood: Bool { kind is any Likelihood.Type }

  /// The same as far as curvatures by the weights go, as a sum of squares over the outputs.
  package var asSquares: Objective {
    var other = self
    if kind == CrossEntropy.self { other.kind = PearsonResiduals.self }
    return other
  }

  /// Adds a regularisation, with options as a JSON object.
  /// - Parameter network: the one that it is for: names of weights and groups are looked up.
  /// - Throws: `.argument` with the names there are, or for options that are not right.
  public mutating func addRegularisation(
    _ name: String, options: [UInt8], of network: Network? = nil
  ) throws {
    let regularisation = try Regularisations.named(name, options: options)
    if let network { try regularisation.check(network) }
    regularisations.append(regularisation)
  }

  /// Adds an observable of so many outputs.
  /// - Parameter desired: its desired mean; nil for that of the reference.
  /// - Throws: `.argument` with the kinds there are, or for parameters that are not right, `.size` for another number of
  ///   them.
  public mutating func addObservable(
    _ kind: String, _ parameters: [Double], outputs: Int, desired: Double?
  ) throws {
    if let desired, !desired.isFinite {
      throw BacktuneError.argument("desired mean of \(kind): \(desired), expected a finite number")
    }
    observables.goals.append(
      ObservableGoals.Goal(
        observable: try Observables.make(kind, parameters, channels: outputs), desired: desired))
  }

  /// - Throws: `.argument` with the kinds there are, `.size` for a number of parameters that the kind does not take.
  package static func checkObservable(_ kind: String, parameterCount: Int) throws {
    try ObservableParameters.check(count: parameterCount, of: Observables.named(kind))
  }

  /// Number of observables.
  public var observableCount: Int { observables.goals.count }

  /// Takes all observables away.
  public mutating func removeObservables() { observables.goals = [] }

  /// The series of the outputs on which means, and m and s of standardised observables, are measured where they are not
  /// given: sum T x O values, NaN where missing. Without one it is what is desired of the outputs.
  /// - Throws: `.size` for counts that do not fit.
  public mutating func setReference(lengths: [Int], values: [Double], outputs: Int) throws {
    observables.reference = try ObservableGoals.OutputSeries(
      lengths: lengths, values: values, outputs: outputs, for: "reference")
  }

  /// The series whose Gibbs distribution with the desired means gives lambda (footnote 32).
  /// - Throws: `.size` for counts that do not fit.
  public mutating func setSamples(lengths: [Int], values: [Double], outputs: Int) throws {
    observables.samples = try ObservableGoals.OutputSeries(
      lengths: lengths, values: values, outputs: outputs, for: "samples")
  }

  /// Takes all regularisations away.
  public mutating func removeRegularisations() { regularisations = [] }
}

/// How the data are taken.
public struct ObservationOptions: Equatable, Sendable {
  /// The scale nu of the criterion; nil for one that follows the errors.
  public var nu: Double?
  /// The first steps of every sequence that are not compared.
  public var washout = 0
  /// Whether only the last step of every sequence is compared.
  public var isStatic = false
  /// Whether desired values, and so errors and nu, are taken in deviations of their output: outputs of unequal units then
  /// have an equal say.
  public var balancesOutputs = false
  /// Steps of the blocks that a network with measured groups simulates freely, 1 or more, between which it is given what
  /// was measured; infinite for the free run. Several: the costs add, every sequence is run once for each.
  public var horizons: [Double] = [.infinity]
  /// Most horizons at once.
  package static let mostHorizons = 64

  /// Whether a horizon is a whole number of 1 or more, or infinite.
  package static func isHorizon(_ value: Double) -> Bool {
    value >= 1 && (value == .infinity || value.rounded() == value)
  }

  /// - Throws: `.argument` for no horizon, too many, or one that is none.
  package func checkHorizons() throws {
    guard 1...Self.mostHorizons ~= horizons.count else {
      throw BacktuneError.argument(
        "horizons: \(horizons.count) came, expected 1 to \(Self.mostHorizons)")
    }
    if let place = horizons.firstIndex(where: { !Self.isHorizon($0) }) {
      throw BacktuneError.argument(
        "horizons: value \(place) is \(horizons[place]), expected a whole number of 1 or more, or infinity"
      )
    }
  }

  /// Whether every sequence has a learnt initial state of its own, instead of the network's.
  public var learnsEachStart = false

  /// All values count, as they are.
  public init() {}
}
