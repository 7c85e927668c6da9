import BacktuneNetwork
import BacktuneNumerics

/// Partial derivatives.
extension FirmwareOperation {
  /// The derivative of each node by each factor's source, factor after factor: c f_m'(s_m) prod_{j != m} f_j(s_j).
  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int) {
    if isBareSquash {
      span.sweep(
        lanes, isFlat: true,
        SquashSlope(
          squash: terms.parts[0].function.squash, values: values + span.place, target: target))
    } else if isPower {
      span.sweep(
        lanes, isFlat: true,
        PowerSlopes(terms: terms, states: states, target: target, count: span.count))
    } else {
      span.sweep(
        lanes, isFlat: !terms.hasBroadcast,
        Slopes(terms: terms, states: states, target: target, count: span.count))
    }
  }

  private struct SquashSlope: LaneLoop {
    let squash: Squash
    let values: Values
    let target: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      Lanes.write(squash.slope(value: Lanes.read(values + place, n)), target + place, n)
    }
  }

  /// c f' f^(d-1) for each of the d factors: the function is computed once.
  private struct PowerSlopes: LaneLoop {
    let terms: FirmwareTerms
    let states: Values
    let target: Target
    let count: Int

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let part = terms.parts[0]
      let u = Lanes.read(states + part.shift + place, n)
      let value = part.function.value(u)
      let slope =
        part.function.isSquash ? part.function.squash.slope(value: value) : part.function.slope(u)
      var beta = terms.sums[0].coefficient * slope
      for _ in 1..<terms.parts.count { beta *= value }
      for m in 0..<terms.parts.count { Lanes.write(beta, target + m * count + place, n) }
    }
  }

  private struct Slopes: LaneLoop {
    let terms: FirmwareTerms
    let states: Values
    let target: Target
    let count: Int

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      for term in terms.sums {
        let end = term.first + term.factors
        for m in term.first..<end {
          let part = terms.parts[m]
          let u = terms.source(part, states, place, node, n)
          var beta = term.coefficient * part.function.slope(u)
          for j in term.first..<end where j != m {
            let other = terms.parts[j]
            beta *= other.function.value(terms.source(other, states, place, node, n))
          }
          Lanes.write(beta, target + m * count + place, n)
        }
      }
    }
  }
}
