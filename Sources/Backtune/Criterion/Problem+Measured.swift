import BacktuneNetwork
import BacktuneSimulation

extension Problem {
  /// Whether a group is measured, and its source plays no part in it at any time that the cost depends on: what it reads
  /// lies before the blocks of free simulation and is known. Before t = 0 it is given, measured or not.
  package func isAlwaysMeasured(_ group: GroupID) -> Bool {
    guard case .measured(let body) = network.groups[group].body, let measurements,
      let values = measurements.values[body.source.group]
    else { return false }
    let (lag, size) = (body.source.lag, network.size(of: group))
    guard body.isInput || measurements.horizons.allSatisfy({ $0 <= Double(lag) }) else {
      return false
    }
    var first = 0
    for length in sequences.lengths {
      let end = first + sequences.observedSteps(first..<first + length) - lag
      if end > first, values[first * size..<end * size].contains(where: \.isNaN) { return false }
      first += length
    }
    return true
  }
}
