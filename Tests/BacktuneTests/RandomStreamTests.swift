import BacktuneNumerics
import Testing

@Suite struct RandomStreamTests {
  static let seed: UInt64 = 42

  /// From an implementation in Python, itself checked against the published values of both
  /// generators.
  @Test(arguments: [
    (
      UInt64(42), "weights",
      [
        0x6BB9_B018_428C_DF1B, 0x9CE1_9E7A_A57A_BB35, 0x2C4F_3163_3347_12BE,
        0x392F_CA5A_EA12_DE19,
      ] as [UInt64]
    ),
    (
      42, "noise",
      [
        0xD9E4_D05F_97AF_F3F4, 0x3FE6_35F1_1894_076D, 0x0A06_E74A_B39D_F238,
        0x909F_4BF8_DCAA_17CD,
      ]
    ),
    (
      .max, "",
      [
        0x5622_935C_7F67_26FB, 0x46D6_10A6_6036_1AA3, 0x31DB_DAEC_79D2_7C1F,
        0x2051_850F_51CB_BF76,
      ]
    ),
  ])
  func firstValues(seed: UInt64, name: String, expected: [UInt64]) {
    var stream = RandomStream(seed: seed, name: name)
    #expect((0..<4).map { _ in stream.nextUInt64() } == expected)
  }

  @Test func firstDerivedValues() {
    var uniform = RandomStream(seed: 42, name: "weights")
    #expect(uniform.uniform() == 0.42080212204250544)
    #expect(uniform.uniform() == 0.6128176736287781)
    var integer = RandomStream(seed: 42, name: "weights")
    #expect((0..<6).map { _ in integer.integer(below: 1000) } == [420, 612, 173, 223, 442, 181])
    var normal = RandomStream(seed: 42, name: "weights")
    let expected = [
      -1.3043937723263666, 1.8581138116946354, -0.6009477221724406, -0.508480949003454,
    ]
    for value in expected {
      #expect(abs(normal.normal() - value) <= 4 * value.ulp)
    }
  }

  /// The checksum holds with and without fused multiply-add.
  @Test func sameBitsInEveryBuild() {
    var stream = RandomStream(seed: 42, name: "weights")
    let checksum = (0..<1000).reduce(0 as UInt64) { sum, _ in sum ^ stream.normal().bitPattern }
    #expect(checksum == 0x00B1_C54B_6BEC_85F0)
  }

  @Test func sameSeedSameBits() {
    var a = RandomStream(seed: Self.seed, name: "a")
    var b = RandomStream(seed: Self.seed, name: "a")
    for _ in 0..<1000 { #expect(a.normal().bitPattern == b.normal().bitPattern) }
  }

  @Test func moments() {
    var stream = RandomStream(seed: Self.seed, name: "moments")
    let count = 200_000
    let uniform = (0..<count).map { _ in stream.uniform() }
    let normal = (0..<count).map { _ in stream.normal() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    // Four deviations of each estimate.
    let root = 4 / Double(count).squareRoot()
    #expect(abs(mean(uniform) - 0.5) < root * 0.289, "seed \(Self.seed)")
    #expect(abs(mean(uniform.map { $0 * $0 }) - 1.0 / 3) < root * 0.299, "seed \(Self.seed)")
    let moments: [(power: Int, expected: Double, deviation: Double)] = [
      (1, 0, 1), (2, 1, 1.42), (3, 0, 3.88), (4, 3, 9.8),
    ]
    for (power, expected, deviation) in moments {
      let moment = mean(normal.map { x in (0..<power).reduce(1) { y, _ in y * x } })
      #expect(abs(moment - expected) < root * deviation, "moment \(power), seed \(Self.seed)")
    }
    // Both values of a pair are used: neighbours must not depend on each other, nor their squares.
    let products = zip(normal, normal.dropFirst()).map { $0 * $1 }
    #expect(abs(mean(products)) < root, "seed \(Self.seed)")
    #expect(abs(mean(products.map { $0 * $0 }) - 1) < root * 2.83, "seed \(Self.seed)")
  }

  @Test func uniformBetweenBounds() {
    var stream = RandomStream(seed: Self.seed, name: "bounds")
    let values = (0..<10_000).map { _ in stream.uniform(in: -3, 5) }
    #expect(values.allSatisfy { $0 >= -3 && $0 <= 5 })
    #expect(abs(mean(values) - 1) < 0.1)
    #expect(stream.uniform(in: 2, 2) == 2)
  }

  @Test("streams of other names and seeds do not follow each other")
  func independence() {
    let count = 50_000
    var streams = [
      RandomStream(seed: 1, name: "a"), RandomStream(seed: 1, name: "b"),
      RandomStream(seed: 2, name: "a"), RandomStream(seed: 1, name: ""),
    ]
    let values = streams.indices.map { i in (0..<count).map { _ in streams[i].normal() } }
    for i in values.indices {
      for j in 0..<i {
        let correlation = mean(zip(values[i], values[j]).map { $0 * $1 })
        #expect(abs(correlation) < 4 / Double(count).squareRoot(), "streams \(i), \(j)")
      }
    }
  }

  @Test func integersAreFair() {
    var stream = RandomStream(seed: Self.seed, name: "integers")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 }, "\(counts), seed \(Self.seed)")
    // Taking remainders of 64 bits, or products without rejection, would favour some of so many.
    let bound = 3 << 61
    let low = (0..<10_000).filter { _ in stream.integer(below: bound) < bound / 2 }.count
    #expect(abs(low - 5000) < 200, "seed \(Self.seed)")
    #expect([1, 0, -5].allSatisfy { stream.integer(below: $0) == 0 })
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
