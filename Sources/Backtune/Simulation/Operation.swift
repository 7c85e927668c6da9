import BacktuneNetwork
import BacktuneNumerics

/// Groups at work. Rows are pointers to time t of a trajectory; a source at lag l is read l rows before.
///
/// An operation is immutable: weights and scratch come with every call. It yields its partial derivatives, and both
/// products with them, once for all uses: they read partials as `Partials` gives them.
///
/// Adding a kind of operation: one file with its class, and its lines in `OperationReference`.
protocol Operation: AnyObject {
  typealias Values = UnsafePointer<Double>
  typealias Target = UnsafeMutablePointer<Double>

  /// The groups computed, side by side in a row.
  var groups: [GroupID] { get }
  /// Where they stand.
  var span: Span { get }
  /// Values that `storePartials` writes, lanes apart.
  var partialCount: Int { get }

  /// Packs the weights, one value a slot, or a direction in which they move.
  func pack(_ slots: Values, into weights: Target)

  /// x~(t) of the groups, from the states of their sources, into `target`'s row.
  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int)

  /// Writes the derivatives by the sources that depend on the states, [value][lane]; `values` is the row into which
  /// `forward` wrote.
  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int)

  /// The derivative of the groups along the tangents of their sources, in the same row.
  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int)

  /// Adds what the weights' own direction contributes to a tangent.
  func addDirection(_ direction: Frame, _ states: Values, into row: Target, lanes: Int)

  /// Adds beta^T eps, the pull of the groups' adjoint values on their sources, to their rows of `sums`.
  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int)

  /// The same with the partial derivatives at `states`, see `storePartials`; these may come to stand in `scratch`.
  ///
  /// - Parameter isAdjoint: whether it is called from the last time to the first, so that what was agreed on by
  ///   `takeFirst` holds.
  func pull(
    _ frame: Frame, _ states: Values, values: Values, scratch: Target, _ eps: Target,
    into sums: Target, lanes: Int, isAdjoint: Bool)

  /// Has the pull on a source, which comes to a row of adjoint values before all others, write there instead of adding.
  /// - Returns: false where it adds all the same.
  func takeFirst(_ source: Source) -> Bool

  /// Values of the sums that a gradient is taken of.
  var gradientCount: Int { get }

  /// Adds eps(t) phi(t) of some times to sums, in a form of the operation's own.
  func addGradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>,
    into sums: Target)

  /// Adds such sums to the gradient of each slot.
  func takeGradient(_ sums: Values, into slots: Target)
}

extension Operation {
  func pack(_ slots: Values, into weights: Target) {}
  func addDirection(_ direction: Frame, _ states: Values, into row: Target, lanes: Int) {}
  func takeFirst(_ source: Source) -> Bool { false }
  var gradientCount: Int { 0 }
  func addGradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch, _ times: Range<Int>,
    into sums: Target
  ) {}
  func takeGradient(_ sums: Values, into slots: Target) {}

  @inline(__always)
  func pull(
    _ frame: Frame, _ states: Values, values: Values, scratch: Target, _ eps: Target,
    into sums: Target, lanes: Int, isAdjoint: Bool
  ) {
    storePartials(states, values: values, into: scratch, lanes: lanes)
    adjoint(frame, LanePartials(base: scratch, count: span.count), eps, into: sums, lanes: lanes)
  }
}

/// What a call reads beside states: packed weights.
struct Frame {
  let weights: UnsafePointer<Double>
}

/// Where the groups of an operation stand in a row.
struct Span {
  /// Place of the first value, and number of values (nodes, padding included, times lanes).
  let place: Int
  let count: Int
  /// Nodes of all groups, nodes with padding, and lanes.
  let size: Int
  let nodes: Int
  let width: Int

  init(_ groups: [GroupID], network: Network, layout: Layout) {
    width = layout.lanes
    size = groups.reduce(0) { $0 + network.size(of: $1) }
    nodes = groups.reduce(0) { $0 + Layout.padded(network.size(of: $1), lanes: layout.lanes) }
    place = layout.place(of: groups[0])
    count = nodes * layout.lanes
  }

