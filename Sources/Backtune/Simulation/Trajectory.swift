import BacktuneNetwork
import BacktuneNumerics

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

  /// The same values from a time on, which is then t = 0.
  init(_ whole: Trajectory, from first: Int) {
    (layout, steps, buffer) = (whole.layout, whole.steps - first, whole.buffer)
    origin = whole.row(first)
  }

  package func zero() { buffer.zero() }

  package func copy(from other: Trajectory) { buffer.copy(from: other.buffer) }

  /// Row of time t, from -R on.
  package func row(_ t: Int) -> UnsafeMutablePointer<Double> { origin + t * layout.rowSize }

  /// Value of one node at one time, for what is not a hot loop.
  package func value(_ group: GroupID, _ node: Int, t: Int, lane: Int) -> Double {
    row(t)[layout.place(of: group, node) + lane]
  }
}
