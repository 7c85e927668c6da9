import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// s sum_n sum_{n' != n} (sum_t x_n x^_n')^2: activities that are orthogonal over time. Costs are those of half of it with
/// x for x^, whose slopes are the same. Options: `strength`, `groups` (names; by default those read at a lag of 1 or
/// more), all of which are taken together.
package struct OrthogonalActivity: Regularisation {
  package static let name = "orthogonal-activity"
  private let strength: Double
  package let groups: [String]?

  package init(options: inout JSONOptions) throws {
    strength = try options.strength()
    groups = try options.names("groups")
  }

  package func makeTerm(_ network: Network) throws -> RegularisationTerm {
    .activity(
      ActivityProducts(
        driven: try network.activityGroups(groups, for: "regularisation \(Self.name)"),
        strength: strength))
  }
}

/// The products sum_t x_n x_n' of all nodes of some groups, sums over t running over all sequences.
final class ActivityProducts: ActivityTerm, GlobalTerm {
  let driven: [Observed]
  private let strength: Double
  private var runner: ShardRunner?
  private let order: Int
  /// Row by row, 0 on the diagonal.
  private var products: [Double] = []

  init(driven: [Observed], strength: Double) {
    (self.driven, self.strength) = (driven, strength)
    order = driven.reduce(0) { $0 + $1.count }
  }

  func begin(_ runner: ShardRunner) throws {
    try MemoryBudget.bytes(
      doubles: [order, order, runner.shards.count + 1], for: "products of activities")
    self.runner = runner
  }

  func value(_ states: Driven) -> Double {
    form(states, states)
    return strength * squares / 2
  }

  func addSlopes(_ states: Driven, into slopes: Driven) {
    form(states, states)
    addSlopes(of: states, into: slopes)
  }

  /// None of one value at a time.
  func addCurvatures(_ states: Driven, into curvatures: Driven) {}

  /// Pairs of nodes.
  var residualCount: Int { order * (order - 1) / 2 }

  func residuals(_ states: Driven) -> [(weight: Double, residual: Double)] {
    form(states, states)
    return (0..<residualCount).map {
      let (n, m) = pair($0)
      return (2 * strength, products[n * order + m])
    }
  }

  func addDerivative(of k: Int, times c: Double, _ states: Driven, into slopes: Driven) {
    let (n, m) = pair(k)
    runner?.reduction.each { [self] part in
      forEachStep(part) { row, places in
        let (x, slope) = (states.parts[part].origin + row, slopes.parts[part].origin + row)
        slope[places[n]] += c * x[places[m]]
        slope[places[m]] += c * x[places[n]]
      }
    }
  }

  /// Nodes m < n of pair number k = n (n - 1) / 2 + m.
  private func pair(_ k: Int) -> (Int, Int) {
    var n = Int((1 + Double(1 + 8 * k).squareRoot()) / 2)
    // The root may round either way.
    while n * (n - 1) / 2 > k { n -= 1 }
    while n * (n + 1) / 2 <= k { n += 1 }
    return (n, k - n * (n - 1) / 2)
  }

  /// The sum of the squares of the products.
  var squares: Double { products.reduce(0) { $0 + $1 * $1 } }

  /// products[n][n'] = sum_t x_n y_n', 0 on the diagonal.
  func form(_ states: Driven, _ previous: Driven) {
    let order = order
    products =
      runner?.reduction.sums(order * order) { [self] part, target in
        forEachStep(part) { row, places in
          let (x, y) = (states.parts[part].origin + row, previous.parts[part].origin + row)
          for n in 0..<order {
            let value = x[places[n]]
            for m in 0..<order { target[n * order + m] += value * y[places[m]] }
          }
        }
      } ?? []
    for n in 0..<order where !products.isEmpty { products[n * (order + 1)] = 0 }
  }

  /// 2 s sum_n' products[n][n'] y_n'(t), once the products are formed.
  func addSlopes(of previous: Driven, into slopes: Driven) {
    let order = order
    products.withUnsafeBufferPointer { source in
      runner?.reduction.each { [self] part in
        forEachStep(part) { row, places in
          let (y, target) = (previous.parts[part].origin + row, slopes.parts[part].origin + row)
          for n in 0..<order {
            var sum = 0.0
            for m in 0..<order { sum += source[n * order + m] * y[places[m]] }
            target[places[n]] += 2 * strength * sum
          }
        }
      }
    }
  }

  /// Calls `body(place of a step and lane, places of the nodes from there)`.
  @inline(__always)
  private func forEachStep(_ part: Int, _ body: (Int, UnsafeBufferPointer<Int>) -> Void) {
    guard let runner else { return }
    let (layout, batch) = (runner.layout(part), runner.shards.all[part].batch)
    let places = driven.flatMap { item in
      (0..<item.count).map { layout.place(of: item.group, $0) }
    }
    places.withUnsafeBufferPointer { places in
      for t in 0..<batch.steps {
        for lane in 0..<batch.active[t] { body(t * layout.rowSize + lane, places) }
      }
    }
  }
}
