import BacktuneNumerics

/// The partial derivatives of one operation at one time, as a loop over lanes reads them.
protocol Partials {
  /// Whether they stand as the states do, so that whole rows may be swept.
  static var isFlat: Bool { get }

  /// A vector of lanes of value number `value` of a node (n of them count); `place` is that of the node and lane in the group.
  func load(_ value: Int, node: Int, place: Int, n: Int) -> Vector
}

/// Those of as many lanes as a program runs: what `storePartials` wrote.
struct LanePartials: Partials {
  static var isFlat: Bool { true }
  let base: UnsafePointer<Double>
  /// From one value to the next.
  let count: Int

  @inline(__always)
  func load(_ value: Int, node: Int, place: Int, n: Int) -> Vector {
    Lanes.read(base + value * count + place, n)
  }
}

/// Those of one time of a history, the same for all lanes.
struct SharedPartials: Partials {
  static var isFlat: Bool { false }
  let base: UnsafePointer<Double>
  /// Nodes that a value has in the history, whose values stand `stride` apart.
  let nodes: Int
  let stride: Int

  @inline(__always)
  func load(_ value: Int, node: Int, place: Int, n: Int) -> Vector {
    Vector(repeating: base[(value * nodes + node) * stride])
  }
}

/// Those of a history at four times a group of lanes, which stand together.
struct TimePartials: Partials {
  static var isFlat: Bool { false }
  let base: UnsafePointer<Double>
  let nodes: Int
  let stride: Int
  /// Where the times of each group of lanes stand in the run of a value.
  let places: UnsafePointer<Int>
  let width: Int

  @inline(__always)
  func load(_ value: Int, node: Int, place: Int, n: Int) -> Vector {
    let lane = place - node * width
    let own = base + (value * nodes + node) * stride
    let low = MatrixKernels.load(own + places[lane >> 2])
    #if BACKTUNE_V4
      let high = n > 4 ? MatrixKernels.load(own + places[(lane >> 2) + 1]) : .zero
      return Vector(lowHalf: low, highHalf: high)
    #else
      return low
    #endif
  }
}

/// A vector of values, or the n first of them.
enum Lanes {
  @inline(__always)
  static func read(_ p: UnsafePointer<Double>, _ n: Int) -> Vector { Vector(at: p, count: n) }

  @inline(__always)
  static func write(_ v: Vector, _ p: UnsafeMutablePointer<Double>, _ n: Int) {
    v.store(p, count: n)
  }
}
