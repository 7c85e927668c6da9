import BacktuneNetwork
import BacktuneNumerics

/// x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)).
final class FirmwareOperation: Operation {
  /// A factor, ready to run: where its source stands from the row of time t.
  private struct Part {
    let function: ScalarFunction
    let shift: Int
    let isBroadcast: Bool
    /// The network input has no adjoint value.
    let isInput: Bool
  }

  private struct Sum {
    let coefficient: Double
    let first: Int
    let factors: Int
  }

  private let parts: UnsafeMutablePointer<Part>
  private let sums: UnsafeMutablePointer<Sum>
  private let partCount: Int
  private let sumCount: Int
  /// One value a node each: a product, a factor of it, a broadcast source.
  private let product: UnsafeMutablePointer<Double>
  private let value: UnsafeMutablePointer<Double>
  private let spread: UnsafeMutablePointer<Double>
  private let memory: Buffer
  /// Mean and half range where the group is zeta(s) alone, whose slope follows from its value.
  private let bareZeta: (mean: Double, half: Double)?

  init(
    _ group: GroupID, _ firmware: Firmware, network: Network, layout: Layout
  ) throws {
    let all = firmware.terms.flatMap(\.factors)
    let block = Layout.padded(network.size(of: group), lanes: layout.lanes) * layout.lanes
    memory = try Buffer(count: block * 3, for: "group \(network.name(of: group))")
    (product, value) = (memory.pointer, memory.pointer + block)
    spread = memory.pointer + 2 * block
    partCount = all.count
    sumCount = firmware.terms.count
    parts = .allocate(capacity: partCount)
    sums = .allocate(capacity: sumCount)
    for (k, factor) in all.enumerated() {
      let source = factor.source
      let shift = layout.offset(of: source.group) * layout.lanes - source.lag * layout.rowSize
      let isBroadcast =
        network.size(of: source.group) == 1 && network.size(of: group) != 1
      (parts + k).initialize(
        to: Part(
          function: factor.function, shift: shift, isBroadcast: isBroadcast,
          isInput: source.group == Network.input))
    }
    var first = 0
    for (k, term) in firmware.terms.enumerated() {
      (sums + k).initialize(
        to: Sum(coefficient: term.coefficient, first: first, factors: term.factors.count))
      first += term.factors.count
    }
    if all.count == 1, firmware.terms.count == 1, !parts[0].isBroadcast,
      !parts[0].isInput, firmware.terms[0].coefficient == 1,
      case .zeta(let a, let b) = all[0].function
    {
      bareZeta = ((a + b) / 2, (b - a) / 2)
    } else {
      bareZeta = nil
    }
    super.init(group, network: network, layout: layout)
  }

  deinit {
    parts.deinitialize(count: partCount).deallocate()
    sums.deinitialize(count: sumCount).deallocate()
  }

  /// The source of a factor, one value a node: its place in the row, or a copy spread over the nodes.
  @inline(__always)
  private func source(
    _ part: Part, _ row: UnsafePointer<Double>, lanes: Int
  ) -> UnsafePointer<Double> {
    let x = row + part.shift
    guard part.isBroadcast else { return x }
    for node in 0..<nodes {
      for b in 0..<lanes { spread[node * width + b] = x[b] }
    }
    return UnsafePointer(spread)
  }

  override func forward(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = target + place
    if bareZeta != nil {
      // The most frequent group of all, without the loop over terms.
      let x = states + parts[0].shift
      runs(lanes) { ScalarKernels.store(parts[0].function, 1, x + $0, y + $0, count: $1) }
      return
    }
    let isStored = sumCount > 0 && sums[0].factors == 1
    if !isStored { runs(lanes) { ScalarKernels.fill(0, y + $0, count: $1) } }
    for k in 0..<sumCount {
      let sum = sums[k]
      if sum.factors == 0 {
        runs(lanes) { ScalarKernels.addConstant(sum.coefficient, y + $0, count: $1) }
        continue
      }
      let part = parts[sum.first]
      let x = source(part, states, lanes: lanes)
      if sum.factors == 1 {
        runs(lanes) {
          if k == 0 {
            ScalarKernels.store(part.function, sum.coefficient, x + $0, y + $0, count: $1)
          } else {
            ScalarKernels.add(part.function, sum.coefficient, x + $0, y + $0, count: $1)
          }
        }
        continue
      }
      runs(lanes) {
        ScalarKernels.store(part.function, sum.coefficient, x + $0, product + $0, count: $1)
      }
      for m in sum.first + 1..<sum.first + sum.factors {
        multiply(parts[m], states, lanes: lanes)
      }
      runs(lanes) { ScalarKernels.addScaled(1, product + $0, y + $0, count: $1) }
    }
  }

