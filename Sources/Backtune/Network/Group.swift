/// A group of nodes, by its place in the network; `Network.input` is the network input.
public typealias GroupID = Int

/// Where a value is read: another group, or the network input, `lag` time steps ago.
public struct Source: Hashable, Sendable {
  /// The group, or ``Network/input``.
  public let group: GroupID
  /// Time steps back, 0 or more.
  public let lag: Int

  /// A group, `lag` time steps ago.
  public init(_ group: GroupID, lag: Int) {
    self.group = group
    self.lag = lag
  }
}

/// Which entries of the matrix of a connection exist, and which weight slot each one reads.
public enum ConnectionForm: Equatable, Sendable {
  /// Every entry, one slot each, row-major: [target node][source node].
  case dense
  /// Entry (i, i) only: slot i.
  case diagonal
  /// The entries listed by their position in the row-major matrix, ascending: one slot each.
  case sparse(entries: [Int])
  /// Row-major map from entries to slots; -1 = no connection.
  case shared(index: [Int])
}

/// The entries of a connection that exist, as they are kept: what is absent takes no memory.
package enum ConnectionEntries: Equatable, Sendable {
  case dense
  case diagonal
  /// By their position in the row-major matrix, ascending: one slot each.
  case sparse([Int])
  /// The same, and the slot of each.
  case shared([Int], slots: [Int])
}

/// One term of learnware: sum_j W_ij s_j(t - l).
package struct Connection: Sendable {
  package let source: Source
  package let form: ConnectionEntries
  /// Index of its weight array in `Network.arrays`.
  package let array: Int
}

/// The bias a_i of learnware; `index` maps nodes to slots where several share one.
package struct Bias: Sendable {
  package let array: Int
  package let index: [Int]?
}

/// A linear combination with adjustable weights: v_i(t) = a_i + sum_k sum_j W^k_ij s^k_j(t - l_k).
package struct Learnware: Sendable {
  package internal(set) var bias: Bias?
  package internal(set) var connections: [Connection] = []
}

/// One factor f(s_i(t - l)) of a term; a source of size 1 is broadcast.
package struct Factor: Hashable, Sendable {
  package let function: ScalarFunction
  package let source: Source
}

/// c prod_m f_m(s_m): without factors, the constant c.
package struct Term: Sendable {
  package let coefficient: Double
  package internal(set) var factors: [Factor] = []
}

/// A parameter-free sum of products, element by element.
package struct Firmware: Sendable {
  package internal(set) var terms: [Term] = []
}

/// exp(s_i / temperature) / sum_j exp(s_j / temperature) over a whole group, equation (11) of RR-9100.
package struct SoftmaxBody: Sendable {
  package let source: Source
  package let temperature: Double
}

/// What was measured of another group in place of its own value, 2.12 of the design: d(t - l) where it is known and lies
/// before the block of times that is simulated freely, else s(t - l).
package struct MeasuredBody: Sendable {
  package let source: Source
  /// Whether the source stands for an input channel: what is known of it counts whatever the horizon.
  package let isInput: Bool
}

/// What a group computes.
package enum GroupBody: Sendable {
  case learnware(Learnware)
  case firmware(Firmware)
  case softmax(SoftmaxBody)
  case measured(MeasuredBody)

  /// Every source that is read, in the order of definition.
  package var sources: [Source] {
    switch self {
    case .learnware(let learnware): learnware.connections.map(\.source)
    case .firmware(let firmware): firmware.terms.flatMap { $0.factors.map(\.source) }
    case .softmax(let softmax): [softmax.source]
    case .measured(let measured): [measured.source]
    }
  }

  package var kind: String {
    switch self {
    case .learnware: "learnware"
    case .firmware: "firmware"
    case .softmax: "softmax"
    case .measured: "measured"
    }
  }
}

/// Learnt values before t = 0, the same for all sequences: x(-1), x(-2) ... x(-depth), as weights.
package struct InitialState: Equatable, Sendable {
  /// Index of its weight array, [depth][node] (a vector where depth is 1).
  package let array: Int
  package let depth: Int
}

/// A vector of nodes of one kind.
public struct Group: Sendable {
  /// `unit.group`, or what it was called when it was added.
  public let name: String
  /// Number N of nodes.
  public let size: Int
  package internal(set) var body: GroupBody
  /// Nil: zero before t = 0.
  package internal(set) var initialState: InitialState?
}

/// The first `count` nodes of a group, observed as outputs.
public struct Observed: Equatable, Sendable {
  /// The group.
  public let group: GroupID
  /// How many of its nodes, 1 to its size.
  public let count: Int

  /// The first `count` nodes of a group.
  public init(group: GroupID, count: Int) {
    self.group = group
    self.count = count
  }
}
