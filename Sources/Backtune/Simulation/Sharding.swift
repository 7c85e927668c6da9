import BacktuneNumerics

/// How sequences fall into shards: by their lengths alone, so that results do not depend on who computes what.
///
/// Sequences of similar length run side by side, in 16, 8 or 4 lanes, whole vectors; what is left runs alone, where
/// vectors are along the nodes.
enum Sharding {
  private static let widths = [16, 8, 4].filter { $0 >= Vector.width }
  /// Steps of lanes that have ended, to all.
  private static let mostPadding = 0.2

  /// The sequences of every shard, the longest first.
  static func shards(_ lengths: [Int]) -> [[Int]] {
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    var result: [[Int]] = []
    var next = 0
    while next < order.count {
      let width = widths.first { width in
        guard next + width <= order.count else { return false }
        let own = order[next..<next + width].reduce(0) { $0 + lengths[$1] }
        let whole = lengths[order[next]] * width
        return Double(whole - own) <= mostPadding * Double(whole)
      }
      result.append(Array(order[next..<next + (width ?? 1)]))
      next += width ?? 1
    }
    return result
  }
}