  /// product *= f(s) of one factor.
  private func multiply(_ part: Part, _ states: UnsafePointer<Double>, lanes: Int) {
    let x = source(part, states, lanes: lanes)
    runs(lanes) {
      ScalarKernels.store(part.function, 1, x + $0, value + $0, count: $1)
      ScalarKernels.multiply(value + $0, product + $0, count: $1)
    }
  }

  override func adjoint(
    _ states: UnsafePointer<Double>, values: UnsafePointer<Double>, _ eps: UnsafePointer<Double>,
    into pulls: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let e = eps + place
    if let bareZeta {
      let (s, v) = (pulls + parts[0].shift, values + place)
      runs(lanes) {
        ScalarKernels.addZetaSlope(
          mean: bareZeta.mean, half: bareZeta.half, 1, value: v + $0, e + $0, s + $0, count: $1)
      }
      return
    }
    for k in 0..<sumCount {
      let sum = sums[k]
      if sum.factors == 1, !parts[sum.first].isBroadcast {
        if parts[sum.first].isInput { continue }
        let part = parts[sum.first]
        let (x, s) = (states + part.shift, pulls + part.shift)
        runs(lanes) {
          ScalarKernels.addSlope(
            part.function, sum.coefficient, x + $0, e + $0, s + $0, count: $1)
        }
        continue
      }
      for m in 0..<sum.factors where !parts[sum.first + m].isInput {
        let part = parts[sum.first + m]
        let beta = partialProduct(sum, m, states, lanes: lanes)
        let s = pulls + part.shift
        if part.isBroadcast {
          // Nodes only: what stands in the padding may be infinite.
          for node in 0..<size {
            for b in 0..<lanes { s[b] += beta[node * width + b] * e[node * width + b] }
          }
        } else {
          runs(lanes) { ScalarKernels.addProduct(1, beta + $0, e + $0, s + $0, count: $1) }
        }
      }
    }
  }

  override func tangent(
    _ states: UnsafePointer<Double>, _ tangents: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    let y = tangents + place
    runs(lanes) { ScalarKernels.fill(0, y + $0, count: $1) }
    if let bareZeta {
      let (dx, v) = (tangents + parts[0].shift, states + place)
      runs(lanes) {
        ScalarKernels.addZetaSlope(
          mean: bareZeta.mean, half: bareZeta.half, 1, value: v + $0, dx + $0, y + $0, count: $1)
      }
      return
    }
    for k in 0..<sumCount {
      let sum = sums[k]
      if sum.factors == 1, !parts[sum.first].isBroadcast {
        let part = parts[sum.first]
        let (x, dx) = (states + part.shift, tangents + part.shift)
        runs(lanes) {
          ScalarKernels.addSlope(
            part.function, sum.coefficient, x + $0, dx + $0, y + $0, count: $1)
        }
        continue
      }
      for m in 0..<sum.factors where !parts[sum.first + m].isInput {
        let beta = partialProduct(sum, m, states, lanes: lanes)
        let dx = source(parts[sum.first + m], tangents, lanes: lanes)
        runs(lanes) { ScalarKernels.addProduct(1, beta + $0, dx + $0, y + $0, count: $1) }
      }
    }
  }

  override var partialCount: Int { partCount * nodes }

  /// The derivative of each node by each factor's source, factor after factor.
  override func storePartials(
    _ states: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, lanes: Int
  ) {
    for k in 0..<sumCount {
      let sum = sums[k]
      for m in 0..<sum.factors {
        let beta = partialProduct(sum, m, states, lanes: lanes)
        let place = target + (sum.first + m) * count
        runs(lanes) {
          ScalarKernels.fill(0, place + $0, count: $1)
          ScalarKernels.addScaled(1, beta + $0, place + $0, count: $1)
        }
      }
    }
  }

  /// c f_m'(s_m) prod_{j != m} f_j(s_j), one value a node.
  private func partialProduct(
    _ sum: Sum, _ m: Int, _ states: UnsafePointer<Double>, lanes: Int
  ) -> UnsafePointer<Double> {
    let part = parts[sum.first + m]
    let x = source(part, states, lanes: lanes)
    runs(lanes) {
      ScalarKernels.storeSlope(part.function, x + $0, value + $0, count: $1)
      ScalarKernels.fill(0, product + $0, count: $1)
      ScalarKernels.addScaled(sum.coefficient, value + $0, product + $0, count: $1)
    }
    for j in 0..<sum.factors where j != m {
      multiply(parts[sum.first + j], states, lanes: lanes)
    }
    return UnsafePointer(product)
  }
}
