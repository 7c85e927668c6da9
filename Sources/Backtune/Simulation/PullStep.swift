/// An operation of the adjoint, or two: tanh of one lane, and the learnware that it is of.
enum PullStep {
  case plain
  /// `shift`: from the learnware to the tanh.
  case withTanh(Unmanaged<LearnwareOperation>, shift: Int)

  /// Those of a program, one an operation.
  static func all(_ operations: [any Operation]) -> [PullStep] {
    operations.indices.map { place in
      // Side by side, so that nothing else is to be pulled on between them.
      guard place > 0, let own = operations[place - 1] as? LearnwareOperation, own.takesTanh,
        let other = operations[place] as? FirmwareOperation, other.isFirst,
        other.tanhSource == own.span.place, other.span.size == own.span.size
      else { return .plain }
      return .withTanh(.passUnretained(own), shift: other.span.place - own.span.place)
    }
  }
}

extension LearnwareOperation {
  /// What tanh of this group pulls on it, and what it pulls on then, of one lane.
  ///
  /// - Parameter shift: from this group to its tanh.
  func pullWithTanh(_ frame: Frame, _ states: Values, _ eps: Target, shift: Int) {
    let (v, e, x) = (eps + span.place, eps + span.place + shift, states + span.place + shift)
    for i in stride(from: 0, to: span.nodes, by: Vector.width) {
      let h = Vector(at: x + i)
      ((1 - h * h) * Vector(at: e + i)).store(v + i)
    }
    pull(
      frame, states, values: states, scratch: eps, eps, into: eps, lanes: 1, isAdjoint: true)
  }
}
