import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum W^2 / (eps + |W^|), which majorises 2 s (|W| - eps log(1 + |W|/eps)): it brings weights to zero, and those that
/// came near are taken away at the end. Options: `strength`, `eps` (1e-5), `weights` (names; by default those of all
/// connections between different nodes, biases and leaks not), `remove` (true).
package struct SparseWeights: Regularisation, WeightTerm {
  package static let name = "sparse-weights"
  private let strength: Double
  private let eps: Double
  package let weights: [String]?
  package let removesWeights: Bool
  package let usesDataUnits: Bool
  package private(set) var slots: [Int] = []

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    eps = try options.number("eps", in: 1e-100...1e100) ?? 1e-5
    weights = try options.names("weights")
    usesDataUnits = try options.usesDataUnits()
    removesWeights = try options.bool("remove", default: true)
  }

  package func makeTerm(_ network: Network) throws -> RegularisationTerm {
    var term = self
    term.slots = try network.regularisedSlots(weights)
    return .weights(term)
  }

  package func value(_ weight: Double) -> Double { 2 * strength * smoothedMagnitude(weight, eps) }

  package func slope(_ weight: Double) -> Double { curvature(weight) * weight }

  package func curvature(_ weight: Double) -> Double { 2 * strength / (eps + abs(weight)) }
}
