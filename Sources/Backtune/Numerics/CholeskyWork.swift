/// The matrix of a factorisation, and copies of the rows of two panels, one being written while the other is read.
final class CholeskyWork {
  /// Columns that are brought up to date together, and rows of a block.
  static let panel = RowTiles.band

  private let matrix: UnsafeMutablePointer<Double>
  private let order: Int
  private let stride: Int
  private let copies: [Buffer]
  /// False from the first block on the diagonal on that is not positive definite.
  private(set) var isPositive = true

  init(_ matrix: UnsafeMutablePointer<Double>, order: Int, stride: Int) throws {
    (self.matrix, self.order, self.stride) = (matrix, order, stride)
    copies = try (0..<2).map { _ in
      try Buffer(dimensions: [Self.panel, order], for: "Cholesky factors")
    }
  }

  private func end(_ first: Int) -> Int { min(first + Self.panel, order) }

  private func copy(_ first: Int) -> UnsafeMutablePointer<Double> {
    copies[first / Self.panel % 2].pointer
  }

  /// Copies the rows of a panel, which are done before it, and factorises its block on the diagonal.
  func begin(first: Int) {
    let rows = end(first) - first
    let top = matrix + first * stride
    RowTiles.pack(top, rows: rows, stride: stride, count: first, into: copy(first))
    subtract(row: first, panel: first)
    for j in Swift.stride(from: 0, to: rows, by: 4) where isPositive {
      solve(row: first + j, panel: first, columns: j)
      isPositive = factoriseDiagonal(top + j * (stride + 1) + first)
    }
  }

  /// The columns of a panel for a block of rows below it.
  func reduce(row: Int, panel first: Int) {
    subtract(row: row, panel: first)
    for i in Swift.stride(from: row, to: end(row), by: 4) {
      solve(row: i, panel: first, columns: Self.panel)
    }
  }

  /// What the columns before the panel take away from a block of rows.
  private func subtract(row: Int, panel first: Int) {
    let (columns, rows) = (end(first) - first, end(row) - row)
    for before in Swift.stride(from: 0, to: first, by: RowTiles.depth) {
      RowTiles.addBlock(
        matrix + row * stride + before, rows: rows, stride: stride,
        copy(first) + before * RowTiles.width, columns: columns, packed: first,
        count: min(RowTiles.depth, first - before), scale: -1,
        into: matrix + row * stride + first, target: stride
      ) { row == first ? $0 : 0 }
    }
  }

  /// The first columns of a panel for four rows, the block on the diagonal being factorised as far. Those of the block
  /// itself are then up to date in the four columns that follow.
  private func solve(row: Int, panel first: Int, columns: Int) {
    let x = matrix + row * stride + first
    var j = 0
    while j < columns {
      let pivot = matrix + (first + j) * stride + first
      reduce(x, pivot, j)
      for k in 0..<4 { solveRow(x + k * stride + j, pivot + j) }
      j += 4
    }
    if row < first + Self.panel { reduce(x, x, columns) }
  }

  /// Takes away from four columns of four rows what those before contribute, `count` of them.
  @inline(__always)
  private func reduce(
    _ x: UnsafeMutablePointer<Double>, _ pivot: UnsafePointer<Double>, _ count: Int
  ) {
    RowProducts.tile(x, pivot, stride, count, -1, x + count, stride)
    RowProducts.tile(x, pivot + 2 * stride, stride, count, -1, x + count + 2, stride)
  }

  /// A block of order 4 on the diagonal.
  private func factoriseDiagonal(_ d: UnsafeMutablePointer<Double>) -> Bool {
    for c in 0..<4 {
      let column = d + c * stride
      var square = column[c]
      for k in 0..<c { square -= column[k] * column[k] }
      guard square > 0, square.isFinite else { return false }
      let root = square.squareRoot()
      column[c] = root
      for r in c + 1..<4 {
        let row = d + r * stride
        var sum = row[c]
        for k in 0..<c { sum -= row[k] * column[k] }
        row[c] = sum / root
      }
    }
    return true
  }

  /// x L^T = x0 for four values of a row, L being a block on the diagonal.
  @inline(__always)
  private func solveRow(_ x: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>) {
    let (d1, d2, d3) = (d + stride, d + 2 * stride, d + 3 * stride)
    let x0 = x[0] / d[0]
    let x1 = (x[1] - x0 * d1[0]) / d1[1]
    let x2 = (x[2] - x0 * d2[0] - x1 * d2[1]) / d2[2]
    x[3] = (x[3] - x0 * d3[0] - x1 * d3[1] - x2 * d3[2]) / d3[3]
    (x[0], x[1], x[2]) = (x0, x1, x2)
  }
}
