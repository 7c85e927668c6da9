import BacktuneNetwork
import BacktuneNumerics

/// x_i = exp(z_i / temperature) / sum_j exp(z_j / temperature), the largest z taken out first: no argument overflows.
final class SoftmaxOperation: Operation {
  private let shift: Int
  private let inverseTemperature: Double

  init(_ group: GroupID, _ softmax: SoftmaxBody, network: Network, layout: Layout) {
    let source = softmax.source
    shift = layout.offset(of: source.group) * layout.lanes - source.lag * layout.rowSize
    inverseTemperature = 1 / softmax.temperature
    super.init(group, network: network, layout: layout)
  }

  override func forward(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for lane in 0..<lanes {
      let (z, x) = (states + shift + lane, target + place + lane)
      var largest = z[0]
      for i in 1..<max(size, 1) { largest = max(largest, z[i * width]) }
      var sum = 0.0
      for i in 0..<size {
        x[i * width] = VectorMath.exp((z[i * width] - largest) * inverseTemperature)
        sum += x[i * width]
      }
      for i in 0..<size { x[i * width] /= sum }
    }
  }

  override func adjoint(
    _ states: UnsafePointer<Double>, values: UnsafePointer<Double>, _ eps: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for lane in 0..<lanes {
      apply(values + place + lane, eps + place + lane) { sums[shift + lane + $0] += $1 }
    }
  }

  override func tangent(
    _ states: UnsafePointer<Double>, _ tangents: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for lane in 0..<lanes {
      apply(states + place + lane, tangents + shift + lane) {
        tangents[place + lane + $0] = $1
      }
    }
  }

  override var partialCount: Int { nodes }

  /// Its values, of which the Jacobian is made.
  override func storePartials(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    runs(lanes) {
      ScalarKernels.fill(0, target + $0, count: $1)
      ScalarKernels.addScaled(1, states + place + $0, target + $0, count: $1)
    }
  }

  /// Calls `body(i width, x_i (v_i - x . v) / temperature)`: the Jacobian, which is symmetric, times v.
  @inline(__always)
  private func apply(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ body: (Int, Double) -> Void
  ) {
    var mean = 0.0
    for i in 0..<size { mean += x[i * width] * v[i * width] }
    for i in 0..<size {
      body(i * width, x[i * width] * (v[i * width] - mean) * inverseTemperature)
    }
  }
}
