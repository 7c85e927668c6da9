import Testing

@testable import BacktuneNumerics

/// The products of Numerics/BLAS against sums written out.
@Suite struct ProductTests {
  private func random(_ count: Int, _ name: String) -> [Double] {
    var stream = RandomStream(seed: 1, name: name)
    return (0..<count).map { _ in stream.normal() }
  }

  @Test(arguments: [
    (1, 1, 1), (4, 4, 4), (12, 4, 50), (13, 5, 7), (24, 25, 193), (97, 50, 200), (3, 515, 40),
    (130, 1, 400), (0, 3, 2), (3, 3, 0),
  ])
  func generalProducts(_ m: Int, _ n: Int, _ k: Int) {
    let (a, b) = (random(m * k, "a"), random(k * n, "b"))
    for isTransposed in [false, true] {
      let stride = m + 3
      var c = random(stride * max(n, 1), "c")
      var expected = c
      for i in 0..<m {
        for j in 0..<n {
          for p in 0..<k {
            expected[i + j * stride] -= 0.5 * a[isTransposed ? p + i * k : i + p * m] * b[p + j * k]
          }
        }
      }
      let view = GeneralProduct.View(
        a, row: isTransposed ? k : 1, column: isTransposed ? 1 : m)
      GeneralProduct.add(
        rows: m, columns: n, depth: k, scale: -0.5, view, .init(b, row: 1, column: k), into: &c,
        stride: stride)
      #expect(zip(c, expected).allSatisfy { abs($0 - $1) < 1e-12 * Double(k + 1) })
    }
  }

  @Test(arguments: [1, 5, 47, 48, 49, 100])
  func squares(_ order: Int) {
    let rows = random(order * 30, "rows")
    var c = [Double](repeating: 0, count: order * order)
    GeneralProduct.addSquare(
      order: order, depth: 30, .init(rows, row: 1, column: order), into: &c)
    for i in 0..<order {
      for j in 0...i {
        let sum = (0..<30).reduce(0) { $0 + rows[i + $1 * order] * rows[j + $1 * order] }
        #expect(abs(c[i + j * order] - sum) < 1e-12)
      }
    }
  }

  @Test func lengthsNeitherOverflowNorVanish() {
    for scale in [1e-200, 1, 1e200] {
      let x = [3 * scale, 0, 4 * scale]
      #expect(abs(dnrm2([3], x, [1]) / scale - 5) < 1e-14)
    }
    #expect(dnrm2([2], [0, 0], [1]) == 0)
    #expect(dnrm2([2], [0, .nan], [1]).isNaN)
    #expect(dnrm2([2], [1, .infinity], [1]) == .infinity)
  }

  @Test(arguments: [UInt8(ascii: "L"), UInt8(ascii: "R")], [UInt8(ascii: "U"), UInt8(ascii: "L")])
  func triangles(_ side: UInt8, _ uplo: UInt8) {
    let (m, n) = (7, 9)
    let order = side == UInt8(ascii: "L") ? m : n
    let a = random(order * order, "a")
    let left = UInt8(ascii: "L")
    for transposed in "NT".utf8 {
      for unit in "NU".utf8 {
        func entry(_ i: Int, _ j: Int) -> Double {
          let (r, c) = transposed == UInt8(ascii: "T") ? (j, i) : (i, j)
          if r == c { return unit == UInt8(ascii: "U") ? 1 : a[r + c * order] }
          return (r < c) == (uplo == UInt8(ascii: "U")) ? a[r + c * order] : 0
        }
        var b = random(m * n, "b")
        var expected = b
        for i in 0..<m {
          for j in 0..<n {
            var sum = 0.0
            for k in 0..<order {
              sum += side == left ? entry(i, k) * b[k + j * m] : b[i + k * m] * entry(k, j)
            }
            expected[i + j * m] = 2 * sum
          }
        }
        dtrmm(
          [side], [uplo], [transposed], [unit], [Int32(m)], [Int32(n)], [2], a, [Int32(order)], &b,
          [Int32(m)])
        #expect(zip(b, expected).allSatisfy { abs($0 - $1) < 1e-12 })
      }
    }
  }
}
