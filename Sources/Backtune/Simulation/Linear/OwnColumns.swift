/// The columns in which rows of one sequence are not zero: those of the weights, and of the values before t = 0 that it
/// learns for itself.
package struct OwnColumns: Sendable {
  /// Numbered anew, to the same number in every sequence.
  package let columns: Columns
  /// Of each sequence: their numbers among all columns, ascending; -1 where it does not learn that value.
  package let places: [[Int]]

  /// - Returns: nil where rows of a sequence have as many columns as there are.
  package init?(_ all: Columns) {
    guard let sequences = all.starts.first?.columns.count else { return nil }
    let learnt = Set(all.starts.flatMap(\.columns)).subtracting([-1])
    let shared = all.count - learnt.count
    // Values that sequences learn come last.
    guard shared + all.starts.count < all.count, learnt.allSatisfy({ $0 >= shared }) else {
      return nil
    }
    columns = Columns(
      count: shared + all.starts.count, links: all.links,
      starts: all.starts.enumerated().map { k, start in
        Columns.Start(
          group: start.group, node: start.node, age: start.age,
          columns: start.columns.map { $0 < 0 ? -1 : shared + k })
      })
    places = (0..<sequences).map { sequence in
      Array(0..<shared) + all.starts.map { $0.columns[sequence] }
    }
  }
}
