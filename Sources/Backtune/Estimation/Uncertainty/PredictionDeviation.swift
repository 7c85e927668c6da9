import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// sqrt(j C j^T), j = dx/dW: the standard deviation of every output at every time that comes from the weights'
/// uncertainty, by tangents of all weights, a chunk of rows at a time.
struct PredictionDeviation {
  /// sum T x outputs values, as simulated outputs come. NaN where the noise is; infinite where an output depends on
  /// what the data do not determine.
  let values: [Double]

  private static let chunkRows = 64

  init(_ problem: Problem, _ found: WeightInformation) throws {
    let outputs = problem.network.outputCount
    try MemoryBudget.bytes(
      doubles: [problem.batch.totalSteps, outputs], for: "deviations of the outputs")
    var values = [Double](repeating: 0, count: problem.batch.totalSteps * outputs)
    var chunk = try Chunk(found, rows: Self.chunkRows)
    let tangents = try TangentRows(
      problem.plan, found.rows.history, found.rows.columns)
    tangents.load(found.slots)
    let places = problem.network.outputs.flatMap { item in
      (0..<item.count).map { tangents.place(item.group, $0) }
    }
    for (sequence, first) in problem.batch.starts.enumerated() {
      func take(_ t: Int, _ row: UnsafeMutablePointer<Double>) {
        for (k, place) in places.enumerated() {
          chunk.append(row + place, to: (first + t) * outputs + k, &values)
        }
      }
      try tangents.run(sequence: sequence, poll: {}, take)
    }
    chunk.finish(&values)
    self.values = values
  }

  /// Rows j that wait, in scaled weights, and the directions that they are multiplied by.
  private struct Chunk {
    private let spectrum: WeightSpectrum
    private let noise: Double
    private let least: Double
    private let rows: Int
    private let stride: Int
    private let count: Int
    private let lines: Buffer
    private let directions: Buffer
    private let products: Buffer
    private let columns: Int
    private var targets: [Int] = []

    init(_ found: WeightInformation, rows: Int) throws {
      spectrum = found.spectrum
      noise = found.noise
      least = 1 / Double(max(found.observed, 1)).squareRoot()
      self.rows = rows
      let order = spectrum.order
      count = MatrixKernels.padded(order)
      (columns, stride) = (count, RowProducts.stride(count))
      let what = "deviations of the outputs"
      lines = try Buffer(dimensions: [rows, stride], for: what)
      directions = try Buffer(dimensions: [columns, stride], for: what)
      products = try Buffer(dimensions: [rows, columns], for: what)
      for k in 0..<order {
        (directions.pointer + k * stride).update(from: spectrum.direction(k), count: order)
      }
    }

    /// Takes a row of the Jacobian, of the value number `target`.
    mutating func append(
      _ row: UnsafePointer<Double>, to target: Int, _ values: inout [Double]
    ) {
      let line = lines.pointer + targets.count * stride
      for (i, column) in spectrum.free.enumerated() { line[i] = row[column] / spectrum.lengths[i] }
      targets.append(target)
      if targets.count == rows { finish(&values) }
    }

    /// Writes the deviations of the rows that wait.
    mutating func finish(_ values: inout [Double]) {
      products.zero()
      RowProducts.addProducts(
        lines.pointer, rows: MatrixKernels.padded(targets.count), directions.pointer,
        columns: columns, stride: stride, count: count, into: products.pointer, target: columns)
      for (row, target) in targets.enumerated() {
        values[target] = deviation(products.pointer + row * columns)
      }
      targets = []
    }

    /// Of a row's products with all directions.
    ///
    /// A row of an observed value has a length of about 1/sqrt(n) in every determined direction and of 0 in the others;
    /// one that has more than `Uncertainty.limit` of that, or of its own length, depends on what is not determined.
    private func deviation(_ y: UnsafePointer<Double>) -> Double {
      let free = spectrum.undetermined.reduce(0) { $0 + y[$1] * y[$1] }
      let (sum, variance) = spectrum.determined.reduce((0.0, 0.0)) {
        let value = y[$1] / spectrum.singularValue($1)
        return ($0.0 + y[$1] * y[$1], $0.1 + value * value)
      }
      if free.squareRoot() > Uncertainty.limit * max(least, (sum + free).squareRoot()) {
        return .infinity
      }
      return noise * variance.squareRoot()
    }
  }
}
