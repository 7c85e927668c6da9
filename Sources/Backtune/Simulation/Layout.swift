import BacktuneNetwork
import BacktuneNumerics

/// Where each value stands in a trajectory: [time][node][lane], the nodes of the input first, then the groups.
///
/// With one lane each group is padded to a multiple of 4 nodes, so that every loop over nodes is one over whole SIMD
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
  }

  package init(_ network: Network, lanes: Int) {
    var offset = 0
    var offsets: [Int] = []
    for group in [Network.input] + Array(network.groups.indices) {
      offsets.append(offset)
      offset += Self.padded(network.size(of: group), lanes: lanes)
    }
    self.lanes = lanes
    self.past = max(network.range, network.learntDepth)
    self.rowNodes = offset
    self.offsets = offsets
    state = network.stateLayout.map {
      Past(group: $0.group, size: network.size(of: $0.group), depth: $0.depth, offset: $0.offset)
    }
    stateSize = state.reduce(0) { $0 + $1.depth * $1.size }
  }

  /// First node of a group in a row.
  package func offset(of group: GroupID) -> Int { offsets[group + 1] }

  /// Values of a row.
  package var rowSize: Int { rowNodes * lanes }

  package static func padded(_ size: Int, lanes: Int) -> Int {
    lanes == 1 ? MatrixKernels.padded(size) : size
  }
}

/// Values of every node over time: states, adjoint values, tangents.
package final class Trajectory {
  package let layout: Layout
  package let steps: Int
  private let buffer: Buffer
  /// Row of t = 0; the rows of the past stand before it.
  package let origin: UnsafeMutablePointer<Double>

  package init(_ layout: Layout, steps: Int, for purpose: String) throws {
    let (rows, overflow) = steps.addingReportingOverflow(layout.past)
    let bytes = try MemoryBudget.bytes(
      doubles: [overflow ? Int.max : rows, layout.rowNodes, layout.lanes], for: purpose)
    self.layout = layout
    self.steps = steps
    buffer = try Buffer(count: bytes / MemoryLayout<Double>.stride, for: purpose)
    origin = buffer.pointer + layout.past * layout.rowSize
  }

  package func zero() { buffer.zero() }

  package func copy(from other: Trajectory) { buffer.copy(from: other.buffer) }

  /// Row of time t, from -R on.
  package func row(_ t: Int) -> UnsafeMutablePointer<Double> { origin + t * layout.rowSize }

  /// Value of one node at one time, for what is not a hot loop.
  package func value(_ group: GroupID, _ node: Int, t: Int, lane: Int) -> Double {
    row(t)[(layout.offset(of: group) + node) * layout.lanes + lane]
  }
}
