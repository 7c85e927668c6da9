import BacktuneNetwork
import BacktuneNumerics

/// The matrix of one connection as a part of that of an operation, which has a column for every source value.
struct MatrixBlock {
  /// Its first row and column in the operation's matrix, and its own.
  let row: Int
  let column: Int
  let rows: Int
  let columns: Int
  /// The slot of each entry, -1 = none; empty where entry e has slot `firstSlot` + e.
  let slotOfEntry: [Int]
  let firstSlot: Int

  /// Calls `body(row, column, slot)`, both within the block.
  @inline(__always)
  func forEachEntry(_ body: (Int, Int, Int) -> Void) {
    for i in 0..<rows {
      for j in 0..<columns {
        let entry = i * columns + j
        let slot = slotOfEntry.isEmpty ? firstSlot + entry : slotOfEntry[entry]
        if slot >= 0 { body(i, j, slot) }
      }
    }
  }
}

/// How the matrix of a connection is run.
enum ConnectionBlock {
  case matrix(slotOfEntry: [Int])
  case diagonal
  case list([IndexedBlock.Entry])

  /// What fits a connection: diagonal, a list of entries where few exist, a matrix otherwise.
  static func of(
    _ connection: Connection, to group: GroupID, _ network: Network, lanes: Int
  ) throws -> ConnectionBlock {
    switch connection.form {
    case .dense: return .matrix(slotOfEntry: [])
    case .diagonal: return .diagonal
    case .sparse, .shared:
      let purpose = "connection \(network.arrays[connection.array].name)"
      let columns = network.size(of: connection.source.group)
      let count = network.size(of: group) * columns
      var present = 0
      network.forEachLink(of: connection, to: group) { _ in present += 1 }
      // A list of entries is slower than a matrix by entry, more so with one lane, where a matrix is vectorised.
      if present * (lanes == 1 ? 6 : 2) < count {
        try MemoryBudget.bytes(doubles: [present, 3], for: purpose)
        var entries: [IndexedBlock.Entry] = []
        entries.reserveCapacity(present)
        network.forEachLink(of: connection, to: group) {
          entries.append(.init(row: $0.node, column: $0.source, slot: $0.slot))
        }
        return .list(entries)
      }
      try MemoryBudget.bytes(doubles: [count], for: purpose)
      var slotOfEntry = [Int](repeating: -1, count: count)
      network.forEachLink(of: connection, to: group) {
        slotOfEntry[$0.node * columns + $0.source] = $0.slot
      }
      return .matrix(slotOfEntry: slotOfEntry)
    }
  }
}
