import Testing

@testable import BacktuneNumerics

/// What is joined out of parts.
@Suite struct ReductionTests {
  /// By sorting.
  private static func median(_ values: [Double]) -> Double {
    let sorted = values.filter { !$0.isNaN }.sorted()
    if sorted.isEmpty { return 0 }
    let middle = sorted.count / 2
    if !sorted.count.isMultiple(of: 2) { return sorted[middle] }
    return sorted[middle - 1] / 2 + sorted[middle] / 2
  }

  private static func check(_ values: [Double], _ parts: Int) {
    // Dealt out in turn: parts of different sizes, some empty.
    let found = Reduction(count: parts, work: 0).median { part in
      values.indices.filter { $0 % parts == part }.map { values[$0] }
    }
    #expect(found == median(values), "\(values) in \(parts) parts")
  }

  @Test(arguments: [1, 2, 3, 7]) func medianBySorting(parts: Int) {
    var stream = RandomStream(seed: 1, name: "median")
    for count in 0..<40 {
      let values = (0..<count).map { _ in abs(stream.normal()) }
      Self.check(values, parts)
      // Ties, and zeros among them.
      Self.check(values.map { ($0 * 2).rounded() }, parts)
      // Of every size.
      Self.check(values.map { VectorMath.exp(200 * ($0 - 1)) }, parts)
      Self.check(values.map { $0 < 0.5 ? .nan : $0 }, parts)
      Self.check(values.map { $0 < 0.7 ? 0 : $0 }, parts)
    }
  }

  @Test(arguments: [1, 2, 3, 7]) func medianOfSpecialValues(parts: Int) {
    let least = Double.leastNonzeroMagnitude
    let most = Double.greatestFiniteMagnitude
    for values: [Double] in [
      [], [.nan], [.nan, .nan], [0], [-0.0], [0, 0, 0], [-0.0, 0, 1], [3], [3, .nan], [least],
      [0, least, least], [1, 2], [2, 2, 2, 2], [most, most], [1, 2, most], [0, 0, 1, 1],
      [.infinity],
      [1, .infinity, .infinity], [1, .infinity], [.nan, 5, .nan, 1, 2],
    ] {
      Self.check(values, parts)
    }
  }

  /// Sums are those of the parts, added in their order, whatever is worth threads.
  @Test(arguments: [0, 1 << 40]) func sums(work: Int) {
    let values = (0..<7).map { part in (0..<3).map { Double(part * 3 + $0) * 0.1 } }
    let reduction = Reduction(count: 7, work: work)
    let expected = values.dropFirst().reduce(values[0]) { zip($0, $1).map(+) }
    #expect(
      reduction.sums(3) { part, target in
        for k in 0..<3 { target[k] += values[part][k] }
      } == expected)
    #expect(reduction.sum { values[$0][0] } == values.reduce(0) { $0 + $1[0] })
    #expect(reduction.max { values[$0][1] } == values[6][1])
    #expect(Reduction(count: 0, work: work).sum { _ in 1 } == 0)
    #expect(Reduction(count: 0, work: work).max { _ in 1 } == 0)
    #expect(Reduction(count: 0, work: work).sums(0) { _, _ in } == [])
  }
}
