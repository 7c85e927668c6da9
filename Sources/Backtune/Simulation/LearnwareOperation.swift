import BacktuneNetwork
import BacktuneNumerics

/// v_i(t) = a_i + sum_k sum_j W^k_ij s^k_j(t - l_k).
final class LearnwareOperation: Operation {
  private let blocks: [WeightBlock]
  /// One bias a node (0 without), and the same of a direction.
  private let bias: Buffer
  private let biasDirection: Buffer
  private let biasSlots: [Int]

  init(
    _ group: GroupID, _ learnware: Learnware, network: Network, layout: Layout
  ) throws {
    let nodes = Layout.padded(network.size(of: group), lanes: layout.lanes)
    bias = try Buffer(count: nodes, for: "bias of group \(network.name(of: group))")
    biasDirection = try Buffer(count: nodes, for: "bias of group \(network.name(of: group))")
    biasSlots =
      learnware.bias.map { network.biasSlots($0, size: network.size(of: group)) } ?? []
    blocks = try learnware.connections.map {
      try makeWeightBlock($0, to: group, network: network, layout: layout)
    }
    super.init(group, network: network, layout: layout)
  }

  override func load(_ slots: UnsafePointer<Double>) {
    for (node, slot) in biasSlots.enumerated() { bias.pointer[node] = slots[slot] }
    for block in blocks { block.load(slots) }
  }

  override func loadDirection(_ slots: UnsafePointer<Double>) throws {
    for (node, slot) in biasSlots.enumerated() { biasDirection.pointer[node] = slots[slot] }
    for block in blocks { try block.loadDirection(slots) }
  }

  override func forward(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = target + place
    var isFirst = true
    for block in blocks {
      block.multiply(states, into: y, from: isFirst ? bias.pointer : nil, lanes: lanes)
      isFirst = false
    }
    if isFirst { spread(bias.pointer, y, lanes: lanes) }
  }

  override func adjoint(
    _ states: UnsafePointer<Double>, values: UnsafePointer<Double>, _ eps: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for block in blocks { block.multiplyTransposed(eps + place, into: sums, lanes: lanes) }
  }

  override func tangent(
    _ states: UnsafePointer<Double>, _ tangents: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = tangents + place
    spread(biasDirection.pointer, y, lanes: lanes)
    for block in blocks {
      block.multiply(tangents, into: y, from: nil, lanes: lanes)
      block.multiplyDirection(states, into: y, lanes: lanes)
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
