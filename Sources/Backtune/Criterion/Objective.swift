import BacktuneNetwork
import BacktuneNumerics

/// What is asked of a network: a criterion, and regularisations in any combination.
public struct Objective: Sendable {
  package private(set) var kind: any CriterionKind.Type = LeastSquares.self
  package private(set) var regularisations: [any Regularisation] = []

  public init() {}

  /// - Throws: `.argument` with the names there are.
  public init(criterion name: String) throws { try setCriterion(name) }

  /// The name of the criterion.
  public var criterion: String { kind.names[0] }

  /// - Throws: `.argument` with the names there are.
  public mutating func setCriterion(_ name: String) throws { kind = try Criteria.named(name) }

  /// Adds a regularisation, with options as a JSON object.
  /// - Throws: `.argument` with the names there are, or for options that are not right.
  public mutating func addRegularisation(_ name: String, options: [UInt8]) throws {
    regularisations.append(try Regularisations.named(name, options: options))
  }

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
  /// Whether every sequence has a learnt initial state of its own, instead of the network's.
  public var learnsEachStart = false

  public init() {}
}
