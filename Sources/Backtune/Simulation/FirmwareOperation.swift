import BacktuneNetwork
import BacktuneNumerics

/// x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)).
final class FirmwareOperation: Operation {
  let groups: [GroupID]
  let span: Span
  let terms: FirmwareTerms
  /// Whether the group is a squashing function of another alone, whose slope follows from its value.
  let isBareSquash: Bool
  /// Whether it is one factor alone, several times.
  let isPower: Bool
  /// That of the terms, where it is a frequent one.
  private let form: FirmwareForm?
  /// Whether the pull of a bare squashing function is the first, see `takeFirst`.
  private(set) var isFirst = false
  /// Where the source of a group that is its tanh stands from the row of time t; nil for another group.
  var tanhSource: Int? {
    isBareSquash && terms.parts[0].function.squash.isPlain ? terms.parts[0].shift : nil
  }

  init(_ groups: [GroupID], _ firmware: Firmware, _ network: Network, _ layout: Layout) {
    self.groups = groups
    span = Span(groups, network: network, layout: layout)
    terms = FirmwareTerms(firmware, span, network, layout)
    isBareSquash =
      terms.parts.count == 1 && terms.sums.count == 1 && !terms.hasBroadcast
      && terms.sums[0].coefficient == 1 && terms.parts[0].function.isSquash
    isPower =
      terms.parts.count > 1 && terms.sums.count == 1 && !terms.hasBroadcast
      && terms.distinct.count == 1
    form = FirmwareForm(terms)
  }

  deinit {
    terms.deallocate()
    form?.deallocate()
  }

