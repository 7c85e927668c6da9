import BacktuneNetwork
import BacktuneNumerics

/// The columns of a Jacobian: which weight each one is, and where the weights act.
package struct Columns: Sendable {
  /// Number of columns.
  package let count: Int
  /// What the weights of each operation multiply, in the order of evaluation.
  let links: [[Link]]
  /// Learnt values before t = 0.
  let starts: [Start]

  /// A weight at work: d v_node(t) / d W = the source value at t - lag.
  struct Link {
    /// Among the nodes of the operation, padding not counted.
    let node: Int
    /// Number of the source among the values of a `History`; `constant` for a bias.
    let source: Int
    let lag: Int
    let column: Int
  }

  /// A learnt value: node number `node` of a row (padding not counted in) at t = -age, its column in every sequence.
  struct Start {
    let group: GroupID
    let node: Int
    let age: Int
    let columns: [Int]
  }

  static let constant = -1

  init(count: Int, links: [[Link]], starts: [Start]) {
    (self.count, self.links, self.starts) = (count, links, starts)
  }

  /// - Parameters:
  ///   - adjustable: the slots that have a column, ascending. Slots beyond those of the network are the flat initial
  ///     states of the sequences, one after the other, which then replace the network's.
  ///   - starts: how many sequences have such slots; those that follow start as these do.
  package init(_ program: Program, adjustable: [Int], sequences: Int, starts startCount: Int) {
    let (network, layout) = (program.network, Layout(unpadded: program))
    let slots = network.slots.values.count
    var column = [Int](
      repeating: -1, count: slots + startCount * layout.stateSize)
    for (k, slot) in adjustable.enumerated() { column[slot] = k }
    count = adjustable.count
    links = program.operations.map { operation in
      var links: [Link] = []
      var first = 0
      for group in operation.groups {
        let size = network.size(of: group)
        defer { first += size }
        guard case .learnware(let body) = network.groups[group].body else { continue }
        if let bias = body.bias {
          for (node, slot) in network.biasSlots(bias, size: size).enumerated()
          where column[slot] >= 0 {
            links.append(
              Link(node: first + node, source: Self.constant, lag: 0, column: column[slot]))
          }
        }
        for connection in body.connections {
          let source = layout.offset(of: connection.source.group)
          network.forEachLink(of: connection, to: group) {
            if column[$0.slot] >= 0 {
              links.append(
                Link(
                  node: first + $0.node, source: source + $0.source, lag: connection.source.lag,
                  column: column[$0.slot]))
            }
          }
        }
      }
      return links
    }
    var starts: [Start] = []
    func add(_ group: GroupID, depth: Int, _ slot: (Int, Int) -> Int) {
      let size = network.size(of: group)
      for age in 0..<depth {
        for node in 0..<size {
          let columns = (0..<sequences).map { column[slot($0, age * size + node)] }
          if columns.contains(where: { $0 >= 0 }) {
            starts.append(Start(group: group, node: node, age: age + 1, columns: columns))
          }
        }
      }
    }
    if startCount > 0 {
      for past in layout.state where past.group != Network.input && !past.isMeasured {
        add(past.group, depth: past.depth) {
          slots + $0 % startCount * layout.stateSize + past.offset + $1
        }
      }
    } else {
      for (id, group) in network.groups.enumerated() {
        guard let state = group.initialState else { continue }
        let first = network.arrays[state.array].slots.lowerBound
        add(id, depth: state.depth) { first + $1 }
      }
    }
    self.starts = starts
  }
}
