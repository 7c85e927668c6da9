import BacktuneNetwork
import BacktuneNumerics

/// A network linearised at simulated states, made ready to run over lanes that are perturbations: directions of the
/// weights, forward in time, or output times whose impulses go backward.
///
/// It reads its derivatives from a `History`. Rows are those of a `Layout` with as many lanes, 4 or more.
package final class LinearPlan {
  package let layout: Layout
  /// Multiplications of one time step and lane, about.
  package let workPerStep: Int
  private let blocks: [WeightBlock]
  private let table: UnsafeMutablePointer<Unmanaged<WeightBlock>>
  private let factors: UnsafeMutablePointer<Factor>
  private let factorCount: Int
  private let items: UnsafeMutablePointer<Item>
  private let itemCount: Int
  private let mean: Buffer

  /// A factor of a firmware group: value number `partial` of the history (one a node) times the source.
  private struct Factor {
    let partial: Int
    let shift: Int
    let isBroadcast: Bool
  }

  /// A group: its place in a row, and its parts.
  private struct Item {
    let place: Int
    let size: Int
    let blocks: Range<Int>
    let factors: Range<Int>
    /// A softmax: the first of its values in the history, its source, 1 / temperature.
    let softmax: (values: Int, shift: Int, inverseTemperature: Double)?
  }

  package init(_ plan: Plan, lanes: Int) throws {
    let network = plan.network
    let layout = Layout(network, lanes: lanes)
    self.layout = layout
    mean = try Buffer(count: lanes, for: "linearised network")
    func shift(_ source: Source) -> Int {
      layout.offset(of: source.group) * lanes - source.lag * layout.rowSize
    }
    var blocks: [WeightBlock] = []
    var (factors, items): ([Factor], [Item]) = ([], [])
    var partial = plan.layout.rowNodes
    for operation in plan.operations {
      let group = network.groups[operation.group]
      let (firstBlock, firstFactor) = (blocks.count, factors.count)
      var softmax: (Int, Int, Double)?
      // The network input moves with nothing.
      switch group.body {
      case .learnware(let body):
        for connection in body.connections where connection.source.group != Network.input {
          blocks.append(
            try makeWeightBlock(
              connection, to: operation.group, network: network, layout: layout))
        }
      case .firmware(let body):
        for (k, factor) in body.terms.flatMap(\.factors).enumerated()
        where factor.source.group != Network.input {
          factors.append(
            Factor(
              partial: partial + k * operation.nodes, shift: shift(factor.source),
              isBroadcast: network.size(of: factor.source.group) == 1 && group.size != 1))
        }
      case .softmax(let body):
        if body.source.group != Network.input {
          softmax = (partial, shift(body.source), 1 / body.temperature)
        }
      }
      partial += operation.partialCount
      items.append(
        Item(
          place: layout.offset(of: operation.group) * lanes, size: group.size,
          blocks: firstBlock..<blocks.count, factors: firstFactor..<factors.count,
          softmax: softmax))
    }
    // Nothing throws from here on: an initialiser that throws runs no deinit.
    self.blocks = blocks
    (factorCount, itemCount) = (factors.count, items.count)
    table = .allocate(capacity: blocks.count)
    for (k, block) in blocks.enumerated() {
      (table + k).initialize(to: .passUnretained(block))
    }
    self.factors = .allocate(capacity: factorCount)
    for (k, factor) in factors.enumerated() { (self.factors + k).initialize(to: factor) }
    self.items = .allocate(capacity: itemCount)
    for (k, item) in items.enumerated() { (self.items + k).initialize(to: item) }
    workPerStep =
      network.entryCount
      + items.reduce(0) { $0 + $1.size * (1 + $1.factors.count + ($1.softmax == nil ? 0 : 3)) }
  }

  deinit {
    table.deinitialize(count: blocks.count).deallocate()
    factors.deinitialize(count: factorCount).deallocate()
    items.deinitialize(count: itemCount).deallocate()
  }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) {
    slots.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for block in blocks { block.load(base) }
    }
  }

  /// One time forward: the tangents of every group, in a row. After each group `seed(number of the group, its place)`
  /// may add what its own weights contribute.
  ///
  /// - Parameter values: the history at that time of the sequence; the next value is `stride` further.
  func tangent(
    _ row: UnsafeMutablePointer<Double>, at values: UnsafePointer<Double>, stride: Int,
    seed: (Int, UnsafeMutablePointer<Double>) -> Void
  ) {
    let lanes = layout.lanes
    for k in 0..<itemCount {
      let item = items[k]
      let y = row + item.place
      ScalarKernels.fill(0, y, count: item.size * lanes)
      for b in item.blocks {
        table[b]._withUnsafeGuaranteedRef { $0.multiply(row, into: y, from: nil, lanes: lanes) }
      }
      for f in item.factors {
        let factor = factors[f]
        for node in 0..<item.size {
          let source = row + factor.shift + (factor.isBroadcast ? 0 : node * lanes)
          ScalarKernels.addScaled(
            values[(factor.partial + node) * stride], source, y + node * lanes, count: lanes)
        }
      }
      if let softmax = item.softmax {
        let (z, mean) = (row + softmax.shift, mean.pointer)
        ScalarKernels.fill(0, mean, count: lanes)
        for node in 0..<item.size {
          let x = values[(softmax.values + node) * stride]
          ScalarKernels.addScaled(x, z + node * lanes, mean, count: lanes)
        }
        for node in 0..<item.size {
          let x = values[(softmax.values + node) * stride] * softmax.inverseTemperature
          ScalarKernels.addScaled(x, z + node * lanes, y + node * lanes, count: lanes)
          ScalarKernels.addScaled(-x, mean, y + node * lanes, count: lanes)
        }
      }
      seed(k, y)
    }
  }

  /// One time backward: adds the pull of every group on its sources, for the first `quads` groups of four lanes.
  ///
  /// - Parameters:
  ///   - history: values of the four times of a group of lanes stand together.
  ///   - places: where they stand in the run of a value, one a group of lanes, at age 0.
  func adjoint(
    _ row: UnsafeMutablePointer<Double>, history: UnsafePointer<Double>, stride: Int,
    places: UnsafePointer<Int>, age: Int, quads: Int
  ) {
    typealias K = MatrixKernels
    let lanes = layout.lanes
    var k = itemCount - 1
    while k >= 0 {
      let item = items[k]
      let e = row + item.place
      for b in item.blocks {
        table[b]._withUnsafeGuaranteedRef {
          $0.multiplyTransposed(e, into: row, lanes: 4 * quads)
        }
      }
      for f in item.factors {
        let factor = factors[f]
        for node in 0..<item.size {
          let beta = history + (factor.partial + node) * stride + age
          let s = row + factor.shift + (factor.isBroadcast ? 0 : node * lanes)
          let en = e + node * lanes
          for q in 0..<quads {
            K.store(
              multiplyAdd(K.load(beta + places[q]), K.load(en + 4 * q), K.load(s + 4 * q)),
              s + 4 * q)
          }
        }
      }
      if let softmax = item.softmax {
        let s = row + softmax.shift
        for q in 0..<quads {
          let x = history + softmax.values * stride + age + places[q]
          var mean = SIMD4<Double>.zero
          for node in 0..<item.size {
            mean = multiplyAdd(K.load(x + node * stride), K.load(e + node * lanes + 4 * q), mean)
          }
          for node in 0..<item.size {
            let place = node * lanes + 4 * q
            let pull = K.load(x + node * stride) * softmax.inverseTemperature
            K.store(multiplyAdd(pull, K.load(e + place) - mean, K.load(s + place)), s + place)
          }
        }
      }
      k -= 1
    }
  }
}
