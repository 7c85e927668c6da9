import BacktuneNumerics

/// An operation of the adjoint, or two: tanh, and the learnware that it is of. As two steps they took 28 ns a step of one
/// lane and 8 nodes, most of it instructions around the few that count; as one they take 15.
enum PullStep {
  case plain
  /// `shift`: from the learnware to the tanh.
  case withTanh(Unmanaged<LearnwareOperation>, shift: Int)

  /// Those of a program, one an operation.
  static func all(_ operations: [any Operation]) -> [PullStep] {
    operations.indices.map { place in
      // Side by side, so that nothing else is to be pulled on between them.
      guard place > 0, let own = operations[place - 1] as? LearnwareOperation,
        own.groups.count == 1, let other = operations[place] as? FirmwareOperation, other.isFirst,
        other.tanhSource == own.span.place, other.span.size == own.span.size
      else { return .plain }
      return .withTanh(.passUnretained(own), shift: other.span.place - own.span.place)
    }
  }
}

extension LearnwareOperation {
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
