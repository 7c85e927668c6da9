import BacktuneNumerics

/// Sums over ages of impulse responses times source values, one for every weight of a group: its part of four rows of a
/// Jacobian.
final class ImpulseProducts {
  private typealias Link = Columns.Link
  /// Place of the group in a row of impulse responses.
  private let place: Int
  /// Weights in tiles of 4 nodes x 2 sources of one connection, the columns of each row after row; -1 = none.
  private let tiles: UnsafeMutablePointer<Tile>
  private let tileCount: Int
  private let rest: UnsafeMutablePointer<Link>
  private let restCount: Int

  private struct Tile {
    let node: Int
    let source: Int
    let lag: Int
    let columns: SIMD8<Int32>
  }

  init(_ links: [Columns.Link], place: Int, size: Int) throws {
    self.place = place
    var tiles: [Tile] = []
    var rest: [Link] = []
    try MemoryBudget.bytes(doubles: [links.count, 16], for: "impulse responses")
    // Links in blocks of four nodes and two sources, where most of a block exists.
    var blocks: [Block: [Link]] = [:]
    for link in links {
      if link.source == Columns.constant || link.node / 4 * 4 + 4 > size {
        rest.append(link)
      } else {
        blocks[Block(link), default: []].append(link)
      }
    }
    for (block, members) in blocks.sorted(by: { $0.key < $1.key }) {
      var columns = SIMD8<Int32>(repeating: -1)
      var isTile = members.count > 4
      for link in members {
        let k = link.node % 4 * 2 + link.source % 2
        // Two weights between the same nodes at one lag do not fit.
        if columns[k] >= 0 { isTile = false }
        columns[k] = Int32(truncatingIfNeeded: link.column)
      }
      if isTile {
        tiles.append(
          Tile(
            node: block.node * 4, source: block.source * 2, lag: block.lag, columns: columns))
      } else {
        rest += members
      }
    }
    tileCount = tiles.count
    self.tiles = .allocate(capacity: tileCount)
    for (k, tile) in tiles.enumerated() { (self.tiles + k).initialize(to: tile) }
    restCount = rest.count
    self.rest = .allocate(capacity: restCount)
    for (k, link) in rest.enumerated() { (self.rest + k).initialize(to: link) }
  }

  deinit {
    tiles.deinitialize(count: tileCount).deallocate()
    rest.deinitialize(count: restCount).deallocate()
  }

  private struct Block: Hashable, Comparable {
    let lag: Int
    let node: Int
    let source: Int

    init(_ link: Columns.Link) { (lag, node, source) = (link.lag, link.node / 4, link.source / 2) }

    static func < (a: Block, b: Block) -> Bool {
      (a.lag, a.node, a.source) < (b.lag, b.node, b.source)
    }
  }

  /// Adds to four rows of a matrix of columns.
  ///
  /// - Parameters:
  ///   - top: four lanes of the row of age 0; the next age is `rowSize` before.
  ///   - history: source values at age 0, the next age one further, the next value `stride` further.
  func add(
    _ top: UnsafePointer<Double>, rowSize: Int, lanes: Int, ages: Int,
    history: UnsafePointer<Double>, stride: Int, into matrix: UnsafeMutablePointer<Double>,
    matrixStride: Int
  ) {
    typealias K = MatrixKernels
    let e = top + place
    for k in 0..<tileCount {
      let tile = tiles[k]
      var p = e + tile.node * lanes
      var q = history + tile.source * stride + tile.lag
      let zero = SIMD4<Double>.zero
      var (s00, s01, s10, s11) = (zero, zero, zero, zero)
      var (s20, s21, s30, s31) = (zero, zero, zero, zero)
      for _ in 0..<ages {
        let (x, y) = (K.load(q), K.load(q + stride))
        let (e0, e1) = (K.load(p), K.load(p + lanes))
        s00 = multiplyAdd(e0, x, s00)
        s01 = multiplyAdd(e0, y, s01)
        s10 = multiplyAdd(e1, x, s10)
        s11 = multiplyAdd(e1, y, s11)
        let (e2, e3) = (K.load(p + 2 * lanes), K.load(p + 3 * lanes))
        s20 = multiplyAdd(e2, x, s20)
        s21 = multiplyAdd(e2, y, s21)
        s30 = multiplyAdd(e3, x, s30)
        s31 = multiplyAdd(e3, y, s31)
        p -= rowSize
        q += 1
      }
      func put(_ sum: SIMD4<Double>, _ column: Int32) {
        if column < 0 { return }
        let place = matrix + Int(column) * matrixStride
        K.store(K.load(place) + sum, place)
      }
      put(s00, tile.columns[0])
      put(s01, tile.columns[1])
      put(s10, tile.columns[2])
      put(s11, tile.columns[3])
      put(s20, tile.columns[4])
      put(s21, tile.columns[5])
      put(s30, tile.columns[6])
      put(s31, tile.columns[7])
    }
    for k in 0..<restCount {
      let link = rest[k]
      let p = e + link.node * lanes
      let place = matrix + link.column * matrixStride
      var (even, odd) = (K.load(place), SIMD4<Double>.zero)
      if link.source == Columns.constant {
        for age in 0..<ages { even += K.load(p - age * rowSize) }
      } else {
        let q = history + link.source * stride + link.lag
        var age = 0
        while age + 2 <= ages {
          even = multiplyAdd(K.load(p - age * rowSize), K.load(q + age), even)
          odd = multiplyAdd(K.load(p - (age + 1) * rowSize), K.load(q + age + 1), odd)
          age += 2
        }
        if age < ages { even = multiplyAdd(K.load(p - age * rowSize), K.load(q + age), even) }
      }
      K.store(even + odd, place)
    }
  }
}
