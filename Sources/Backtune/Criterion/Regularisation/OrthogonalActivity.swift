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

  package func makeTerm(
    _ network: Network, _ batch: Batch, _ layout: Layout
  ) throws -> RegularisationTerm {
    .activity(
      try ActivityProducts(
        driven: try network.activityGroups(groups, for: "regularisation \(Self.name)"),
        strength: strength, batch: batch, layout: layout))
  }
}

/// The products sum_t x_n x_n' of all nodes of some groups, sums over t running over all sequences.
struct ActivityProducts: ActivityTerm, GlobalTerm {
  let driven: [Observed]
  private let strength: Double
  private let batch: Batch
  /// Places of the nodes in a row.
  private let places: [Int]
  private let products: Buffer

  init(driven: [Observed], strength: Double, batch: Batch, layout: Layout) throws {
    self.driven = driven
    self.strength = strength
    self.batch = batch
    places = driven.flatMap { item in
      (0..<item.count).map { (layout.offset(of: item.group) + $0) * layout.lanes }
    }
    products = try Buffer(dimensions: [places.count, places.count], for: "products of activities")
  }

  func value(_ states: Trajectory) -> Double {
    form(states, states)
    return strength * squares / 2
  }

  func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
    form(states, states)
    addSlopes(of: states, into: slopes)
  }

  /// None of one value at a time.
  func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {}

  /// Pairs of nodes.
  var residualCount: Int { places.count * (places.count - 1) / 2 }

  func residuals(_ states: Trajectory) -> [(weight: Double, residual: Double)] {
    form(states, states)
    return (0..<residualCount).map {
      let (n, m) = pair($0)
      return (2 * strength, products.pointer[n * places.count + m])
    }
  }

  func addDerivative(
    of k: Int, times c: Double, _ states: Trajectory, into slopes: Trajectory
  ) {
    let (n, m) = pair(k)
    let size = states.layout.rowSize
    for t in 0..<batch.steps {
      for lane in 0..<batch.active[t] {
        let (x, slope) = (states.origin + t * size + lane, slopes.origin + t * size + lane)
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
  var squares: Double {
    (0..<products.count).reduce(0) { $0 + products.pointer[$1] * products.pointer[$1] }
  }

  /// products[n][n'] = sum_t x_n y_n', 0 on the diagonal.
  func form(_ states: Trajectory, _ previous: Trajectory) {
    products.zero()
    let (count, target, size) = (places.count, products.pointer, states.layout.rowSize)
    places.withUnsafeBufferPointer { places in
      for t in 0..<batch.steps {
        for lane in 0..<batch.active[t] {
          let x = states.origin + t * size + lane
          let y = previous.origin + t * size + lane
          for n in 0..<count {
            let value = x[places[n]]
            for m in 0..<count { target[n * count + m] += value * y[places[m]] }
          }
        }
      }
    }
    for n in 0..<count { target[n * count + n] = 0 }
  }

  /// 2 s sum_n' products[n][n'] y_n'(t), once the products are formed.
  func addSlopes(of previous: Trajectory, into slopes: Trajectory) {
    let (count, source, size) = (places.count, products.pointer, previous.layout.rowSize)
    places.withUnsafeBufferPointer { places in
      for t in 0..<batch.steps {
        for lane in 0..<batch.active[t] {
          let y = previous.origin + t * size + lane
          let target = slopes.origin + t * size + lane
          for n in 0..<count {
            var sum = 0.0
            for m in 0..<count { sum += source[n * count + m] * y[places[m]] }
            target[places[n]] += 2 * strength * sum
          }
        }
      }
    }
  }
}
