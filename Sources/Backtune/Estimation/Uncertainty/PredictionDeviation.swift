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
  ///   - history: of the states where derivatives are taken.
  ///   - slots: the weights, one value a slot.
  init(
    _ shards: Shards, _ history: History, _ columns: Columns, slots: [Double],
    _ combinations: WeightCombinations, poll: Poll
  ) throws {
    let network = shards.network
    let (outputs, steps) = (network.outputCount, shards.totalSteps)
    var values = try [Double].zeros([steps, outputs], for: "deviations of the outputs")
    var chunk = try Chunk(combinations)
    let tangents = try TangentRows(shards.all[0].program, history, columns)
    tangents.load(slots)
    let places = network.outputs.flatMap { item in
      (0..<item.count).map { tangents.place(item.group, $0) }
    }
    for (sequence, first) in shards.starts.enumerated() {
      func take(_ t: Int, _ row: UnsafeMutablePointer<Double>) throws {
        for (k, place) in places.enumerated() {
          if chunk.append(row + place, to: (first + t) * outputs + k, &values) { try poll() }
        }
      }
      try tangents.run(sequence: sequence, poll: poll, take)
    }
    chunk.finish(&values)
    self.values = values
  }

  /// Rows j that wait, and the directions that they are multiplied by.
  private struct Chunk {
    private let deviations: [Double]
    private let weights: Int
    private let rows: Int
    private let stride: Int
    private let count: Int
    private let columns: Int
    private let lines: Buffer
    private let directions: Buffer
    private let products: Buffer
    private var targets: [Int] = []

    /// Products of a chunk: less than 50 ms.
    private static let work = 64_000_000

    init(_ combinations: WeightCombinations) throws {
      deviations = combinations.deviations
      weights = combinations.weights
      count = MatrixKernels.padded(weights)
      (columns, stride) = (MatrixKernels.padded(deviations.count), RowProducts.stride(count))
      rows = min(max(Self.work / max(columns * count, 1) / 4 * 4, 4), 64)
      let what = "deviations of the outputs"
      lines = try Buffer(dimensions: [rows, stride], for: what)
      directions = try Buffer(dimensions: [columns, stride], for: what)
      products = try Buffer(dimensions: [rows, columns], for: what)
      combinations.directions.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        for k in deviations.indices {
          (directions.pointer + k * stride).update(from: base + k * weights, count: weights)
        }
      }
    }

    /// Takes a row of the Jacobian, of the value number `target`.
    /// - Returns: whether those that waited were worked on.
    mutating func append(
      _ row: UnsafePointer<Double>, to target: Int, _ values: inout [Double]
    ) -> Bool {
      (lines.pointer + targets.count * stride).update(from: row, count: weights)
      targets.append(target)
      if targets.count == rows { finish(&values) }
      return targets.isEmpty
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
      targets.removeAll(keepingCapacity: true)
    }

    /// Of a row's products with all directions.
    ///
    /// A row of an observed value has a length of about 1 in every determined direction and of 0 in the others; one that
    /// has more than `Uncertainty.limit` of that, or of its own length, depends on what is not determined.
    private func deviation(_ y: UnsafePointer<Double>) -> Double {
      var (free, all, variance) = (0.0, 0.0, 0.0)
      for (k, deviation) in deviations.enumerated() {
        let square = y[k] * y[k]
        all += square
        if deviation == .infinity {
          free += square
        } else {
          variance += y[k] * deviation * (y[k] * deviation)
        }
      }
      return free.squareRoot() > Uncertainty.limit * max(1, all.squareRoot())
        ? .infinity : variance.squareRoot()
    }
  }
}
