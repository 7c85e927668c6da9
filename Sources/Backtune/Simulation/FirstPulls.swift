import BacktuneNetwork
import BacktuneNumerics

/// Which pull comes to a group's row of adjoint values before all others: from the operation that reads it over the longest
/// lag, of such the last one. It writes there instead of adding, so that the row need not be zero before: to make it so and
/// to read it took 2 of 6.5 ns a step and sequence of the way back at 8 nodes and 16 lanes, 5 of 48 at 32, 27 of 643 at 128.
struct FirstPulls {
  /// Values of a row.
  struct Run {
    let place: Int
    let count: Int
  }

  /// What is zeroed all the same: groups that no product and no squashing function reads so, and measurements.
  let zeroed: UnsafeMutableBufferPointer<Run>
  /// Groups that are not, and over which lag they are written first.
  private let written: [(run: Run, lag: Int)]

  init(_ network: Network, _ operations: [any Operation], _ layout: Layout) {
    var (zeroed, written): ([Run], [(Run, Int)]) = ([], [])
    for group in network.groups.indices {
      let run = Run(
        place: layout.place(of: group),
        count: Layout.padded(network.size(of: group), lanes: layout.lanes) * layout.lanes)
      if let lag = Self.takeFirst(group, network, operations) {
        written.append((run, lag))
      } else {
        zeroed.append(run)
      }
    }
    if !layout.measured.isEmpty {
      zeroed.append(Run(place: layout.agePlace, count: layout.rowSize - layout.agePlace))
    }
    (self.zeroed, self.written) = (.table(zeroed), written)
  }

  func deallocate() { zeroed.deallocate() }

  /// The lag of the first pull on a group; nil where there is none, or it adds.
  private static func takeFirst(
    _ group: GroupID, _ network: Network, _ operations: [any Operation]
  ) -> Int? {
    var first: (operation: any Operation, lag: Int)?
    for operation in operations {
      for reader in operation.groups {
        for source in network.groups[reader].body.sources where source.group == group {
          if source.lag >= first?.lag ?? 0 { first = (operation, source.lag) }
        }
      }
    }
    guard let first, first.operation.takeFirst(Source(group, lag: first.lag)) else { return nil }
    return first.lag
  }

  /// Zeros what the adjoint has not come to: rows before the longest lag of a group, of the `past` before t = 0.
  func clearPast(_ eps: Trajectory) {
    let layout = eps.layout
    for (run, lag) in written {
      for t in -layout.past..<max(-lag, -layout.past) {
        (eps.row(t) + run.place).update(repeating: 0, count: run.count)
      }
    }
  }
}
