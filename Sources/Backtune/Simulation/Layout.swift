import BacktuneNetwork
import BacktuneNumerics

/// Where each value stands in a trajectory: [time][node][lane], the nodes of the input first, then the groups in the order
/// of evaluation. The one home of places and shifts.
///
/// With one lane each group is padded to whole vectors of nodes, so that every loop over nodes is one over whole
/// vectors. What stands in the padding may be anything, infinite too, and must never reach a node: matrices are padded
/// by zeros, and whatever sums over nodes (gradients, costs, the adjoint of a broadcast) reads nodes only.
package struct Layout: Sendable {
  package let lanes: Int
  /// Rows before t = 0: R, or more where an older state is learnt.
  package let past: Int
  /// Nodes of a row, padding included.
  package let rowNodes: Int
  private let offsets: [Int]
  /// Where the past values of each group stand in a flat state, [depth][size] each: `Network.stateLayout`, which looks at
  /// every source.
  let state: [Past]
  /// Number of values of a flat state.
  package let stateSize: Int

  struct Past: Sendable {
    let group: GroupID
    let size: Int
    let depth: Int
    let offset: Int
    let isMeasured: Bool
  }

  /// Groups of which measurements are read. Those of a time stand in its row, NaN where nothing is known, after all
  /// groups; before them stands the age of the time, see `MeasuredOperation`.
  let measured: [GroupID]
  private let measuredOffsets: [Int]
  private let measuredSizes: [Int]

  package init(
    _ network: Network, lanes: Int, _ topology: Topology? = nil, isPadded: Bool = true
  ) {
    var offset = 0
    var offsets = [Int](repeating: 0, count: network.groups.count + 1)
    for group in [Network.input] + (topology ?? Topology(network)).runs.joined() {
      offsets[group + 1] = offset
      let size = network.size(of: group)
      offset += isPadded ? Self.padded(size, lanes: lanes) : size
    }
    self.lanes = lanes
    self.past = max(network.range, network.learntDepth)
    self.offsets = offsets
    measured = isPadded ? network.measuredSources.map(\.group) : []
    var measuredOffsets: [Int] = []
    if !measured.isEmpty {
      // The age, a vector of its own.
      offset += Self.padded(1, lanes: lanes)
      for group in measured {
        measuredOffsets.append(offset)
        offset += Self.padded(network.size(of: group), lanes: lanes)
      }
    }
    self.measuredOffsets = measuredOffsets
    measuredSizes = measured.map { network.size(of: $0) }
    self.rowNodes = offset
    state = network.stateLayout.map {
      Past(
        group: $0.group, size: network.size(of: $0.group), depth: $0.depth, offset: $0.offset,
        isMeasured: $0.isMeasured)
    }
    stateSize = state.reduce(0) { $0 + $1.depth * $1.size }
  }

  /// Of a program's groups alone, without padding and lanes.
  init(unpadded program: Program) {
    self.init(program.network, lanes: 1, program.topology, isPadded: false)
  }

  /// The first nodes of some groups alone, without padding and past: what a cost is driven by.
  package init(_ network: Network, only groups: [Observed], lanes: Int) {
    var offset = 0
    var offsets = [Int](repeating: 0, count: network.groups.count + 1)
    for item in groups {
      offsets[item.group + 1] = offset
      offset += item.count
    }
    (self.lanes, past, rowNodes, self.offsets) = (lanes, 0, offset, offsets)
    (state, stateSize) = ([], 0)
    (measured, measuredOffsets, measuredSizes) = ([], [], [])
  }

  /// First node of a group in a row.
  package func offset(of group: GroupID) -> Int { offsets[group + 1] }

  /// Place in a row of a node in lane 0.
  package func place(of group: GroupID, _ node: Int = 0) -> Int {
    (offset(of: group) + node) * lanes
  }

  /// Place in a row of what was measured of the first node of a group, in lane 0.
  func place(ofMeasured group: GroupID) -> Int {
    (measured.firstIndex(of: group).map { measuredOffsets[$0] } ?? 0) * lanes
  }

  func measuredSize(of group: GroupID) -> Int {
    measured.firstIndex(of: group).map { measuredSizes[$0] } ?? 0
  }

  /// Place in a row of the age of lane 0.
  var agePlace: Int {
    (measuredOffsets.first.map { $0 - Self.padded(1, lanes: lanes) } ?? 0) * lanes
  }

  /// From the place of a row to the first value of a source in lane 0.
  package func shift(to source: Source) -> Int {
    place(of: source.group) - source.lag * rowSize
  }

  /// Values of a row.
  package var rowSize: Int { rowNodes * lanes }

  package static func padded(_ size: Int, lanes: Int) -> Int {
    lanes == 1 ? Vector.padded(size) : size
  }
}
