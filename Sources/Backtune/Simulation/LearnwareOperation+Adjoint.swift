import BacktuneNetwork
import BacktuneNumerics

/// The pull of learnware on its sources.
extension LearnwareOperation {
  /// A source that the adjoint pulls on.
  struct Pull {
    let source: Source
    let shift: Int
    let columns: Int
    let transposed: Int
    /// See `takeFirst`.
    var isFirst = false
  }

  func adjoint(
    _ frame: Frame, _ partials: some Partials, _ eps: Target, into sums: Target, lanes: Int
  ) {
    pull(frame, eps, into: sums, lanes: lanes, fetching: nil, isAdjoint: false)
  }

  /// The adjoint goes down in rows too far apart for the processor to foresee: the states of a source are fetched two
  /// rows before they are needed, a few with every tile of the product. Without it a tenth of the time of a gradient of 32
  /// sequences was spent waiting.
  func pull(
    _ frame: Frame, _ states: Values, values: Values, scratch: Target, _ eps: Target,
    into sums: Target, lanes: Int, isAdjoint: Bool
  ) {
    pull(
      frame, eps, into: sums, lanes: lanes, fetching: states - rowSize, isAdjoint: isAdjoint)
  }

  func takeFirst(_ source: Source) -> Bool {
    guard let place = pulls.firstIndex(where: { $0.source == source }) else { return false }
    pulls[place].isFirst = true
    return true
  }

  @inline(__always)
  private func pull(
    _ frame: Frame, _ eps: Target, into sums: Target, lanes: Int, fetching next: Values?,
    isAdjoint: Bool
  ) {
    let (w, e) = (frame.weights, eps + span.place)
    let (rows, own) = (rows, UnsafeBufferPointer(ownRows))
    for gap in gaps { (e + gap.first).update(repeating: 0, count: gap.count) }
    for pull in pulls {
      let (s, isFirst) = (sums + pull.shift, isAdjoint && pull.isFirst)
      if span.width == 1 {
        if let next {
          for k in stride(from: 0, to: pull.columns, by: Vector.width) {
            prefetch(next + pull.shift + k)
          }
        }
        PanelProducts.multiply(
          w + pull.transposed, rows: pull.columns, columns: rows, own, e,
          from: isFirst ? w + zeros : UnsafePointer(s), into: s)
      } else {
        if isFirst {
          Span.clearEnded(lanes, s, nodes: pull.columns, width: span.width)
        }
        PanelProducts.multiply(
          w + pull.transposed, rows: pull.columns, columns: rows, own, e,
          bias: isFirst ? w + zeros : nil, into: s, width: span.width, lanes: lanes,
          fetching: next.map { $0 + pull.shift })
      }
    }
    for block in diagonals { block.multiplyTransposed(w, e, into: sums, lanes: lanes) }
    for block in lists { block.multiplyTransposed(w, e, into: sums, lanes: lanes) }
  }

  /// What tanh of this group pulls on it, which has nothing yet, and what it pulls on then.
  ///
  /// - Parameter shift: from this group to its tanh.
  func pullWithTanh(_ frame: Frame, _ states: Values, _ row: Target, shift: Int, lanes: Int) {
    let (v, place) = (row + span.place, span.place + shift)
    span.clearEnded(lanes, v)
    span.sweep(
      lanes, isFlat: true, TanhPull(values: states + place, eps: row + place, sums: v))
    pull(
      frame, states, values: states, scratch: row, row, into: row, lanes: lanes, isAdjoint: true)
  }

  private struct TanhPull: LaneLoop {
    let values: Values
    let eps: Values
    let sums: Target

    @inline(__always)
    func run(place: Int, node: Int, _ n: Int) {
      let h = Lanes.read(values + place, n)
      Lanes.write(Squash.slope(tanh: h) * Lanes.read(eps + place, n), sums + place, n)
    }
  }
}
