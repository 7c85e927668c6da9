import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// The local second order of section 2.5 as an approximation of J^T J: for every node system
///
///     M = s A + (d + mu) I,   s = sum of the diagonal of J^T J / sum of that of A
///
/// s being the weight that the node has in the cost, and d the mean of D. A is taken apart in eigenvalues once for all
/// systems that share it, and serves every mu. Slots outside, learnt initial states among them, have a diagonal.
final class NodePreconditioner {
  private let classes: [NodeSystems.Class]
  /// Columns of each system of each class.
  private let columns: [[[Int]]]
  private let others: [Int]
  private let shards: Shards
  private var spectra: [SymmetricSystem] = []
  /// s of each system of each class.
  private var scales: [[Double]] = []
  private var diagonal: [Double] = []
  /// d + mu, column by column.
  private var shifts: [Double] = []
  /// The largest diagonal element of all s A.
  private(set) var largest = 0.0

  /// Values of all matrices at most; classes past it have a diagonal instead.
  private static let room = 1 << 26

  init(_ problem: Problem) throws {
    shards = problem.runner.shards
    // What the node systems need for an entry, about.
    try MemoryBudget.bytes(doubles: [problem.network.entryCount, 16], for: "node systems")
    var used = 0
    classes = NodeSystems(problem.network).classes.filter {
      used += $0.order * $0.order
      return used <= Self.room
    }
    var place = [Int](repeating: -1, count: problem.slots.values.count)
    for (k, slot) in problem.adjustable.enumerated() { place[slot] = k }
    columns = classes.map { $0.systems.map { $0.slots.map { place[$0] } } }
    let known = Set(columns.joined().joined())
    others = problem.adjustable.indices.filter { !known.contains($0) }
  }

  /// Takes states and (an estimate of) the diagonal of J^T J.
  func update(_ states: States, diagonal: [Double], poll: Poll) throws {
    let matrices = NormalMatrices(states, shards)
    (spectra, scales, largest) = ([], [], 0)
    // A single estimate may be far too small.
    let mean = others.reduce(0) { $0 + diagonal[$1] } / Double(max(others.count, 1))
    self.diagonal = diagonal.map { max($0, mean) }
    for k in others { largest = max(largest, self.diagonal[k]) }
    for (item, columns) in zip(classes, columns) {
      let matrix = try matrices.shared(item, poll: poll)
      let own = (0..<item.order).map { matrix.pointer[$0 * (item.order + 1)] }
      // States near overflow: no step.
      guard own.allSatisfy(\.isFinite) else {
        largest = .infinity
        return
      }
      spectra.append(
        try SymmetricSystem(copying: matrix.pointer, order: item.order, poll: poll))
      try poll()
      let trace = own.reduce(0, +)
      let scales = columns.map { list in
        trace > 0 ? list.reduce(0) { $0 + diagonal[$1] } / trace : 0
      }
      largest = max(largest, (own.max() ?? 0) * (scales.max() ?? 0))
      self.scales.append(scales)
    }
  }

  /// Takes D and mu > 0.
  func damp(_ damping: Double, _ curvature: [Double]?) {
    shifts = diagonal.indices.map { damping + (curvature?[$0] ?? 0) }
  }

  /// M^-1 r, as the first process has it.
  func apply(_ r: [Double]) -> [Double] {
    let own = solve(r)
    return shards.processes.first(own, count: own.count) ?? own
  }

  private func solve(_ r: [Double]) -> [Double] {
    var result = r
    for k in others { result[k] = r[k] / (diagonal[k] + shifts[k]) }
    for c in classes.indices {
      let order = classes[c].order
      var (b, x) = ([Double](repeating: 0, count: order), [Double](repeating: 0, count: order))
      for (list, scale) in zip(columns[c], scales[c]) {
        var shift = 0.0
        for (d, k) in list.enumerated() {
          b[d] = r[k]
          shift += shifts[k]
        }
        spectra[c].solve(b, scale: scale, shift: shift / Double(order), into: &x)
        for (d, k) in list.enumerated() { result[k] = x[d] }
      }
    }
    return result
  }
}
