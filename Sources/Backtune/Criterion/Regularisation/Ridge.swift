import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum W^2: small weights, against divergence on inputs that were not seen. Options: `strength`, `weights` (names; by
/// default those of all connections between different nodes, biases and leaks not).
package struct Ridge: Regularisation, WeightTerm {
  package static let name = "ridge"
  private let strength: Double
  package let weights: [String]?
  package let removesWeights = false
  package let usesDataUnits: Bool
  package private(set) var slots: [Int] = []

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    weights = try options.names("weights")
    usesDataUnits = try options.usesDataUnits()
  }

  package func makeTerm(_ network: Network) throws -> RegularisationTerm {
    var term = self
    term.slots = try network.regularisedSlots(weights)
    return .weights(term)
  }

  package func value(_ weight: Double) -> Double { strength * weight * weight }
  package func slope(_ weight: Double) -> Double { 2 * strength * weight }
  package func curvature(_ weight: Double) -> Double { 2 * strength }
}
