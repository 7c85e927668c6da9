import BacktuneNetwork
import BacktuneNumerics

/// Values of every node over time: states, adjoint values, tangents.
package final class Trajectory {
  package let layout: Layout
  package let steps: Int
  private let buffer: Buffer
  /// Row of t = 0; the rows of the past stand before it.
  package let origin: UnsafeMutablePointer<Double>

  package convenience init(
    _ layout: Layout, steps: Int, for purpose: String, poll: Poll = .none
  ) throws {
    let bytes = try Self.bytes(layout, steps: steps, for: purpose)
    self.init(
      layout, steps: steps,
      in: try Buffer(count: bytes / MemoryLayout<Double>.stride, for: purpose, poll: poll))
  }

  /// In a buffer with room for it, as it is.
  init(_ layout: Layout, steps: Int, in buffer: Buffer) {
    (self.layout, self.steps, self.buffer) = (layout, steps, buffer)
    origin = buffer.pointer + layout.past * layout.rowSize
  }

  static func bytes(_ layout: Layout, steps: Int, for purpose: String) throws -> Int {
    let (rows, overflow) = steps.addingReportingOverflow(layout.past)
    return try MemoryBudget.bytes(
      doubles: [overflow ? Int.max : rows, layout.rowNodes, layout.lanes], for: purpose)
  }

  /// The same values from a time on, which is then t = 0.
  init(_ whole: Trajectory, from first: Int) {
    (layout, steps, buffer) = (whole.layout, whole.steps - first, whole.buffer)
    origin = whole.row(first)
  }

  package func zero() {
    row(-layout.past).update(repeating: 0, count: (layout.past + steps) * layout.rowSize)
  }

  func zeroPast() {
    row(-layout.past).update(repeating: 0, count: layout.past * layout.rowSize)
  }

  package func copy(from other: Trajectory) { buffer.copy(from: other.buffer) }

  /// Row of time t, from -R on.
  package func row(_ t: Int) -> UnsafeMutablePointer<Double> { origin + t * layout.rowSize }

  /// Value of one node at one time, for what is not a hot loop.
  package func value(_ group: GroupID, _ node: Int, t: Int, lane: Int) -> Double {
    row(t)[layout.place(of: group, node) + lane]
  }
}
