import BacktuneNetwork
import BacktuneNumerics

/// m(t) = d(t - l) where it is known and l passes the age of t, else s(t - l): 2.12 of the design.
///
/// The age of a time is how many steps of its block of free simulation come before it: 0 at every time for a horizon of
/// 1, t for the free run, whose past alone is measured. What stands for an input does not ask for it.
final class MeasuredOperation: Operation {
  let groups: [GroupID]
  let span: Span
  /// From the row of a time to what is read.
  private let source: Source

  private struct Source {
    let own: Int
    let measured: Int
    let age: Int
    let lag: Double
    let width: Int
    let isInput: Bool

    /// A vector of what was measured, and where it counts.
    @inline(__always)
    func measured(
      _ row: Values, _ place: Int, _ node: Int, _ n: Int
    ) -> (values: Vector, counts: SIMDMask<Vector.MaskStorage>) {
      let d = Lanes.read(row + measured + place, n)
      if isInput { return (d, d .== d) }
      let age =
        width == 1
        ? Vector(repeating: row[age]) : Lanes.read(row + age + place - node * width, n)
      return (d, (d .== d) .& (age .< Vector(repeating: lag)))
    }
  }

  init(_ groups: [GroupID], _ body: MeasuredBody, _ network: Network, _ layout: Layout) {
    self.groups = groups
    span = Span(groups, network: network, layout: layout)
    let lag = body.source.lag
    source = Source(
      own: layout.shift(to: body.source),
      measured: layout.place(ofMeasured: body.source.group) - lag * layout.rowSize,
      age: layout.agePlace, lag: Double(lag), width: layout.lanes, isInput: body.isInput)
  }

  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int) {
    span.sweep(
      lanes, isFlat: false, Choice(source: source, states: states, y: target + span.place))
  }

  private struct Choice: LaneLoop {
    let source: Source
    let states: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let found = source.measured(states, place, node, n)
      let own = Lanes.read(states + source.own + place, n)
      Lanes.write(own.replacing(with: found.values, where: found.counts), y + place, n)
    }
  }

  /// 1 where the value is the source's own.
  var partialCount: Int { span.nodes }

  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int) {
    span.sweep(
      lanes, isFlat: false, OwnShare(source: source, states: states, target: target))
  }

  private struct OwnShare: LaneLoop {
    let source: Source
    let states: Values
    let target: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let found = source.measured(states, place, node, n)
      Lanes.write(
        Vector(repeating: 1).replacing(with: 0, where: found.counts), target + place, n)
    }
  }

  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int) {
    span.sweep(
      lanes, isFlat: false,
      Tangent(partials: partials, s: row + source.own, y: row + span.place))
  }

  private struct Tangent<P: Partials>: LaneLoop {
    let partials: P
    let s: Values
    let y: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let own = partials.load(0, node: node, place: place, n: n)
      // Chosen, not multiplied: what does not count may be infinite.
      Lanes.write(
        Lanes.read(s + place, n).replacing(with: 0, where: own .== Vector.zero), y + place, n)
    }
  }

  /// What was measured has a share too: the derivative by a given state reads it.
  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int
  ) {
    span.sweep(
      lanes, isFlat: false,
      Adjoint(
        partials: partials, eps: eps + span.place, s: sums + source.own,
        d: sums + source.measured))
  }

  private struct Adjoint<P: Partials>: LaneLoop {
    let partials: P
    let eps: Values
    let s: Target
    let d: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let isMeasured = partials.load(0, node: node, place: place, n: n) .== Vector.zero
      let e = Lanes.read(eps + place, n)
      let own = e.replacing(with: 0, where: isMeasured)
      Lanes.write(Lanes.read(s + place, n) + own, s + place, n)
      Lanes.write(Lanes.read(d + place, n) + (e - own), d + place, n)
    }
  }
}
