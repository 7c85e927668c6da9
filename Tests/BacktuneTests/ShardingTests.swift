@testable import BacktuneNumerics
import Backtune
import Testing

@testable import BacktuneSimulation

/// How sequences fall into shards.
@Suite struct ShardingTests {
  /// Lengths of many kinds: alike, spread, one long among short ones, empty ones, doubling.
  private static let cases: [[Int]] = {
    var stream = RandomStream(seed: 1, name: "lengths")
    var cases: [[Int]] = [[5], [0], [0, 0, 0, 0], [1, 0], Array(repeating: 30, count: 31)]
    cases.append((0..<12).map { 1 << $0 })
    for count in [2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 64, 100] {
      for largest in [1, 3, 40, 2000] {
        let short = (0..<count).map { _ in stream.integer(below: largest + 1) }
        cases.append(short)
        var withLong = short
        withLong.insert(50_000, at: stream.integer(below: count + 1))
        cases.append(withLong)
      }
    }
    return cases
  }()

  /// Steps that lanes run in vain, to all; 0 where there are none.
  private static func padding(_ shard: [Int], _ lengths: [Int]) -> Double {
    let whole = shard.count * (shard.map { lengths[$0] }.max() ?? 0)
    let own = shard.reduce(0) { $0 + lengths[$1] }
    return whole > 0 ? Double(whole - own) / Double(whole) : 0
  }

  @Test func littlePadding() {
    for lengths in Self.cases {
      let shards = Sharding.shards(lengths)
      for shard in shards { #expect(Self.padding(shard, lengths) <= 0.2, "\(lengths): \(shard)") }
      let whole = shards.reduce(0) { $0 + $1.count * ($1.map { lengths[$0] }.max() ?? 0) }
      #expect(Double(whole) * 0.8 <= Double(lengths.reduce(0, +)), "\(lengths)")
    }
  }

  @Test func everySequenceOnce() throws {
    let network = try Build.network("lnl", size: 2)
    for lengths in Self.cases {
      let shards = Sharding.shards(lengths)
      #expect(shards.joined().sorted() == Array(lengths.indices), "\(lengths)")
      #expect(shards.allSatisfy { [1, 4, 8, 16].contains($0.count) }, "\(lengths)")
      let all = try Shards(network, lengths: lengths)
      #expect(all.all.map(\.sequences) == shards)
      #expect(all.totalSteps == lengths.reduce(0, +))
      for shard in all.all {
        #expect(shard.batch.lengths == shard.sequences.map { lengths[$0] })
        #expect(shard.layout.lanes == shard.sequences.count)
        var lanes: [Int] = []
        shard.forEachSequence { sequence, lane in
          #expect(sequence == shard.sequences[lanes.count])
          lanes.append(lane)
        }
        #expect(lanes.sorted() == Array(shard.sequences.indices))
      }
    }
  }

  /// The longest first, as many side by side as there are of similar length.
  @Test func widths() {
    func widths(_ lengths: [Int]) -> [Int] { Sharding.shards(lengths).map(\.count) }
    #expect(widths(Array(repeating: 30, count: 31)) == [16, 8, 4, 1, 1, 1])
    #expect(widths([1000] + Array(repeating: 10, count: 16)) == [1, 16])
    #expect(widths((0..<12).map { 1 << $0 }) == Array(repeating: 1, count: 12))
    #expect(widths([100, 80, 70, 70]) == [4])
    #expect(widths([100, 80, 70, 69]) == [1, 1, 1, 1])
    for lengths in Self.cases {
      let longest = Sharding.shards(lengths).map { $0.map { lengths[$0] }.max() ?? 0 }
      #expect(longest == longest.sorted(by: >), "\(lengths)")
    }
  }

  /// Neither the order in which sequences come nor the network changes which lengths run together.
  @Test func dependsOnLengthsAlone() throws {
    var stream = RandomStream(seed: 2, name: "order")
    let networks = [
      try Build.network("lnl", size: 2), try Build.network("lstm", size: 9, inputs: 3),
    ]
    for lengths in Self.cases {
      let expected = Sharding.shards(lengths).map { $0.map { lengths[$0] } }
      #expect(Sharding.shards(lengths) == Sharding.shards(lengths))
      var mixed = lengths
      for k in mixed.indices.reversed() { mixed.swapAt(k, stream.integer(below: k + 1)) }
      #expect(Sharding.shards(mixed).map { $0.map { mixed[$0] } } == expected, "\(lengths)")
      for network in networks {
        let shards = try Shards(network, lengths: lengths).all
        #expect(shards.map { $0.sequences.map { lengths[$0] } } == expected)
      }
    }
  }
}