  var partialCount: Int { terms.parts.count * span.nodes }

  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int) {
    let y = target + span.place
    if isBareSquash {
      // The most frequent group of all, without the loops over terms and factors.
      let (function, x) = (terms.parts[0].function, states + terms.parts[0].shift)
      if function.kind == .rising {
        rise(function.squash, x, y, lanes)
      } else {
        span.sweep(lanes, isFlat: true, SquashLoop(squash: function.squash, x: x, y: y))
      }
    } else if let form {
      span.sweep(lanes, isFlat: true, FormLoop(form: form, states: states, y: y))
    } else {
      withUnsafeTemporaryAllocation(of: Vector.self, capacity: max(terms.distinct.count, 1)) {
        guard let values = $0.baseAddress else { return }
        span.sweep(
          lanes, isFlat: !terms.hasBroadcast,
          Sum(terms: terms, states: states, y: y, values: values))
      }
    }
  }

  private struct SquashLoop: LaneLoop {
    let squash: Squash
    let x: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      Lanes.write(squash(Lanes.read(x + place, n)), y + place, n)
    }
  }

  @inline(never)
  private func rise(_ squash: Squash, _ x: Values, _ y: Target, _ lanes: Int) {
    span.sweep(lanes, isFlat: true, RisingLoop(squash: squash, x: x, y: y))
  }

  private struct RisingLoop: LaneLoop {
    let squash: Squash
    let x: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      Lanes.write(squash.rising(Lanes.read(x + place, n)), y + place, n)
    }
  }

  private struct FormLoop: LaneLoop {
    let form: FirmwareForm
    let states: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) { form.run(states + place, into: y + place, n) }
  }

  private struct Sum: LaneLoop {
    let terms: FirmwareTerms
    let states: Values
    let y: Target
    /// Of the distinct factors: one after the other, so that the next begins before the one before it has ended.
    let values: UnsafeMutablePointer<Vector>

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      for k in 0..<terms.distinct.count {
        let part = terms.parts[terms.distinct[k]]
        values[k] = part.function.value(terms.source(part, states, place, node, n))
      }
      var sum = Vector.zero
      for term in terms.sums {
        if term.factors == 0 {
          sum += term.coefficient
          continue
        }
        var product = values[terms.parts[term.first].value]
        for m in term.first + 1..<term.first + term.factors {
          product *= values[terms.parts[m].value]
        }
        sum = multiplyAdd(Vector(repeating: term.coefficient), product, sum)
      }
      Lanes.write(sum, y + place, n)
    }
  }

  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int) {
    if isBareSquash && !terms.parts[0].isInput {
      let x = row + terms.parts[0].shift
      return span.sweep(
        lanes, isFlat: isFlat(partials),
        BareTangent(partials: partials, x: x, y: row + span.place))
    }
    span.sweep(
      lanes, isFlat: isFlat(partials),
      Tangent(terms: terms, partials: partials, row: row, y: row + span.place))
  }

  /// That of a function of one value: the loop over factors took most of the time.
  private struct BareTangent<P: Partials>: LaneLoop {
    let partials: P
    let x: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let beta = partials.load(0, node: node, place: place, n: n)
      Lanes.write(beta * Lanes.read(x + place, n), y + place, n)
    }
  }

  private struct Tangent<P: Partials>: LaneLoop {
    let terms: FirmwareTerms
    let partials: P
    let row: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      var sum = Vector.zero
      for (m, part) in terms.parts.enumerated() where !part.isInput {
        let beta = partials.load(m, node: node, place: place, n: n)
        sum = multiplyAdd(beta, terms.source(part, row, place, node, n), sum)
      }
      Lanes.write(sum, y + place, n)
    }
  }

  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int
  ) {
    span.sweep(
      lanes, isFlat: isFlat(partials),
      Adjoint(terms: terms, partials: partials, eps: eps + span.place, sums: sums))
  }

  private struct Adjoint<P: Partials>: LaneLoop {
    let terms: FirmwareTerms
    let partials: P
    let eps: Values
    let sums: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let own = Lanes.read(eps + place, n)
      for (m, part) in terms.parts.enumerated() where !part.isInput {
        let beta = partials.load(m, node: node, place: place, n: n)
        var s = sums + part.shift
        if part.isBroadcast && terms.width == 1 {
          // Nodes only: what stands in the padding may be infinite.
          for k in 0..<min(n, terms.size - place) { s[0] += beta[k] * own[k] }
          continue
        }
        s += part.isBroadcast ? place - node * terms.width : place
        Lanes.write(multiplyAdd(beta, own, Lanes.read(s, n)), s, n)
      }
    }
  }

  func pull(
    _ frame: Frame, _ states: Values, values: Values, scratch: Target, _ eps: Target,
    into sums: Target, lanes: Int, isAdjoint: Bool
  ) {
    if isBareSquash, case let part = terms.parts[0], !part.isInput {
      let (squash, s) = (part.function.squash, sums + part.shift)
      let (x, e) = (values + span.place, eps + span.place)
      if isAdjoint && isFirst {
        span.clearEnded(lanes, s)
        span.sweep(
          lanes, isFlat: true, FirstSquashPull(squash: squash, values: x, eps: e, sums: s))
      } else {
        span.sweep(lanes, isFlat: true, SquashPull(squash: squash, values: x, eps: e, sums: s))
      }
    } else {
      storePartials(states, values: values, into: scratch, lanes: lanes)
      adjoint(
        frame, LanePartials(base: scratch, count: span.count), eps, into: sums, lanes: lanes)
    }
  }

  /// The slope of a value straight into its product.
  private struct SquashPull: LaneLoop {
    let squash: Squash
    let values: Values
    let eps: Values
    let sums: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let beta = squash.slope(value: Lanes.read(values + place, n))
      Lanes.write(
        multiplyAdd(beta, Lanes.read(eps + place, n), Lanes.read(sums + place, n)), sums + place, n)
    }
  }

  private struct FirstSquashPull: LaneLoop {
    let squash: Squash
    let values: Values
    let eps: Values
    let sums: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let beta = squash.slope(value: Lanes.read(values + place, n))
      Lanes.write(beta * Lanes.read(eps + place, n), sums + place, n)
    }
  }

  func takeFirst(_ source: Source) -> Bool {
    isFirst = isBareSquash
    return isFirst
  }

  @inline(__always)
  private func isFlat<P: Partials>(_ partials: P) -> Bool { P.isFlat && !terms.hasBroadcast }
}
