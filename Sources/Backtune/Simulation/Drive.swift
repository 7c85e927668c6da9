import BacktuneNetwork
import BacktuneNumerics

/// Where slopes of a cost enter the adjoint of a program.
package final class Drive {
  /// Values of a group that have slopes of their own: their places in a row of adjoint values, and in one of slopes.
  struct Run {
    let place: Int
    let slope: Int
    let count: Int
  }

  /// Of one operation: its values, and the runs among them.
  struct Part {
    let place: Int
    let count: Int
    let runs: UnsafeMutableBufferPointer<Run>
  }

  let parts: UnsafeMutableBufferPointer<Part>
  /// Of all operations, and the values of a row of all nodes, and of one of slopes.
  let runs: UnsafeMutableBufferPointer<Run>
  let rowSize: Int
  let slopeSize: Int
  /// Whether values stand in whole vectors, and are added so: a vector that is loaded after one of its values was stored
  /// waits for the memory.
  private let isPadded: Bool
  /// Of the slopes.
  package let layout: Layout

  /// - Parameter groups: the first nodes of these have slopes.
  package init(_ program: Program, _ groups: [Observed]) {
    let (own, lanes) = (program.layout, program.layout.lanes)
    let layout = Layout(program.network, only: groups, lanes: lanes)
    (self.layout, isPadded) = (layout, lanes == 1)
    (rowSize, slopeSize) = (own.rowSize, layout.rowSize)
    func run(_ item: Observed) -> Run {
      Run(
        place: own.place(of: item.group), slope: layout.place(of: item.group),
        count: item.count * lanes)
    }
    runs = .table(groups.map(run))
    parts = .table(
      program.operations.map { operation in
        Part(
          place: operation.span.place, count: operation.span.count,
          runs: .table(groups.filter { operation.groups.contains($0.group) }.map(run)))
      })
  }

  /// Copies the values that have slopes out of a row of all nodes.
  @inline(__always)
  func gather(_ row: UnsafePointer<Double>, into own: UnsafeMutablePointer<Double>) {
    for run in runs { (own + run.slope).update(from: row + run.place, count: run.count) }
  }

  /// Adds the slopes of one operation to a row of adjoint values.
  @inline(__always)
  func add(
    _ slopes: UnsafePointer<Double>, of part: Part, to row: UnsafeMutablePointer<Double>
  ) {
    for run in part.runs {
      let (e, slope) = (row + run.place, slopes + run.slope)
      var i = 0
      while i + Vector.width <= run.count {
        (Vector(at: e + i) + Vector(at: slope + i)).store(e + i)
        i += Vector.width
      }
      if i == run.count { continue }
      if isPadded {
        (Vector(at: e + i) + Vector(at: slope + i, count: run.count - i)).store(e + i)
      } else {
        for k in i..<run.count { e[k] += slope[k] }
      }
    }
  }

  deinit {
    for part in parts { part.runs.deallocate() }
    parts.deallocate()
    runs.deallocate()
  }
}
