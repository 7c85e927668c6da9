import BacktuneNumerics
import Testing

@Suite struct PseudoInverseTests {
  private func solve(_ matrix: [Double], _ b: [Double]) throws -> (x: [Double], rank: Int) {
    let system = try SymmetricSystem(copying: matrix, order: b.count)
    var x = [Double](repeating: .nan, count: b.count)
    system.solve(b, into: &x)
    return (x, system.rank)
  }

  /// G^T G of a random `rows` x `order` matrix.
  private func gram(rows: Int, order: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(seed: seed, name: "gram")
    let g = (0..<rows * order).map { _ in stream.normal() }
    var product = [Double](repeating: 0, count: order * order)
    for k in 0..<rows {
      for i in 0..<order {
        for j in 0..<order { product[i * order + j] += g[k * order + i] * g[k * order + j] }
      }
    }
    return product
  }

  private func product(_ matrix: [Double], _ x: [Double]) -> [Double] {
    x.indices.map { i in x.indices.reduce(0) { $0 + matrix[i * x.count + $1] * x[$1] } }
  }

  private func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test("solves a well-conditioned system", arguments: [1, 2, 5, 16, 67])
  func regular(order: Int) throws {
    let seed: UInt64 = 7
    var matrix = gram(rows: 2 * order, order: order, seed: seed)
    for i in 0..<order { matrix[i * order + i] += Double(order) }
    var stream = RandomStream(seed: seed, name: "solution")
    let expected = (0..<order).map { _ in stream.normal() }
    let (x, rank) = try solve(matrix, product(matrix, expected))
    #expect(rank == order)
    #expect(isClose(x, expected, 1e-11), "order \(order), seed \(seed)")
  }

  @Test("gives the shortest solution of a singular system", arguments: [(12, 5), (40, 1), (9, 8)])
  func singular(order: Int, rows: Int) throws {
    let seed: UInt64 = 11
    let matrix = gram(rows: rows, order: order, seed: seed)
    var stream = RandomStream(seed: seed, name: "solution")
    let b = product(matrix, (0..<order).map { _ in stream.normal() })
    let (x, rank) = try solve(matrix, b)
    #expect(rank == rows)
    #expect(isClose(product(matrix, x), b, 1e-9), "order \(order), seed \(seed)")
    // The shortest solution lies in the range of A: A^+ A x = x.
    #expect(isClose(try solve(matrix, product(matrix, x)).x, x, 1e-9), "seed \(seed)")
  }

  @Test func twinSourcesShareEqually() throws {
    let (x, rank) = try solve([2, 2, 2, 2], [4, 4])
    #expect(rank == 1)
    #expect(isClose(x, [1, 1], 1e-15))
    // The part of b outside the range is left out.
    #expect(isClose(try solve([2, 2, 2, 2], [5, 3]).x, [1, 1], 1e-15))
  }

  @Test("the threshold is relative", arguments: [1e-300, 1e-150, 1e-20, 1, 1e20, 1e150, 1e300])
  func scale(_ factor: Double) throws {
    let matrix = [3, 0, 0, 0, 1e-11, 0, 0, 0, 1e-13].map { $0 * factor }
    let (x, rank) = try solve(matrix, [3 * factor, 1e-11 * factor, 1e-13 * factor])
    #expect(rank == 2)
    #expect(isClose(x, [1, 1, 0], 1e-6))
  }

  @Test func manyRightHandSides() throws {
    let order = 6
    let matrix = gram(rows: 10, order: order, seed: 3)
    let system = try SymmetricSystem(copying: matrix, order: order)
    for column in 0..<order {
      var unit = [Double](repeating: 0, count: order)
      unit[column] = 1
      var x = unit
      system.solve(unit, into: &x)
      #expect(isClose(product(matrix, x), unit, 1e-10))
    }
  }

  @Test func spectrumAscends() throws {
    let system = try SymmetricSystem(copying: [3, 0, 0, 0, 1, 0, 0, 0, 2], order: 3)
    let values = UnsafeBufferPointer(start: system.spectrum.pointer, count: 3)
    #expect(isClose(Array(values), [1, 2, 3], 1e-15))
  }

  @Test func zeroAndEmptyMatricesAreDefined() throws {
    let zero = try solve([Double](repeating: 0, count: 9), [1, 2, 3])
    #expect(zero.rank == 0)
    #expect(zero.x == [0, 0, 0])
    #expect(try solve([], []).rank == 0)
  }

  @Test func negativeEigenvaluesAreLeftOut() throws {
    let (x, rank) = try solve([-1, 0, 0, 2], [5, 4])
    #expect(rank == 1)
    #expect(isClose(x, [0, 2], 1e-15))
    #expect(try solve([-1, 0, 0, -2], [5, 4]).rank == 0)
  }

  @Test("a value that is not finite is refused", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(_ bad: Double) throws {
    let error = #expect(throws: BacktuneError.self) { try solve([1, bad, bad, 1], [1, 1]) }
    #expect(error?.kind == .argument)
    // The other triangle is not looked at.
    #expect(isClose(try solve([1, 0, bad, 1], [1, 2]).x, [1, 2], 1e-15))
  }

  @Test func negativeOrderIsRefused() {
    let error = #expect(throws: BacktuneError.self) {
      try SymmetricSystem(copying: [1], order: -1)
    }
    #expect(error?.kind == .size)
  }
}
