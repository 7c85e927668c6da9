import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics

/// Which combinations of the weights the data determine: the singular values of the rows of sqrt(W) J and sqrt(D), their
/// columns brought to one length. Not of J^T W J + D, whose eigenvalues are the squares: of these rounding leaves nothing
/// below 1e-16 of the largest, that is 1e-8 of the singular values.
///
/// A weight in other units has a column that is longer or shorter; divided by its length it is the same. So the verdict
/// does not depend on the units of inputs, outputs and states. A combination is determined where it moves the outputs by
/// more than
///
/// - 1e-12 of what the one that moves them most does: rounding makes 1e-15 or so of what should be 0,
/// - 1e-13 of what a change of a weight by the largest of its array (1 at least) does to them at most, times such changes
///   as the combination is made of: a column that is small beside the others may be so by rounding alone.
///
/// A column that is small by rounding must not become long either: lengths below 1e-7 of the most, changes measured so, are
/// divided by that.
struct WeightSpectrum {
  /// The columns that take part, ascending: those not held at a bound.
  let free: [Int]
  /// What each of them is divided by.
  let lengths: [Double]
  /// The columns without any effect.
  private let isSilent: [Bool]
  /// The directions that are determined, and those that are not.
  let determined: [Int]
  let undetermined: [Int]
  private let system: SingularSystem

  private static let shortest = 1e-7
  private static let rounding = 1e-12
  private static let roundingOfChanges = 1e-13

  /// - Parameters:
  ///   - factor: of the rows, in all columns.
  ///   - sizes: of the weights, by column, in whatever units they have.
  ///   - copies: how many times the rows hold each value.
  /// - Throws: `.state` where derivatives are not finite, and what `poll` throws.
  init(
    _ factor: TriangularFactor, free: [Int], sizes: [Double], copies: Int = 1, poll: Poll = .none
  ) throws {
    let share = 1 / Double(copies).squareRoot()
    let own = free.map { share * factor.length($0) }
    guard own.allSatisfy(\.isFinite) else {
      throw BacktuneError.state("uncertainty: the derivatives at these weights overflow")
    }
    let most = zip(free, own).reduce(0) { max($0, sizes[$1.0] * $1.1) }
    let lengths = zip(free, own).map { k, length in
      let scale = max(length, Self.shortest * most / sizes[k])
      return scale > 0 ? scale : 1
    }
    let (rows, columns) = (factor.order, free.count)
    let scaled = try Buffer(dimensions: [rows, columns], for: "spectrum of the weights")
    for (j, column) in free.enumerated() {
      try poll()
      for i in 0...column {
        scaled.pointer[i * columns + j] = share * factor[i, column] / lengths[j]
      }
    }
    let system = try SingularSystem(
      overwriting: scaled, rows: rows, columns: columns, poll: poll)
    // A change of scaled weight i by 1 is one of so much of its size, and this what rounding may make of the most of them.
    let changes = zip(free, lengths).map { Self.roundingOfChanges * most / ($1 * sizes[$0]) }
    let largest = columns > 0 ? system.values.pointer[0] : 0
    func isDetermined(_ k: Int) throws -> Bool {
      try poll()
      let (value, vector) = (system.values.pointer[k], system.vector(k))
      let square = changes.indices.reduce(0.0) {
        $0 + changes[$1] * vector[$1] * changes[$1] * vector[$1]
      }
      return value > max(Self.rounding * largest, square.squareRoot())
    }
    let isKnown = try (0..<columns).map(isDetermined)
    determined = isKnown.indices.filter { isKnown[$0] }
    undetermined = isKnown.indices.filter { !isKnown[$0] }
    (self.free, self.lengths, self.system) = (free, lengths, system)
    isSilent = own.map { $0 == 0 }
  }

  var order: Int { free.count }
  /// Number of combinations that are determined.
  var rank: Int { determined.count }

  /// Of the scaled rows, descending.
  func singularValue(_ k: Int) -> Double { system.values.pointer[k] }

  /// A direction of length 1 in scaled weights, that is weights times `lengths`.
  func direction(_ k: Int) -> UnsafePointer<Double> { system.vector(k) }

  /// The length of a scaled weight's projection on the undetermined directions: 0 determined .. 1 free.
  func freedom(_ i: Int) -> Double {
    if isSilent[i] { return 1 }
    let square = undetermined.reduce(0) { $0 + direction($1)[i] * direction($1)[i] }
    return min(square.squareRoot(), 1)
  }

  /// (J^T W J + D)^+, lower triangle row-major, the next row `stride` further: of the generalised inverses the one that
  /// is shortest in scaled weights.
  func inverse(poll: Poll) throws -> (matrix: Buffer, stride: Int) {
    let (rows, count) = (MatrixKernels.padded(order), MatrixKernels.padded(rank))
    let stride = RowProducts.stride(count)
    let root = try Buffer(dimensions: [rows, stride], for: "covariance of the weights")
    for (column, k) in determined.enumerated() {
      try poll()
      let (vector, value) = (direction(k), singularValue(k))
      for i in 0..<order { root.pointer[i * stride + column] = vector[i] / value / lengths[i] }
    }
    let matrix = try Buffer(dimensions: [rows, rows], for: "covariance of the weights")
    try RowProducts.addGram(
      root.pointer, rows: rows, stride: stride, count: count, into: matrix.pointer, target: rows,
      poll: poll)
    return (matrix, rows)
  }
}
