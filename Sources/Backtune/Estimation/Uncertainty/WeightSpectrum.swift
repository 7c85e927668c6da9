import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics

/// Which combinations of the weights the data determine: the spectrum of J^T W J + D, its columns brought to one length.
///
/// A weight in other units has a column that is longer or shorter; divided by its length it is the same. So the verdict
/// does not depend on the units of inputs, outputs and states. Of the scaled matrix, whose diagonal is 1, eigenvalues below
/// 1e-12 of the largest are rounding errors: they are squares of singular values of J, and sums of products that are
/// right to 1e-16 or so of the diagonal each.
///
/// A column must not become large by that which is small beside the others by rounding only: what a change of a weight by
/// the largest of its array (1 at least) does is measured against what the others do, and lengths below 1e-7 of the most
/// are divided by that. With the limit on the spectrum a weight is thus undetermined when it moves the outputs by less
/// than 1e-13 of what others do.
struct WeightSpectrum {
  /// The columns that take part, ascending: those not held at a bound.
  let free: [Int]
  /// What each of them is divided by.
  let lengths: [Double]
  private let system: SymmetricSystem

  private static let shortest = 1e-7

  /// - Parameters:
  ///   - curvature: D, one value a column.
  ///   - sizes: of the weights, by column, in whatever units they have.
  /// - Throws: `.state` where derivatives are not finite.
  init(
    _ equations: NormalEquations, curvature: [Double]?, free: [Int], sizes: [Double]
  ) throws {
    let (gram, stride) = (equations.gram.pointer, equations.stride)
    let diagonal = free.map { gram[$0 * (stride + 1)] + (curvature?[$0] ?? 0) }
    guard diagonal.allSatisfy(\.isFinite) else {
      throw BacktuneError.state("uncertainty: the derivatives at these weights overflow")
    }
    let reach = zip(free, diagonal).map { sizes[$0] * $1.squareRoot() }
    let least = Self.shortest * (reach.max() ?? 0)
    let lengths = zip(free, diagonal).map { k, value in
      let length = max(value.squareRoot(), least / sizes[k])
      return length > 0 ? length : 1
    }
    let order = free.count
    let scaled = try Buffer(dimensions: [order, order], for: "spectrum of the weights")
    for (i, row) in free.enumerated() {
      for j in 0...i {
        let column = free[j]
        var value = i == j ? diagonal[i] : gram[row * stride + column]
        value /= lengths[i]
        scaled.pointer[j * order + i] = value / lengths[j]
      }
    }
    system = try SymmetricSystem(copying: scaled.pointer, order: order)
    (self.free, self.lengths) = (free, lengths)
  }

  var order: Int { free.count }
  /// Number of combinations that are determined.
  var rank: Int { system.rank }
  /// The directions that are not determined, then those that are.
  var undetermined: Range<Int> { 0..<order - rank }
  var determined: Range<Int> { order - rank..<order }

  /// Of the scaled matrix, ascending.
  func eigenvalue(_ k: Int) -> Double { system.spectrum.pointer[k] }

  /// A direction of length 1 in scaled weights, that is weights times `lengths`.
  func direction(_ k: Int) -> UnsafePointer<Double> { system.eigenvector(k) }

  /// The length of a scaled weight's projection on the undetermined directions: 0 determined .. 1 free.
  func freedom(_ i: Int) -> Double {
    let square = undetermined.reduce(0) { $0 + direction($1)[i] * direction($1)[i] }
    return min(square.squareRoot(), 1)
  }

  /// (J^T W J + D)^+, lower triangle row-major, the next row `stride` further: of the generalised inverses the one that
  /// is shortest in scaled weights.
  func inverse() throws -> (matrix: Buffer, stride: Int) {
    let (rows, count) = (MatrixKernels.padded(order), MatrixKernels.padded(rank))
    let stride = RowProducts.stride(count)
    let root = try Buffer(dimensions: [rows, stride], for: "covariance of the weights")
    for (column, k) in determined.enumerated() {
      let (vector, scale) = (direction(k), 1 / eigenvalue(k).squareRoot())
      for i in 0..<order { root.pointer[i * stride + column] = scale * vector[i] / lengths[i] }
    }
    let matrix = try Buffer(dimensions: [rows, rows], for: "covariance of the weights")
    RowProducts.addGram(
      root.pointer, rows: rows, stride: stride, count: count, into: matrix.pointer, target: rows
    ) {}
    return (matrix, rows)
  }
}
