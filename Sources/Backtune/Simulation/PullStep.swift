/// An operation of the adjoint, or two: tanh, and the learnware that it is of. As two steps they took 21 ns a time of one
/// lane and 8 nodes, their product left out, most of it instructions around the few that count; as one they take 15.
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
