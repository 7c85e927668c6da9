import BacktuneNetwork
import BacktuneNumerics

/// v_i(t) = a_i + sum_k sum_j W^k_ij s^k_j(t - l_k).
final class LearnwareOperation: Operation {
  private let blocks: [WeightBlock]
  /// The same without reference counting, which took 40 % of a step at N = 8.
  private let table: UnsafeMutablePointer<Unmanaged<WeightBlock>>
  private let blockCount: Int
  /// One bias a node (0 without), and the same of a direction.
  private let bias: UnsafeMutablePointer<Double>
  private let biasDirection: UnsafeMutablePointer<Double>
  private let memory: [Buffer]
  private let biasSlots: [Int]

  init(
    _ group: GroupID, _ learnware: Learnware, network: Network, layout: Layout
  ) throws {
    let nodes = Layout.padded(network.size(of: group), lanes: layout.lanes)
    memory = try (0..<2).map { _ in
      try Buffer(count: nodes, for: "bias of group \(network.name(of: group))")
    }
    (bias, biasDirection) = (memory[0].pointer, memory[1].pointer)
    biasSlots =
      learnware.bias.map { network.biasSlots($0, size: network.size(of: group)) } ?? []
    blocks = try learnware.connections.map {
      try makeWeightBlock($0, to: group, network: network, layout: layout)
    }
    blockCount = blocks.count
    table = .allocate(capacity: blockCount)
    for (k, block) in blocks.enumerated() {
      (table + k).initialize(to: .passUnretained(block))
    }
    super.init(group, network: network, layout: layout)
  }

  deinit { table.deinitialize(count: blockCount).deallocate() }

  override func load(_ slots: UnsafePointer<Double>) {
    for (node, slot) in biasSlots.enumerated() { bias[node] = slots[slot] }
    for block in blocks { block.load(slots) }
  }

  override func loadDirection(_ slots: UnsafePointer<Double>) throws {
    for (node, slot) in biasSlots.enumerated() { biasDirection[node] = slots[slot] }
    for block in blocks { try block.loadDirection(slots) }
  }

  override func forward(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = target + place
    for k in 0..<blockCount {
      table[k]._withUnsafeGuaranteedRef {
        $0.multiply(states, into: y, from: k == 0 ? bias : nil, lanes: lanes)
      }
    }
    if blockCount == 0 { spread(bias, y, lanes: lanes) }
  }

  override func adjoint(
    _ states: UnsafePointer<Double>, values: UnsafePointer<Double>, _ eps: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for k in 0..<blockCount {
      table[k]._withUnsafeGuaranteedRef {
        $0.multiplyTransposed(eps + place, into: sums, lanes: lanes)
      }
    }
  }

  override func tangent(
    _ states: UnsafePointer<Double>, _ tangents: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = tangents + place
    spread(biasDirection, y, lanes: lanes)
    for k in 0..<blockCount {
      table[k]._withUnsafeGuaranteedRef { block in
        if !block.isInput { block.multiply(tangents, into: y, from: nil, lanes: lanes) }
        block.multiplyDirection(states, into: y, lanes: lanes)
      }
    }
  }

  override func gradient(
    _ states: Trajectory, _ eps: Trajectory, _ batch: Batch,
    into slots: UnsafeMutablePointer<Double>
  ) throws {
    for (node, slot) in biasSlots.enumerated() {
      var sum = 0.0
      for t in 0..<batch.steps {
        let e = eps.row(t) + place + node * width
        for b in 0..<batch.active[t] { sum += e[b] }
      }
      slots[slot] += sum
    }
    for block in blocks {
      try block.gradient(states, eps, place: place, batch, into: slots)
    }
  }

  private func spread(
    _ bias: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for node in 0..<nodes {
      ScalarKernels.fill(bias[node], y + node * width, count: lanes)
    }
  }
}
