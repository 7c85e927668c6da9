import BacktuneNetwork
import BacktuneNumerics

/// What was measured of groups of a network, and how far ahead the network is simulated freely: 2.12 of the design.
package struct Measurements: Sendable {
  /// Of each group, sum T x size, NaN where it is not known.
  package let values: [GroupID: [Double]]
  /// Steps of the blocks of free simulation of every sequence, 1 or more.
  package let horizons: [Double]

  package init(_ values: [GroupID: [Double]], horizons: [Double]) {
    (self.values, self.horizons) = (values, horizons)
  }

  /// The values of outputs, and those that are given for other groups.
  ///
  /// - Parameters:
  ///   - outputs: sum T x O, NaN where not known; nil where nothing is.
  ///   - others: of groups, sum T x size; they go before outputs.
  ///   - unit: what is taken from the values of a node, and what divides them.
  package init(
    _ network: Network, outputs: UnsafeBufferPointer<Double>?, others: [GroupID: [Double]] = [:],
    steps: Int, horizons: [Double],
    unit: (GroupID, Int) -> (mean: Double, scale: Double) = { _, _ in (0, 1) }
  ) throws {
    var values: [GroupID: [Double]] = [:]
    for (group, _) in network.measuredSources {
      let size = network.size(of: group)
      try MemoryBudget.bytes(doubles: [steps, size], for: "measured values")
      let units = (0..<size).map { unit(group, $0) }
      if let given = others[group] {
        values[group] = given.indices.map {
          (given[$0] - units[$0 % size].mean) / units[$0 % size].scale
        }
        continue
      }
      guard let outputs, let observed = network.outputs.first(where: { $0.group == group })
      else { continue }
      let first = network.outputs.prefix { $0.group != group }.reduce(0) { $0 + $1.count }
      let stride = network.outputCount
      var own = [Double](repeating: .nan, count: steps * size)
      for t in 0..<steps {
        for k in 0..<observed.count {
          own[t * size + k] = (outputs[t * stride + first + k] - units[k].mean) / units[k].scale
        }
      }
      values[group] = own
    }
    self.init(values, horizons: horizons)
  }

  /// Writes those of the times `first` ... of a sequence as t = 0 ... of a trajectory.
  ///
  /// - Parameters:
  ///   - start: the first step of the sequence where all stand one after the other.
  ///   - horizon: nil for that of the sequence.
  func write(
    _ trajectory: Trajectory, sequence: Int, start: Int, first: Int, steps: Int, lane: Int,
    horizon: Double? = nil
  ) {
    let (layout, horizon) = (trajectory.layout, horizon ?? horizons[sequence])
    let (lanes, size) = (layout.lanes, layout.rowSize)
    let ages = trajectory.origin + layout.agePlace + lane
    for t in 0..<steps {
      let time = Double(first + t)
      ages[t * size] = horizon.isFinite ? time.truncatingRemainder(dividingBy: horizon) : time
    }
    for group in layout.measured {
      let place = trajectory.origin + layout.place(ofMeasured: group) + lane
      let known = values[group]
      let nodes = layout.measuredSize(of: group)
      for t in 0..<steps {
        for node in 0..<nodes {
          place[t * size + node * lanes] = known?[(start + first + t) * nodes + node] ?? .nan
        }
      }
    }
  }
}

extension Trajectory {
  /// Nothing was measured before t = 0.
  package func forgetMeasured() { forgetMeasured(-layout.past..<0) }

  /// Nothing is known at these times.
  func forgetMeasured(_ times: Range<Int>) {
    for group in layout.measured {
      let count = layout.measuredSize(of: group) * layout.lanes
      for t in times {
        (row(t) + layout.place(ofMeasured: group)).update(repeating: .nan, count: count)
      }
    }
  }
}
