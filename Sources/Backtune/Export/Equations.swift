import BacktuneNetwork

/// A network as a list of equations in the order in which they are computed, with all that an exported format needs and
/// nothing of how the engine runs it.
///
/// Signal 0 is the input u; every other signal has one equation, whose sources at lag 0 stand before it in the list, the
/// input among them. A format goes through `signals` at every time step, reads a source of lag l >= 1 from what the signal
/// was l steps ago, and gives `outputs`. That is all: groups that no output depends on are left out, weight sharing,
/// fixed weights, learnt initial states and rests are values here, and measured feedback is an equation like the others:
///
///     for signal in equations.signals.dropFirst() {
///       switch signal.equation {
///       case .input: break
///       case .linear(let linear): // a_i + sum over products of W_ij s_j(t - l)
///       case .elementwise(let terms): // sum over terms of c prod f(s_i(t - l))
///       case .softmax(let source, let temperature): // exp(s_i / temperature), normalised
///       case .known(let own, let measured): // what is measured now where it is known (not NaN), else own
///       }
///     }
///
/// See `Network.equations` for how one is made, `Equations+Text.swift` for the same in words.
package struct Equations: Sendable {
  /// A vector that is computed, or given, at every time step.
  package struct Signal: Sendable {
    /// That of the group; `u` for the input, `group.known` for what was measured of a group, where that is known.
    package let name: String
    /// Number of values; 0 for an input of no channels.
    package let size: Int
    package let equation: Equation
    /// Its values before t = 0, as far back as they are read, the most recent first: as many rows as the largest lag at
    /// which it is read, 0 where only its present is.
    package var past: [[Double]] = []

    /// The largest lag at which it is read.
    package var depth: Int { past.count }
  }

  /// A signal, `lag` time steps ago.
  package struct Reference: Hashable, Sendable {
    /// Place in `signals`.
    package let signal: Int
    package let lag: Int
  }

  package enum Equation: Sendable {
    /// The input: given from outside.
    case input
    case linear(Linear)
    /// The sum of the terms, element by element; a source of size 1 goes with all elements. No term: 0.
    case elementwise([Term])
    /// exp(s_i / temperature) / sum_j exp(s_j / temperature).
    case softmax(Reference, temperature: Double)
    /// What is measured at this time of a signal, where it is known, else that signal itself.
    case known(Reference, Measured)
  }

  /// v_i = a_i + sum over products of sum_j W_ij s_j(t - l).
  package struct Linear: Sendable {
    package let bias: Bias?
    package let products: [Product]
  }

  /// a_i = tables[table].values[index?[i] ?? i].
  package struct Bias: Sendable {
    package let table: Int
    package let index: [Int]?
  }

  /// W s(t - l), the values of W being those of a table.
  package struct Product: Sendable {
    package let source: Reference
    /// Place in `tables`.
    package let table: Int
    package let form: Form
  }

  /// Which entries of W exist, and which value of the table each one has.
  package enum Form: Sendable {
    /// All, row-major: [node][source node].
    case dense
    /// W_ii is value i.
    case diagonal
    /// Those listed, row-major; several may have the same value.
    case sparse([Entry])
  }

  package struct Entry: Equatable, Sendable {
    package let node: Int
    package let source: Int
    package let value: Int
  }

  /// c prod_m f_m(s_m); without factors, the constant c.
  package struct Term: Sendable {
    package let coefficient: Double
    package let factors: [Factor]
  }

  package struct Factor: Equatable, Sendable {
    package let function: ScalarFunction
    package let source: Reference
  }

  /// Where what is measured of a signal comes from: its first `count` nodes are outputs, measured values of which come with
  /// a step; all of them, and those others, may be given apart under the name of the group.
  package struct Measured: Sendable {
    package let group: String
    /// Number of the output that its first node is; 0 where count is 0.
    package let output: Int
    package let count: Int
  }

  /// Values of weights: those of an array of the network, in its order, that several products may read.
  package struct Table: Sendable {
    /// Name of the array.
    package let name: String
    /// Rows and columns where it is one matrix, every entry there; nil for a list of values.
    package let matrix: (rows: Int, columns: Int)?
    package let values: [Double]
  }

  /// The first `count` nodes of a signal.
  package struct Output: Sendable {
    package let signal: Int
    package let count: Int
  }

  package let signals: [Signal]
  package let tables: [Table]
  /// In the order of the network's outputs, one after the other.
  package let outputs: [Output]
  /// Names and units of inputs and outputs, sampling time, where known.
  package let labels: DataLabels

  package init(signals: [Signal], tables: [Table], outputs: [Output], labels: DataLabels) {
    (self.signals, self.tables) = (signals, tables)
    (self.outputs, self.labels) = (outputs, labels)
  }

  /// Number M of inputs.
  package var inputCount: Int { signals[0].size }

  /// Number O of outputs.
  package var outputCount: Int { outputs.reduce(0) { $0 + $1.count } }

  /// Whether measured values of outputs are read.
  package var readsMeasuredOutputs: Bool {
    signals.contains {
      if case .known(_, let measured) = $0.equation { measured.count > 0 } else { false }
    }
  }

  /// The lags above 0 at which a signal is read, ascending.
  package func lags(of signal: Int) -> [Int] {
    Set(signals.flatMap(\.equation.sources).filter { $0.signal == signal && $0.lag > 0 }.map(\.lag))
      .sorted()
  }

  /// The values of W, row-major, 0 where there is no entry: for formats that know full matrices alone.
  package func matrix(_ product: Product, rows: Int) -> [Double] {
    let (values, columns) = (tables[product.table].values, signals[product.source.signal].size)
    switch product.form {
    case .dense: return values
    case .diagonal:
      var full = [Double](repeating: 0, count: rows * columns)
      for node in 0..<rows { full[node * columns + node] = values[node] }
      return full
    case .sparse(let entries):
      var full = [Double](repeating: 0, count: rows * columns)
      for entry in entries { full[entry.node * columns + entry.source] = values[entry.value] }
      return full
    }
  }

  /// The values of a bias, one a node.
  package func values(_ bias: Bias) -> [Double] {
    let values = tables[bias.table].values
    return bias.index.map { $0.map { values[$0] } } ?? values
  }
}

extension Equations.Equation {
  /// All that is read, in its order.
  package var sources: [Equations.Reference] {
    switch self {
    case .input: []
    case .linear(let linear): linear.products.map(\.source)
    case .elementwise(let terms): terms.flatMap { $0.factors.map(\.source) }
    case .softmax(let source, _): [source]
    case .known(let own, _): [own]
    }
  }
}
