import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// sqrt(j C j^T), j = dx/dW: the standard deviation of every output at every time that comes from the weights'
/// uncertainty, by tangents of all weights, a chunk of rows at a time.
struct PredictionDeviation {
  /// sum T x outputs values, as simulated outputs come. NaN where the noise is; infinite where an output depends on
  /// what the data do not determine.
  let values: [Double]

  /// - Parameters:
  ///   - states: where derivatives are taken.
  ///   - slots: the weights, one value a slot.
  init(
    _ shards: Shards, _ states: States, _ columns: Columns, slots: [Double],
    _ combinations: WeightCombinations, poll: Poll
  ) throws {
    let network = shards.network
    let (outputs, steps) = (network.outputCount, shards.totalSteps)
    try MemoryBudget.bytes(doubles: [steps, outputs], for: "deviations of the outputs")
    var values = [Double](repeating: 0, count: steps * outputs)
    let history = try History(shards)
    let nodes = network.outputs.flatMap { item in (0..<item.count).map { (item.group, $0) } }
    let tangents = try TangentRows(shards.all[0].program, history, columns, nodes: nodes)
    tangents.load(slots)
    let products = try DirectionProducts(combinations)
    var targets: [Int] = []
    func flush() throws {
      _ = try tangents.write(into: products.rows, stride: products.count, poll: poll)
      let found = try products.deviations(targets.count, poll: poll)
      for (target, value) in zip(targets, found) { values[target] = value }
      targets.removeAll(keepingCapacity: true)
    }
    for window in history.windows(reach: tangents.reach, isDescending: false) {
      try history.fill(window, states, poll: poll)
      try window.forEach(history.lengths) { sequence, times in
        for t in times {
          tangents.step(sequence, t)
          for k in nodes.indices {
            tangents.ask(k, times: 1)
            targets.append((shards.starts[sequence] + t) * outputs + k)
            if targets.count == products.count { try flush() }
          }
        }
      }
      try flush()
    }
    self.values = values
  }
}

/// Rows j that wait, and the directions that they are multiplied by.
private final class DirectionProducts {
  /// Rows at most.
  let count = 128
  /// The rows, column after column.
  let rows: Buffer
  private let combinations: WeightCombinations
  private let directions: Buffer
  private let products: Buffer

  /// Directions that one thread takes at a time.
  private static let band = 96

  init(_ combinations: WeightCombinations) throws {
    self.combinations = combinations
    let (weights, directions) = (combinations.weights, combinations.deviations.count)
    let what = "deviations of the outputs"
    rows = try Buffer(dimensions: [weights, count], for: what)
    self.directions = try Buffer(dimensions: [directions, weights], for: what)
    products = try Buffer(dimensions: [directions, count], for: what)
    for (k, value) in combinations.directions.enumerated() { self.directions.pointer[k] = value }
  }

  /// Of the first rows.
  func deviations(_ rowCount: Int, poll: Poll) throws -> [Double] {
    let (weights, count) = (combinations.weights, count)
    let all = combinations.deviations.count
    let bands = Reduction(count: (all + Self.band - 1) / Self.band, work: rowCount * all * weights)
    products.zero()
    try bands.forEach(poll: poll) { [rows, directions, products] band, poll in
      let first = band * Self.band
      GeneralProduct.add(
        rows: rowCount, columns: min(Self.band, all - first), depth: weights, scale: 1,
        .init(rows.pointer, row: 1, column: count),
        .init(directions.pointer + first * weights, row: 1, column: weights),
        into: products.pointer + first * count, stride: count)
      try poll()
    }
    return (0..<rowCount).map(deviation)
  }

  /// Of a row's products with all directions.
  ///
  /// A row of an observed value has a length of about 1 in every determined direction and of 0 in the others; one that
  /// has more than `Uncertainty.limit` of that, or of its own length, depends on what is not determined.
  private func deviation(_ row: Int) -> Double {
    var (free, all, variance) = (0.0, 0.0, 0.0)
    for (k, deviation) in combinations.deviations.enumerated() {
      let y = products.pointer[k * count + row]
      let square = y * y
      all += square
      if deviation == .infinity {
        free += square
      } else {
        variance += y * deviation * (y * deviation)
      }
    }
    return free.squareRoot() > Uncertainty.limit * max(1, all.squareRoot())
      ? .infinity : variance.squareRoot()
  }
}
