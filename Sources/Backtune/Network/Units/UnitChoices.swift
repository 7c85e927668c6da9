import BacktuneNumerics

/// What remains of a value from one time step to the next: the g of g x(t-1).
public enum Leak: Equatable, Sendable {
  /// Nothing.
  case none
  /// A number in [0, 0.999].
  case constant(Double)
  /// One weight a node, in [0, 0.999], drawn in [0, 0.5].
  case adjustable
  /// The constant 1 - step/tau of a time constant tau, in the unit of the duration `step` of a time step: from `step` to
  /// 1000 `step` (footnote 13 of RR-9100).
  case timeConstant(Double, step: Double = Leak.usualStep)

  /// The duration of a time step where none is given.
  public static let usualStep = 1.0

  /// Bound of an adjustable leak, and of a constant one.
  static let largest = 0.999

  /// Bounds of an adjustable leak, and the range in which it is drawn.
  static var weightOptions: WeightOptions {
    WeightOptions(lower: 0, upper: largest, draw: .uniform(lower: 0, upper: 0.5))
  }

  /// None, a constant other than 0, or adjustable.
  var resolved: Leak {
    switch self {
    case .timeConstant(let tau, let step): Leak.constant(1 - step / tau).resolved
    case .constant(0): .none
    default: self
    }
  }
}

/// The slope w = 1/eps of the spikes of an ``AIF``.
public enum Sharpness: Equatable, Sendable {
  /// A number in [0, 100].
  case constant(Double)
  /// One weight a node, in [0, 100], drawn in [1, 5].
  case adjustable

  static let range = 0.0...100
}

/// What a unit reads of its own output.
public enum OutputFeedback: String, CaseIterable, Sendable {
  /// Nothing.
  case none
  /// What was measured of it one time step ago, the output itself where nothing was: a group `y.m1`.
  case measured
}

/// The squashing function k of gates.
public enum GateProfile: String, CaseIterable, Sendable {
  /// zeta01(u) = 1/(1 + exp(-4u)), that of the report.
  case zeta
  /// 1/(1 + exp(-u)), as in other libraries.
  case logistic

  var function: ScalarFunction { self == .zeta ? .zeta01 : .logistic }
}

/// What a unit reads where it reads its own past.
public enum PastFeedback: String, CaseIterable, Sendable {
  /// Its own values.
  case own
  /// What was measured of them, see ``Network/addMeasured(_:of:standsForInput:)``.
  case measured
}

/// What an ``AIF`` reads of its own past.
public enum SpikingPastFeedback: String, CaseIterable, Sendable {
  /// Its own values x.
  case own
  /// x as measured: the spikes that it reads are those of the measured values.
  case measured
  /// Spikes as measured, in the recurrent connections and in the reset; x is its own.
  case spikes
}

/// Which recurrent connections of a unit there are.
public enum Recurrence: Equatable, Sendable {
  /// All of them.
  case full
  /// Where true, [node][source node].
  case mask([[Bool]])
  /// A part of them, in [0, 1], drawn with a seed: every node has round(density N) sources, one at least where the density
  /// is above 0, none where it is 0.
  case random(density: Double, seed: UInt64 = Recurrence.usualSeed)

  /// The seed where none is given.
  public static let usualSeed: UInt64 = 0

  /// The form of a matrix of `size` nodes.
  /// - Throws: `.size` for a mask of another shape, `.memory` past the budget.
  func form(size: Int, of owner: String) throws -> ConnectionForm {
    switch self {
    case .full: return .dense
    case .mask(let rows):
      guard rows.count == size, rows.allSatisfy({ $0.count == size }) else {
        throw BacktuneError.size(
          "mask of \(owner): \(rows.count) rows of \(rows.first?.count ?? 0) values, expected \(size) rows of \(size)"
        )
      }
      return .sparse(entries: rows.joined().enumerated().compactMap { $1 ? $0 : nil })
    case .random(let density, let seed):
      guard density < 1 else { return .dense }
      let place = "recurrent matrix of \(owner)"
      try MemoryBudget.bytes(doubles: [size, size], for: place)
      let least = density > 0 ? 1 : 0
      let count = min(max(Int((density * Double(size)).rounded()), least), size)
      // The entries, and what a weight array needs for them.
      try MemoryBudget.bytes(doubles: [size, count, 8], for: place)
      return .sparse(entries: Self.entries(size: size, count: count, seed: seed))
    }
  }

  /// `count` sources of each node, drawn without repetition.
  private static func entries(size: Int, count: Int, seed: UInt64) -> [Int] {
    var stream = RandomStream(seed: seed, name: "mask")
    return (0..<size).flatMap { row in
      var columns = Array(0..<size)
      for place in 0..<count {
        columns.swapAt(place, place + stream.integer(below: size - place))
      }
      return columns[..<count].sorted().map { row * size + $0 }
    }
  }
}
