import BacktuneNetwork
import BacktuneNumerics

/// Rows of a Jacobian by tangents of all weights at once, forward in time, whatever the memory of the network.
///
/// Times and rows are asked for one after the other, `write` then computes them: slices of the columns side by side.
/// Where few values of the past carry a network, its tangents are those of the states alone (`TransitionTangents`), else
/// those of every node (`LaneTangents`).
package final class TangentRows {
  private let tangents: any Tangents
  private var plan = TangentPlan()

  init(_ tangents: any Tangents) { self.tangents = tangents }

  /// - Parameter nodes: those whose rows may be asked for.
  package convenience init(
    _ program: Program, _ history: History, _ columns: Columns,
    nodes: [(group: GroupID, node: Int)]
  ) throws {
    let asked = nodes.map { StateCut.Node(group: $0.group, node: $0.node) }
    let cut = StateCut(program, asked: asked)
    self.init(
      TransitionTangents.workPerStep(cut, program, columns)
        < LaneTangents.workPerStep(program, columns)
        ? try TransitionTangents(cut, program, history, columns, asked)
        : try LaneTangents(program, history, columns, asked))
  }

  /// Multiplications of one time step, about.
  package static func workPerStep(
    _ program: Program, _ columns: Columns, nodes: [(group: GroupID, node: Int)]
  ) -> Double {
    let cut = StateCut(
      program, asked: nodes.map { StateCut.Node(group: $0.group, node: $0.node) })
    return min(
      TransitionTangents.workPerStep(cut, program, columns),
      LaneTangents.workPerStep(program, columns))
  }

  /// Steps before those that it goes through which windows of the history are to hold, beyond what sources reach.
  package var reach: Int { tangents.reach }

  /// Takes the weights, one value a slot, and forgets what was asked for.
  package func load(_ slots: [Double]) {
    tangents.load(slots)
    plan = TangentPlan()
  }

  /// Goes on to time t of a sequence, from 0 on, each after the one before.
  package func step(_ sequence: Int, _ t: Int) { plan.step(sequence, t) }

  /// Asks for the row of a node, by its number, at the time that was gone to, times a weight.
  package func ask(_ node: Int, times weight: Double) { plan.ask(node, times: weight) }

  /// Rows that were asked for, and not written.
  package var rowCount: Int { plan.rows.count }

  /// Writes the rows that were asked for, in their order, and zeros up to a multiple of four; column after column,
  /// `stride` apart.
  /// - Returns: the number of rows, those of zeros included.
  package func write(into chunk: Buffer, stride: Int, poll: Poll) throws -> Int {
    let plan = plan
    self.plan = TangentPlan()
    try tangents.write(plan, into: chunk.pointer, stride: stride, poll: poll)
    return MatrixKernels.padded(plan.rows.count)
  }
}

/// A way of computing tangents.
protocol Tangents: AnyObject {
  var reach: Int { get }
  func load(_ slots: [Double])
  /// Goes through a plan and writes its rows.
  func write(
    _ plan: TangentPlan, into chunk: UnsafeMutablePointer<Double>, stride: Int, poll: Poll) throws
}
