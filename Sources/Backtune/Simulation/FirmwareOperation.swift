import BacktuneNetwork
import BacktuneNumerics

/// x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)).
final class FirmwareOperation: Operation {
  private typealias V = SIMD4<Double>

  /// A factor: where its source stands from the row of time t.
  private struct Part {
    let function: FactorFunction
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

  let groups: [GroupID]
  let span: Span
  private let parts: UnsafeMutablePointer<Part>
  private let sums: UnsafeMutablePointer<Sum>
  private let partCount: Int
  private let sumCount: Int
  private let hasBroadcast: Bool
  /// Whether the group is a squashing function of another alone, whose slope follows from its value.
  private let isBareSquash: Bool

  init(_ groups: [GroupID], _ firmware: Firmware, _ network: Network, _ layout: Layout) {
    self.groups = groups
    span = Span(groups, network: network, layout: layout)
    let all = firmware.terms.flatMap(\.factors)
    partCount = all.count
    sumCount = firmware.terms.count
    parts = .allocate(capacity: partCount)
    sums = .allocate(capacity: sumCount)
    for (k, factor) in all.enumerated() {
      let source = factor.source
      (parts + k).initialize(
        to: Part(
          function: FactorFunction(factor.function), shift: layout.shift(to: source),
          isBroadcast: network.size(of: source.group) == 1 && span.size != 1,
          isInput: source.group == Network.input))
    }
    var first = 0
    for (k, term) in firmware.terms.enumerated() {
      (sums + k).initialize(
        to: Sum(coefficient: term.coefficient, first: first, factors: term.factors.count))
      first += term.factors.count
    }
    hasBroadcast = (0..<partCount).contains { [parts] in parts[$0].isBroadcast }
    isBareSquash =
      partCount == 1 && sumCount == 1 && !hasBroadcast && sums[0].coefficient == 1
      && parts[0].function.kind == .squash
  }

  deinit {
    parts.deinitialize(count: partCount).deallocate()
    sums.deinitialize(count: sumCount).deallocate()
  }

  var partialCount: Int { partCount * span.nodes }

  /// Four values of the source of a factor.
  @inline(__always)
  private func source(_ part: Part, _ row: Values, _ place: Int, _ node: Int, _ n: Int) -> V {
    guard part.isBroadcast else { return Lanes.read(row + part.shift + place, n) }
    if span.width == 1 { return V(repeating: row[part.shift]) }
    return Lanes.read(row + part.shift + place - node * span.width, n)
  }

  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int) {
    let y = target + span.place
    if isBareSquash {
      // The most frequent group of all, without the loops over terms and factors.
      let (f, x) = (parts[0].function, states + parts[0].shift)
      span.sweep(lanes, isFlat: true) { place, _, n in
        Lanes.write(f.squashed(Lanes.read(x + place, n)), y + place, n)
      }
      return
    }
    span.sweep(lanes, isFlat: !hasBroadcast) { place, node, n in
      var sum = V.zero
      for k in 0..<sumCount {
        let term = sums[k]
        var product = V(repeating: term.coefficient)
        for m in term.first..<term.first + term.factors {
          product *= parts[m].function.value(source(parts[m], states, place, node, n))
        }
        sum += product
      }
      Lanes.write(sum, y + place, n)
    }
  }

  /// The derivative of each node by each factor's source, factor after factor: c f_m'(s_m) prod_{j != m} f_j(s_j).
  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int) {
    if isBareSquash {
      let (f, v) = (parts[0].function, values + span.place)
      span.sweep(lanes, isFlat: true) { place, _, n in
        Lanes.write(f.slope(value: Lanes.read(v + place, n)), target + place, n)
      }
      return
    }
    let count = span.count
    span.sweep(lanes, isFlat: !hasBroadcast) { place, node, n in
      for k in 0..<sumCount {
        let term = sums[k]
        let end = term.first + term.factors
        for m in term.first..<end {
          let u = source(parts[m], states, place, node, n)
          var beta = term.coefficient * parts[m].function.slope(u)
          for j in term.first..<end where j != m {
            beta *= parts[j].function.value(source(parts[j], states, place, node, n))
          }
          Lanes.write(beta, target + m * count + place, n)
        }
      }
    }
  }

  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int) {
    let y = row + span.place
    span.sweep(lanes, isFlat: isFlat(partials)) { place, node, n in
      var sum = V.zero
      for m in 0..<partCount where !parts[m].isInput {
        let beta = partials.load(m, node: node, place: place, n: n)
        sum = multiplyAdd(beta, source(parts[m], row, place, node, n), sum)
      }
      Lanes.write(sum, y + place, n)
    }
  }

  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int
  ) {
    let e = eps + span.place
    span.sweep(lanes, isFlat: isFlat(partials)) { place, node, n in
      let own = Lanes.read(e + place, n)
      for m in 0..<partCount where !parts[m].isInput {
        let beta = partials.load(m, node: node, place: place, n: n)
        var s = sums + parts[m].shift
        if !parts[m].isBroadcast {
          s += place
          Lanes.write(multiplyAdd(beta, own, Lanes.read(s, n)), s, n)
        } else if span.width == 1 {
          // Nodes only: what stands in the padding may be infinite.
          for k in 0..<min(n, span.size - place) { s[0] += beta[k] * own[k] }
        } else {
          s += place - node * span.width
          Lanes.write(multiplyAdd(beta, own, Lanes.read(s, n)), s, n)
        }
      }
    }
  }

  @inline(__always)
  private func isFlat<P: Partials>(_ partials: P) -> Bool { P.isFlat && !hasBroadcast }
}
