import BacktuneNetwork
import BacktuneNumerics

/// x_i = exp(z_i / temperature) / sum_j exp(z_j / temperature), the largest z taken out first: no argument overflows.
final class SoftmaxOperation: Operation {
  private typealias V = Vector

  let groups: [GroupID]
  let span: Span
  private let shift: Int
  private let isInput: Bool
  private let inverseTemperature: Double

  init(_ groups: [GroupID], _ softmax: SoftmaxBody, _ network: Network, _ layout: Layout) {
    self.groups = groups
    span = Span(groups, network: network, layout: layout)
    shift = layout.shift(to: softmax.source)
    isInput = softmax.source.group == Network.input
    inverseTemperature = 1 / softmax.temperature
  }

  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int) {
    let (size, width) = (span.size, span.width)
    for lane in 0..<lanes {
      let (z, x) = (states + shift + lane, target + span.place + lane)
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

  /// Its values, of which the Jacobian is made.
  var partialCount: Int { span.nodes }

  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int) {
    span.sweep(lanes, isFlat: true, Copy(source: values + span.place, target: target))
  }

  private struct Copy: LaneLoop {
    let source: Values
    let target: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      Lanes.write(Lanes.read(source + place, n), target + place, n)
    }
  }

  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int) {
    let (z, y) = (row + shift, row + span.place)
    multiply(partials, z, lanes) { place, value, n in Lanes.write(value, y + place, n) }
  }

  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int
  ) {
    if isInput { return }
    let s = sums + shift
    multiply(partials, eps + span.place, lanes) { place, value, n in
      Lanes.write(Lanes.read(s + place, n) + value, s + place, n)
    }
  }

  /// Calls `body(place, x_i (v_i - x . v) / temperature, n)` for every node: the Jacobian, which is symmetric, times v.
  @inline(__always)
  private func multiply(
    _ partials: some Partials, _ v: Values, _ lanes: Int, _ body: (Int, V, Int) -> Void
  ) {
    var b = 0
    while b < lanes {
      let n = min(V.width, lanes - b)
      var mean = V.zero
      for node in 0..<span.size {
        let place = node * span.width + b
        let x = partials.load(0, node: node, place: place, n: n)
        mean = multiplyAdd(x, Lanes.read(v + place, n), mean)
      }
      for node in 0..<span.size {
        let place = node * span.width + b
        let x = partials.load(0, node: node, place: place, n: n)
        body(place, x * (Lanes.read(v + place, n) - mean) * inverseTemperature, n)
      }
      b += V.width
    }
  }
}
