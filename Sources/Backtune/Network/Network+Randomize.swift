import BacktuneNumerics

extension Network {
  /// Draws every free weight anew: normal with deviation 0.5/sqrt(fan-in), where the fan-in of a node counts its
  /// sources over all connections, bias not counted (of a shared weight: the largest fan-in it serves); uniform in
  /// the range of its array where it has one (a leak: [0, 0.5]); uniform inside the bounds where both are finite;
  /// reflected into a one-sided bound. Each array has its own stream, named by it: the same seed gives the same
  /// bits, whatever other arrays there are.
  public mutating func randomize(seed: UInt64) {
    let fanIn = slotFanIn()
    drawSeed = seed
    slots.forgetDraw()
    for array in arrays {
      var stream = RandomStream(seed: seed, name: array.name)
      for slot in array.slots {
        let (lower, upper) = (slots.lower[slot], slots.upper[slot])
        var value: Double
        if case .uniform(let low, let high) = array.draw {
          value = stream.uniform(in: low, high)
        } else if lower.isFinite && upper.isFinite {
          value = stream.uniform(in: lower, upper)
        } else {
          value = stream.normal() * 0.5 / Double(max(fanIn[slot], 1)).squareRoot()
          if value < lower { value = 2 * lower - value }
          if value > upper { value = 2 * upper - value }
          // Reflected in a bound near the largest number.
          if !value.isFinite { value = lower.isFinite ? lower : upper }
        }
        // Drawn even where fixed, so that fixing one weight does not change the others.
        if !slots.isFixed[slot] {
          (slots.values[slot], slots.origins[slot]) = (min(max(value, lower), upper), .drawn)
        }
      }
    }
  }

  /// For each slot, the number of sources of the node it feeds.
  private func slotFanIn() -> [Int] {
    var result = [Int](repeating: 0, count: slots.values.count)
    for target in groups.indices {
      guard case .learnware(let learnware) = groups[target].body else { continue }
      // Of linked nodes alone: a group may have far more nodes than there is memory for.
      var nodeFanIn: [Int: Int] = [:]
      for connection in learnware.connections {
        forEachLink(of: connection, to: target) { nodeFanIn[$0.node, default: 0] += 1 }
      }
      for connection in learnware.connections {
        forEachLink(of: connection, to: target) {
          result[$0.slot] = max(result[$0.slot], nodeFanIn[$0.node, default: 0])
        }
      }
      if let bias = learnware.bias {
        for (node, slot) in biasSlots(bias, size: groups[target].size).enumerated() {
          result[slot] = max(result[slot], nodeFanIn[node, default: 0])
        }
      }
    }
    return result
  }
}
