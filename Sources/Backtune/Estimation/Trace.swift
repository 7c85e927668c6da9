import BacktuneNumerics

/// Why an estimation stopped.
public enum StopReason: Int, Sendable, CaseIterable {
  /// It has not stopped.
  case none = 0
  /// The cost fell below the tolerance times the first cost.
  case tolerance
  /// The cost fell below the target.
  case target
  /// No step lowers the cost any more, though it is not known to be at a minimum.
  case stalled
  /// The iteration limit.
  case iterations
  /// A monitor asked for it.
  case callback
  /// No weights with a finite cost were found: the weights are unchanged.
  case diverged
  /// No weight is adjustable.
  case nothing
  /// The slopes of the cost vanish, up to rounding.
  case converged
  /// They vanish, but the fit is no better than the best constant.
  case saddle

  /// In words that a user understands.
  public var text: StaticString {
    switch self {
    case .none: "still running"
    case .tolerance: "the cost fell below the tolerance times the first cost"
    case .target: "the cost fell below the target"
    case .stalled: "no step lowers the cost any more, though it is not known to be at a minimum"
    case .iterations: "the iteration limit was reached"
    case .callback: "stopped by the caller; the best weights are kept"
    case .diverged: "no weights with a finite cost were found; the weights are unchanged"
    case .converged: "converged: the slopes of the cost vanish, up to rounding"
    case .saddle:
      "the slopes of the cost vanish, but the fit is no better than the best constant: a saddle such as zero weights (set or draw others), inputs that say nothing of the outputs, outputs that cannot reach what is desired (no bias, bounded units), or a regularisation too strong"
    case .nothing: "no weight is adjustable"
    }
  }
}

/// What found the weights of an iteration.
public enum StepOrder: Int, Sendable {
  /// Adjustable weights were halved, until a start that overflowed no longer did.
  case rescue = -1
  /// Nothing: the start, or no better weights.
  case none = 0
  /// Momenta of the gradient.
  case first = 1
  /// Second-order adjustment, or Gauss-Newton.
  case second = 2
  /// Weights near zero were taken away, and the rest re-estimated.
  case removal = 3
}

/// One line of the trace: the start, or the end of an iteration.
public struct IterationReport: Sendable {
  /// L, the cost of the best weights.
  public internal(set) var cost: Double
  /// Their NMSE; NaN for constant outputs.
  public internal(set) var nmse: Double
  /// The part of the regularisation in the cost.
  public internal(set) var penalty = 0.0
  /// The scale nu of the criterion, 0 where it has none.
  public internal(set) var nu = 0.0
  /// The cost of the start under that nu.
  public internal(set) var firstCost = Double.infinity
  /// What found them.
  public internal(set) var order = StepOrder.none
  /// Second order: 1, 2, 3; first order: the momentum k; otherwise 0.
  public internal(set) var variant = 0
  /// The alpha of the line search.
  public internal(set) var step = 0.0
  /// Fraction of the adjoint values that the guard raised.
  public internal(set) var raised = 0.0
  /// Fraction of them that it saturated.
  public internal(set) var saturated = 0.0
  /// Simulations run.
  public internal(set) var simulations = 0
  /// Time spent computing since the start.
  public internal(set) var seconds = 0.0

  /// Takes what the best weights score at the end of an iteration, and its simulations.
  mutating func close(_ now: IterationReport, simulations count: Int) {
    (cost, nmse, penalty) = (now.cost, now.nmse, now.penalty)
    (nu, firstCost, simulations) = (now.nu, now.firstCost, count)
  }

  /// The columns of a trace by name.
  package static var columns: [(name: String, value: @Sendable (IterationReport) -> Double)] {
    [
      ("cost", { $0.cost }), ("nmse", { $0.nmse }), ("penalty", { $0.penalty }), ("nu", { $0.nu }),
      ("first_cost", { $0.firstCost }), ("order", { Double($0.order.rawValue) }),
      ("variant", { Double($0.variant) }), ("step", { $0.step }), ("raised", { $0.raised }),
      ("saturated", { $0.saturated }), ("simulations", { Double($0.simulations) }),
      ("seconds", { $0.seconds }),
    ]
  }

  /// A column of a trace.
  /// - Throws: `.argument` with the names there are.
  package static func column(_ name: String, of trace: [IterationReport]) throws -> [Double] {
    guard let column = columns.first(where: { $0.name == name }) else {
      let known = columns.map(\.name).joined(separator: ", ")
      throw BacktuneError.argument("trace column '\(name)': unknown, expected one of \(known)")
    }
    return trace.map(column.value)
  }
}
