import Backtune
import Testing

@testable import BacktuneNumerics

/// Gram matrices and Cholesky factors by own loops, against plain sums.
@Suite struct CholeskyTests {
  /// Rows of random values, with their Gram matrix.
  private struct Sample {
    let order: Int
    let count: Int
    let rows: Buffer
    let stride: Int

    init(order: Int, count: Int, seed: UInt64) throws {
      (self.order, self.count) = (order, count)
      stride = RowProducts.stride(count)
      rows = try Buffer(dimensions: [order, stride], for: "test")
      var stream = RandomStream(seed: seed, name: "test rows")
      for i in 0..<order {
        for k in 0..<count { rows.pointer[i * stride + k] = stream.normal() }
      }
    }

    func product(_ i: Int, _ j: Int) -> Double {
      (0..<count).reduce(0) {
        $0 + rows.pointer[i * stride + $1] * rows.pointer[j * stride + $1]
      }
    }

    /// The Gram matrix plus `ridge` on its diagonal, rows `apart` apart.
    func gram(ridge: Double, apart: Int) throws -> Buffer {
      let g = try Buffer(dimensions: [order, apart], for: "test")
      try RowProducts.addGram(
        rows.pointer, rows: order, stride: stride, count: count, into: g.pointer, target: apart,
        poll: .none)
      for i in 0..<order { g.pointer[i * apart + i] += ridge }
      return g
    }
  }

  static let orders = [4, 8, 12, 20, 24, 28, 48, 52, 80, 96, 100, 144, 220]

  @Test(arguments: orders) func gram(order: Int) throws {
    let sample = try Sample(order: order, count: 36, seed: UInt64(order))
    let g = try sample.gram(ridge: 0, apart: order + 4)
    for i in 0..<order {
      for j in 0...i {
        let expected = sample.product(i, j)
        #expect(abs(g.pointer[i * (order + 4) + j] - expected) <= 1e-13 * 36, "[\(i), \(j)]")
      }
    }
  }

  @Test(arguments: orders) func solve(order: Int) throws {
    let sample = try Sample(order: order, count: 36, seed: UInt64(order))
    let apart = RowProducts.stride(order)
    let a = try sample.gram(ridge: 0.5, apart: apart)
    var stream = RandomStream(seed: 1, name: "test solution")
    let x = (0..<order).map { _ in stream.normal() }
    let b = try Buffer(count: order, for: "test")
    for i in 0..<order {
      b.pointer[i] = 0.5 * x[i] + (0..<order).reduce(0) { $0 + sample.product(i, $1) * x[$1] }
    }
    var polls = 0
    let made = try Cholesky(
      factorising: a.pointer, order: order, stride: apart, poll: Poll { polls += 1 })
    let factors = try #require(made)
    factors.solve(b.pointer)
    expectClose((0..<order).map { b.pointer[$0] }, x, within: 1e-11, "order \(order)")
    // The factors give the matrix back.
    for i in 0..<order {
      for j in 0...i {
        let product = (0...j).reduce(0) {
          $0 + a.pointer[i * apart + $1] * a.pointer[j * apart + $1]
        }
        let expected = sample.product(i, j) + (i == j ? 0.5 : 0)
        #expect(abs(product - expected) <= 1e-12 * 36, "[\(i), \(j)]")
      }
    }
  }

  @Test func notPositiveDefinite() throws {
    for value in [-1e-3, 0, .nan, .infinity] {
      for place in [0, 5, 27, 47, 48, 99] {
        let a = try Buffer(dimensions: [100, 104], for: "test")
        for i in 0..<100 { a.pointer[i * 104 + i] = i == place ? value : 1 }
        let factors = try Cholesky(factorising: a.pointer, order: 100, stride: 104, poll: .none)
        #expect(factors == nil, "\(value) at \(place)")
      }
    }
  }

  @Test func interrupted() throws {
    let sample = try Sample(order: 1200, count: 4, seed: 0)
    let apart = RowProducts.stride(1200)
    let a = try sample.gram(ridge: 1, apart: apart)
    var polls = 0
    #expect(throws: BacktuneError.self) {
      let poll = Poll {
        polls += 1
        if polls == 3 { throw BacktuneError(.interrupted, "enough") }
      }
      _ = try Cholesky(factorising: a.pointer, order: 1200, stride: apart, poll: poll)
    }
    #expect(polls == 3)
  }
}