  /// Runs a loop over vectors of n values of the running lanes: whole rows at once where all lanes run and nodes need
  /// not be told apart.
  @inline(__always)
  func sweep(_ lanes: Int, isFlat: Bool, _ loop: some LaneLoop) {
    let isFlat = width == 1 || (isFlat && lanes == width)
    let (outer, inner) = isFlat ? (1, count) : (nodes, lanes)
    for node in 0..<outer {
      let first = node * width
      var b = 0
      while b + Vector.width <= inner {
        loop.run(place: first + b, node: node, Vector.width)
        b += Vector.width
      }
      if b < inner { Self.tail(loop, first + b, node, inner - b) }
    }
  }

  /// Zeros the lanes that do not run.
  @inline(__always)
  func clearEnded(_ lanes: Int, _ values: UnsafeMutablePointer<Double>) {
    Self.clearEnded(lanes, values, nodes: nodes, width: width)
  }

  @inline(__always)
  static func clearEnded(
    _ lanes: Int, _ values: UnsafeMutablePointer<Double>, nodes: Int, width: Int
  ) {
    if lanes == width { return }
    for node in 0..<nodes {
      (values + node * width + lanes).update(repeating: 0, count: width - lanes)
    }
  }

  @inline(never)
  private static func tail(_ loop: some LaneLoop, _ place: Int, _ node: Int, _ n: Int) {
    loop.run(place: place, node: node, n)
  }
}

/// What is done with vectors of lanes. A type of its own for each, inlined with a constant n: of a closure that is called
/// for whole vectors and for what is left over, the compiler made halves of vectors, which ran half as fast.
protocol LaneLoop {
  /// - Parameters:
  ///   - place: of the node and lane in the group.
  ///   - n: how many lanes of the vector count.
  func run(place: Int, node: Int, _ n: Int)
}

/// Room in packed weights and in scratch, handed out while a program is made.
struct ProgramMemory {
  private(set) var weights = 0

  /// The place of so many values, on a cache line of its own.
  mutating func takeWeights(_ count: Int) -> Int {
    defer { weights += (count + 7) & ~7 }
    return weights
  }
}

/// An operation for the loops: no reference counting, and code compiled for its kind.
enum OperationReference {
  case learnware(Unmanaged<LearnwareOperation>)
  case firmware(Unmanaged<FirmwareOperation>)
  case softmax(Unmanaged<SoftmaxOperation>)
  case measured(Unmanaged<MeasuredOperation>)

  /// What makes the operation of some groups.
  static func make(
    _ groups: [GroupID], _ network: Network, _ layout: Layout, _ memory: inout ProgramMemory
  ) throws -> any Operation {
    switch network.groups[groups[0]].body {
    case .learnware: try LearnwareOperation(groups, network, layout, &memory)
    case .firmware(let body): FirmwareOperation(groups, body, network, layout)
    case .softmax(let body): SoftmaxOperation(groups, body, network, layout)
    case .measured(let body): MeasuredOperation(groups, body, network, layout)
    }
  }

  init?(_ operation: any Operation) {
    switch operation {
    case let operation as LearnwareOperation: self = .learnware(.passUnretained(operation))
    case let operation as FirmwareOperation: self = .firmware(.passUnretained(operation))
    case let operation as SoftmaxOperation: self = .softmax(.passUnretained(operation))
    case let operation as MeasuredOperation: self = .measured(.passUnretained(operation))
    default: return nil
    }
  }

  @inline(__always)
  func use(_ user: some OperationUser) {
    switch self {
    case .learnware(let reference): reference._withUnsafeGuaranteedRef { user.run($0) }
    case .firmware(let reference): reference._withUnsafeGuaranteedRef { user.run($0) }
    case .softmax(let reference): reference._withUnsafeGuaranteedRef { user.run($0) }
    case .measured(let reference): reference._withUnsafeGuaranteedRef { user.run($0) }
    }
  }
}

/// What is to be done with an operation whose kind is known at run time only.
protocol OperationUser {
  func run(_ operation: some Operation)
}
