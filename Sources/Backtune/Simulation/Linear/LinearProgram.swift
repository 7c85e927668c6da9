import BacktuneNetwork
import BacktuneNumerics

/// A network linearised at simulated states, run over lanes that are perturbations: directions of the weights, forward in
/// time, or output times whose impulses go backward.
///
/// It reads its derivatives from a `History`. Rows are those of its program's layout, of 4 lanes or more.
final class LinearProgram {
  let program: Program
  private let table: UnsafeMutableBufferPointer<Item>

  /// An operation, with its partial derivatives in the history: the first of its values, and the nodes of each.
  private struct Item {
    let operation: OperationReference
    let place: Int
    let first: Int
    let nodes: Int
  }

  init(_ source: Program, lanes: Int) throws {
    program = try Program(source, lanes: lanes)
    var first = Layout(unpadded: program).rowNodes
    var items: [Item] = []
    for own in program.operations {
      guard let operation = OperationReference(own) else { continue }
      items.append(
        Item(operation: operation, place: own.span.place, first: first, nodes: own.span.size))
      first += own.partialCount
    }
    table = .table(items)
  }

  deinit { table.deallocate() }

  var layout: Layout { program.layout }
  /// Multiplications of one time step and lane, about.
  var workPerStep: Int { program.workPerStep }

  private struct Tangent: OperationUser {
    let frame: Frame
    let partials: SharedPartials
    let row: UnsafeMutablePointer<Double>
    let lanes: Int

    @inline(__always)
    func run(_ operation: some Operation) {
      operation.tangent(frame, partials, row, lanes: lanes)
    }
  }

  /// One time forward: the tangents of every group, in a row. After each operation `seed(its number, its place)` may add
  /// what its own weights contribute.
  ///
  /// - Parameter values: the history at that time of the sequence; the next value is `stride` further.
  @inline(__always)
  func tangent(
    _ weights: PackedWeights, _ row: UnsafeMutablePointer<Double>,
    at values: UnsafePointer<Double>, stride: Int,
    seed: (Int, UnsafeMutablePointer<Double>) -> Void
  ) {
    let (table, frame, lanes) = (table, Frame(weights: weights.values), layout.lanes)
    for k in 0..<table.count {
      let item = table[k]
      item.operation.use(
        Tangent(
          frame: frame,
          partials: SharedPartials(
            base: values + item.first * stride, nodes: item.nodes, stride: stride),
          row: row, lanes: lanes))
      seed(k, row + item.place)
    }
  }

  private struct Adjoint: OperationUser {
    let frame: Frame
    let partials: TimePartials
    let row: UnsafeMutablePointer<Double>
    let lanes: Int

    @inline(__always)
    func run(_ operation: some Operation) {
      operation.adjoint(frame, partials, row, into: row, lanes: lanes)
    }
  }

  /// One time backward: adds the pull of every group on its sources, for the first `quads` groups of four lanes.
  ///
  /// - Parameters:
  ///   - history: values of the four times of a group of lanes stand together.
  ///   - places: where they stand in the run of a value, one a group of lanes, at age 0.
  func adjoint(
    _ weights: PackedWeights, _ row: UnsafeMutablePointer<Double>,
    history: UnsafePointer<Double>, stride: Int, places: UnsafePointer<Int>, age: Int, quads: Int
  ) {
    var k = table.count - 1
    while k >= 0 {
      adjoint(
        k, weights, row, history: history, stride: stride, places: places, age: age, quads: quads)
      k -= 1
    }
  }

  /// The same of one operation.
  @inline(__always)
  func adjoint(
    _ operation: Int, _ weights: PackedWeights, _ row: UnsafeMutablePointer<Double>,
    history: UnsafePointer<Double>, stride: Int, places: UnsafePointer<Int>, age: Int, quads: Int
  ) {
    let item = table[operation]
    item.operation.use(
      Adjoint(
        frame: Frame(weights: weights.values),
        partials: TimePartials(
          base: history + item.first * stride + age, nodes: item.nodes, stride: stride,
          places: places, width: layout.lanes),
        row: row, lanes: 4 * quads))
  }
}
