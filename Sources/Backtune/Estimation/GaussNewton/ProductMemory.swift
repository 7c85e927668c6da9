import BacktuneNumerics

/// Products B p of a matrix that were made already, for first approximations of (B + mu I) x = b with any mu and b: the
/// x among their directions that comes nearest in the norm of the matrix. It takes no product.
struct ProductMemory {
  private let limit: Int
  private var directions: [[Double]] = []
  private var images: [[Double]] = []
  /// p_i . B p_j and p_i . p_j for j <= i.
  private var products: [[Double]] = []
  private var squares: [[Double]] = []

  /// - Parameter limit: how many are kept.
  init(limit: Int) { self.limit = limit }

  mutating func clear() { (directions, images, products, squares) = ([], [], [], []) }

  /// Takes p and B p, scaled to |p| = 1, unless there are enough.
  mutating func append(_ direction: [Double], _ image: [Double]) {
    let length = dot(direction, direction).squareRoot()
    guard directions.count < limit, length > 0, length.isFinite else { return }
    directions.append(direction.map { $0 / length })
    images.append(image.map { $0 / length })
    products.append(images.map { dot(directions[directions.count - 1], $0) })
    squares.append(directions.map { dot(directions[directions.count - 1], $0) })
  }

  /// x and (B + mu I) x; nil where nothing is known.
  func solution(
    _ right: [Double], damping: Double
  ) throws -> (x: [Double], image: [Double])? {
    let count = directions.count
    guard count > 0 else { return nil }
    let matrix = (0..<count * count).map { place in
      let (i, j) = (max(place / count, place % count), min(place / count, place % count))
      return products[i][j] + damping * squares[i][j]
    }
    guard matrix.allSatisfy(\.isFinite) else { return nil }
    let system = try SymmetricSystem(copying: matrix, order: count)
    var shares = [Double](repeating: 0, count: count)
    system.solve(directions.map { dot($0, right) }, into: &shares)
    var x = [Double](repeating: 0, count: right.count)
    var image = x
    for (share, (p, q)) in zip(shares, zip(directions, images)) {
      for k in x.indices {
        x[k] += share * p[k]
        image[k] += share * (q[k] + damping * p[k])
      }
    }
    return (x, image)
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    a.withUnsafeBufferPointer { p in
      b.withUnsafeBufferPointer { q in
        guard let x = p.baseAddress, let y = q.baseAddress else { return 0 }
        return RowProducts.dot(x, y, count: p.count)
      }
    }
  }
}
