/// The columns in which rows of one sequence are not zero: those of the weights, and of the values before t = 0 that it
/// learns for itself.
package struct OwnColumns: Sendable {
  /// Numbered anew, to the same number in every sequence.
  package let columns: Columns
  /// The first of them, of the weights, have the numbers that they have among all columns.
  private let shared: Int
  /// Learnt values, numbered among all columns.
  private let starts: [Columns.Start]

  /// - Returns: nil where rows of a sequence have as many columns as there are.
  package init?(_ all: Columns) {
    let learnt = Set(all.starts.flatMap(\.columns)).subtracting([-1])
    (shared, starts) = (all.count - learnt.count, all.starts)
    // Values that sequences learn come last.
    let first = shared
    guard first + starts.count < all.count, learnt.allSatisfy({ $0 >= first }) else { return nil }
    columns = Columns(
      count: first + starts.count, links: all.links,
      starts: starts.enumerated().map { k, start in
        Columns.Start(
          group: start.group, node: start.node, age: start.age,
          columns: start.columns.map { $0 < 0 ? -1 : first + k })
      })
  }

  /// Their numbers among all columns, ascending; -1 where the sequence does not learn that value.
  package func places(of sequence: Int) -> [Int] {
    Array(0..<shared) + starts.map { $0.columns[sequence] }
  }

  /// Those of the values that it learns.
  package func starts(of sequence: Int) -> [Int] {
    starts.map { $0.columns[sequence] }.filter { $0 >= 0 }
  }
}
