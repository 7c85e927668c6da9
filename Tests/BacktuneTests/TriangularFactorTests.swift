import Testing

@testable import BacktuneNumerics

/// QR factors of rows that come in chunks, and singular values, against products and closed forms.
@Suite struct TriangularFactorTests {
  /// Column after column, `stride` apart.
  private static func chunk(_ rows: [[Double]], stride: Int) -> [Double] {
    let columns = rows.first?.count ?? 0
    var chunk = [Double](repeating: .nan, count: columns * stride)
    for (i, row) in rows.enumerated() {
      for (j, value) in row.enumerated() { chunk[j * stride + i] = value }
    }
    return chunk
  }

  private static func factor(
    _ rows: [[Double]], columns: Int, chunks: [Int]
  ) throws -> TriangularFactor {
    let factor = try TriangularFactor(order: columns)
    var first = 0
    for count in chunks {
      let stride = count + 3
      var values = chunk(Array(rows[first..<first + count]), stride: stride)
      if !values.isEmpty { try factor.append(&values, count: count, stride: stride) }
      first += count
    }
    return factor
  }

  private static func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> [[Double]] {
    let draw = Build.normal(rows * columns, seed: seed)
    return (0..<rows).map { Array(draw[$0 * columns..<($0 + 1) * columns]) }
  }

  /// R^T R = A^T A, however the rows are cut, fewer than columns too; columns in units far apart.
  @Test(arguments: [[5, 1, 30], [36], [2, 1], [300]], [1, 7, 50, 150])
  func products(chunks: [Int], columns: Int) throws {
    let units = (0..<columns).map { [1, 1e-90, 1e90][$0 % 3] }
    let rows = Self.normal(chunks.reduce(0, +), columns, seed: 3).map { zip($0, units).map(*) }
    let factor = try Self.factor(rows, columns: columns, chunks: chunks)
    for j in 0..<columns {
      let length = rows.reduce(0) { $0 + $1[j] / units[j] * $1[j] / units[j] }.squareRoot()
      #expect(abs(factor.length(j) / units[j] - length) <= 1e-14 * length)
      for i in 0...j {
        #expect(i == j || factor[j, i] == 0)
        let expected = rows.reduce(0) { $0 + $1[i] / units[i] * $1[j] / units[j] }
        let found = (0...i).reduce(0) { $0 + factor[$1, i] / units[i] * factor[$1, j] / units[j] }
        #expect(abs(found - expected) <= 1e-13 * Double(rows.count))
      }
    }
    factor.clear()
    #expect(factor.length(0) == 0)
  }

  /// Diagonal rows add their squares to the diagonal of A^T A.
  @Test(arguments: [1, 6, 40]) func diagonal(columns: Int) throws {
    let rows = Self.normal(10, columns, seed: 4)
    let diagonal = (0..<columns).map { Double($0 % 4) }
    let factor = try Self.factor(rows, columns: columns, chunks: [10])
    try factor.append(diagonal: diagonal)
    for j in 0..<columns {
      for i in 0...j {
        let expected =
          rows.reduce(0) { $0 + $1[i] * $1[j] } + (i == j ? diagonal[i] * diagonal[i] : 0)
        let found = (0...i).reduce(0) { $0 + factor[$1, i] * factor[$1, j] }
        #expect(abs(found - expected) <= 1e-12)
      }
    }
  }

  @Test func lengthsDoNotOverflow() throws {
    let factor = try Self.factor([[3e200, 0], [4e200, 0]], columns: 2, chunks: [2])
    #expect(abs(factor.length(0) / 5e200 - 1) < 1e-15 && factor.length(1) == 0)
    let bad = try Self.factor([[1, .infinity], [1, 1]], columns: 2, chunks: [2])
    #expect(!bad.length(1).isFinite)
  }

  /// The matrix of Lauchli: a row of ones above delta I. Its singular values are sqrt(n + delta^2) and delta; in A^T A, whose
  /// diagonal 1 + delta^2 is rounded to 1, nothing is left of delta.
  @Test(arguments: [1e-6, 1e-9, 1e-12]) func smallSingularValues(delta: Double) throws {
    let n = 6
    let rows =
      [[Double](repeating: 1, count: n)]
      + (0..<n).map { i in (0..<n).map { $0 == i ? delta : 0 } }
    let factor = try Self.factor(rows, columns: n, chunks: [4, 3])
    let matrix = try Self.buffer((0..<n * n).map { factor[$0 / n, $0 % n] })
    let system = try SingularSystem(overwriting: matrix, rows: n, columns: n)
    let values = (0..<n).map { system.values.pointer[$0] }
    #expect(abs(values[0] / (Double(n) + delta * delta).squareRoot() - 1) < 1e-15)
    for value in values[1...] { #expect(abs(value - delta) < 1e-15) }
    // Directions of length 1, orthogonal; the others add up to zero.
    for k in 0..<n {
      for l in 0...k {
        let product = (0..<n).reduce(0) { $0 + system.vector(k)[$1] * system.vector(l)[$1] }
        #expect(abs(product - (k == l ? 1 : 0)) < 1e-14)
      }
      let sum = (0..<n).reduce(0) { $0 + system.vector(k)[$1] }
      if k > 0 { #expect(abs(sum) < 1e-15 / delta) }
    }
  }

  /// More rows than columns; no columns; values that are not finite.
  @Test func shapes() throws {
    let tall = try Self.buffer([3, 0, 0, 4, 0, 0])
    let system = try SingularSystem(overwriting: tall, rows: 3, columns: 2)
    #expect(system.values.pointer[0] == 4 && system.values.pointer[1] == 3)
    #expect(abs(system.vector(0)[1]) == 1 && abs(system.vector(1)[0]) == 1)
    let none = try Self.buffer([0])
    #expect(try SingularSystem(overwriting: none, rows: 3, columns: 0).columns == 0)
    let bad = try Self.buffer([1, .nan])
    #expect(throws: BacktuneError.self) {
      try SingularSystem(overwriting: bad, rows: 2, columns: 1)
    }
  }

  private static func buffer(_ values: [Double]) throws -> Buffer {
    let buffer = try Buffer(count: values.count, for: "test")
    for (k, value) in values.enumerated() { buffer.pointer[k] = value }
    return buffer
  }
}
