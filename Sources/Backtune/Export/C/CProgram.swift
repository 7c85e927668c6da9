import BacktuneNetwork
import BacktuneNumerics

/// Names of a signal.
struct SignalNames {
  /// Its values at the present.
  let value: String
  /// Members of the state: its past values, the row of the last ones, and its present ones where they stand there.
  let past: String
  let at: String
  let now: String
  /// The table of the values before t = 0.
  let start: String
  /// Rows of the past, by their lag.
  let rows: [Int: String]

  init(_ value: String, _ prefix: String, lags: [Int], _ taken: inout CNames) {
    self.value = value
    past = taken.take("\(value)_past")
    at = taken.take("\(value)_at")
    now = taken.take("\(value)_now")
    start = taken.take("\(prefix)_start_of_\(value)")
    rows = lags.reduce(into: [:]) { $0[$1] = taken.take("\(value)_\($1)") }
  }
}

/// What is measured of a group and does not come with the outputs.
struct Given {
  let signal: Int
  let group: String
  /// The member of the state that holds it, and the function that takes it.
  let member: String
  let function: String
}

/// The text of a C program that computes equations: what all of its parts know, its head comment and its header.
struct CProgram {
  let equations: Equations
  let prefix: String
  let numbers: CNumbers
  let names: [SignalNames]
  /// Names of the tables of weights; empty for those that nothing reads.
  let tables: [String]
  /// Names of tables of numbers, by what is in them.
  let indices: CIndices
  /// Signals of which measurements that are no outputs are read.
  let given: [Given]
  /// Whether the values of the present are members of the state: there are too many for a stack.
  let isLarge: Bool

  /// The nodes that a stack has room for: 32 KiB.
  private static let stackNodes = 4096

  /// - Throws: `.network` for values that the precision does not hold, and for more than a program may have.
  init(_ equations: Equations, precision: CFormat.Precision, prefix: String) throws {
    (self.equations, self.prefix) = (equations, prefix)
    numbers = CNumbers(precision: precision)
    let nodes = equations.signals.reduce(0) { $0 + $1.size * ($1.depth + 1) }
    guard nodes <= Int32.max, equations.tables.allSatisfy({ $0.values.count <= Int32.max }) else {
      throw BacktuneError.network("format c: more than \(Int32.max) values")
    }
    if precision == .float { try equations.checkFloat(of: CFormat.name) }
    var taken = CNames()
    for name in ["init", "step", "state", "row"] + CNumbers.helpers {
      taken.reserve("\(prefix)_\(name)")
    }
    names = equations.signals.enumerated().map { place, signal in
      let value = place == 0 ? "u" : taken.take(signal.name)
      return SignalNames(
        value, prefix, lags: signal.depth > 1 ? equations.lags(of: place) : [], &taken)
    }
    tables = equations.tables.map {
      $0.values.isEmpty ? "" : taken.take("\(prefix)_\(CNames.identifier($0.name))")
    }
    indices = CIndices(equations, prefix, &taken)
    given = equations.signals.enumerated().compactMap { place, signal in
      guard case .known(_, let measured) = signal.equation, measured.count < signal.size else {
        return nil
      }
      let group = CNames.identifier(measured.group)
      return Given(
        signal: place, group: measured.group, member: taken.take("\(group)_given"),
        function: taken.take("\(prefix)_give_\(group)"))
    }
    isLarge = equations.signals.dropFirst().reduce(0) { $0 + $1.size } > Self.stackNodes
  }

  /// Which signals are read at a past time.
  var past: [Int] {
    equations.signals.indices.filter {
      equations.signals[$0].depth > 0 && equations.signals[$0].size > 0
    }
  }

  var real: String { numbers.real }

  /// What comes with a step.
  var stepArguments: String {
    let measured = equations.readsMeasuredOutputs ? "const \(real) measured[], " : ""
    return "(\(prefix)_state *state, const \(real) u[], \(measured)\(real) y[])"
  }

  // MARK: Comments

  /// The network in words.
  var head: String {
    return "/* "
      + equations.description.map { $0.isEmpty ? "" : " \(CNames.comment($0))" }.joined(
        separator: "\n *"
      )
      .dropFirst()
      + "\n */\n"
  }

  // MARK: Header

  var header: String {
    let guardName = "\(prefix.uppercased())_H"
    let upper = prefix.uppercased()
    var text = """
      #ifndef \(guardName)
      #define \(guardName)

      \(includesInteger ? "#include <stdint.h>\n\n" : "")\
      #ifdef __cplusplus
      extern "C" {
      #endif

      #define \(upper)_INPUTS \(equations.inputCount)
      #define \(upper)_OUTPUTS \(equations.outputCount)

      /* What the network knows of earlier steps. Any number of them may be used side by side. */
      typedef struct {
      \(members.isEmpty ? ["  char unused; /* it knows nothing */"] : members)
      } \(prefix)_state;

      /* Before the first step, and to begin anew. */
      void \(prefix)_init(\(prefix)_state *state);


      """
    text += stepComment
    text += "void \(prefix)_step\(stepArguments);\n\n"
    for item in given {
      text += """
        /* Gives what is measured of \(CNames.comment(item.group)) at the next step, NAN where it is not known. */
        void \(item.function)(\(prefix)_state *state, const \(real) values[]);


        """
    }
    return text + """
      #ifdef __cplusplus
      }
      #endif

      #endif

      """
  }

  private var stepComment: String {
    let known =
      equations.readsMeasuredOutputs
      ? " `measured`: what is measured of the outputs at\n * this step, NAN where it is not known; NULL where nothing is."
      : ""
    return """
      /* Goes on by one time step: reads \(equations.inputCount) inputs, writes \(equations.outputCount) outputs.\(known) */

      """
  }

  /// Whether rows of the past go round.
  var hasRings: Bool { past.contains { equations.signals[$0].depth > 1 } }

  private var includesInteger: Bool { hasRings }

  /// The members of the state.
  private var members: [String] {
    var lines: [String] = []
    for place in past {
      let signal = equations.signals[place]
      let (name, about) = (names[place].past, CNames.comment(signal.name))
      if signal.depth == 1 {
        lines.append("  \(real) \(name)[\(signal.size)]; /* \(about)(t-1) */")
      } else {
        lines.append(
          "  \(real) \(name)[\(signal.depth)][\(signal.size)]; /* \(about)(t-1) to \(about)(t-\(signal.depth)), from row \(names[place].at) on */"
        )
        lines.append("  int32_t \(names[place].at);")
      }
    }
    for item in given {
      lines.append(
        "  \(real) \(item.member)[\(equations.signals[item.signal].size)]; /* measured of \(CNames.comment(item.group)) at the next step */"
      )
    }
    guard isLarge else { return lines }
    for (place, signal) in equations.signals.enumerated().dropFirst() {
      lines.append("  \(real) \(names[place].now)[\(signal.size)];")
    }
    return lines
  }
}

extension DefaultStringInterpolation {
  /// Lines one after the other.
  fileprivate mutating func appendInterpolation(_ lines: [String]) {
    appendInterpolation(lines.joined(separator: "\n"))
  }
}
