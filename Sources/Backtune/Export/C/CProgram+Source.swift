import BacktuneNetwork

/// Everything of the source but its step.
extension CProgram {
  var source: String {
    var parts = ["#include <math.h>\n"]
    if equations.readsMeasuredOutputs { parts[0] += "#include <stddef.h>\n" }
    if !indices.tables.isEmpty || needsInteger { parts[0] += "#include <stdint.h>\n" }
    parts += equations.tables.indices.compactMap(definition)
    parts += indices.tables
    parts += past.compactMap(startTable)
    let functions = equations.signals.flatMap { signal -> [ScalarFunction] in
      guard case .elementwise(let terms) = signal.equation else { return [] }
      return terms.flatMap(\.factors).map(\.function)
    }
    parts += numbers.helpers(of: functions, prefix: prefix).map { $0 + "\n" }
    if hasRings { parts.append(rowHelper) }
    parts.append(start)
    parts += given.map(giving)
    parts.append(step)
    return parts.joined(separator: "\n")
  }

  /// Loops count in int32_t.
  var needsInteger: Bool { equations.signals.dropFirst().contains { $0.size > 0 } }

  // MARK: Tables

  private func definition(of place: Int) -> String? {
    let table = equations.tables[place]
    guard !tables[place].isEmpty else { return nil }
    let about = "/* \(CNames.comment(table.name))"
    guard let matrix = table.matrix else {
      let values = CText.list(table.values.map(numbers.literal))
      return """
        \(about) */
        static const \(real) \(tables[place])[\(table.values.count)] = \(values);

        """
    }
    // Source by source, so that the innermost loop goes over nodes, which compilers vectorise.
    var rows: [String] = []
    for j in 0..<matrix.columns {
      let column = (0..<matrix.rows).map {
        numbers.literal(table.values[$0 * matrix.columns + j])
      }
      rows.append("  " + CText.list(column, indent: "  "))
    }
    return """
      \(about), [source][node] */
      static const \(real) \(tables[place])[\(matrix.columns)][\(matrix.rows)] = {
      \(rows.joined(separator: ",\n"))
      };

      """
  }

  // MARK: Start

  /// The past values of a signal before t = 0, where they are not all zero.
  private func startTable(of place: Int) -> String? {
    let signal = equations.signals[place]
    let values = Array(signal.past.joined())
    guard values.contains(where: { $0 != 0 }) else { return nil }
    let list = CText.list(values.map(numbers.literal))
    return """
      /* \(CNames.comment(signal.name)) before t = 0, the last values first */
      static const \(real) \(names[place].start)[\(values.count)] = \(list);

      """
  }

  private var start: String {
    var body: [String] = []
    for place in past {
      let signal = equations.signals[place]
      let isZero = signal.past.joined().allSatisfy { $0 == 0 }
      let member = "state->\(names[place].past)"
      if signal.depth == 1 {
        let value = isZero ? numbers.literal(0) : "\(names[place].start)[i]"
        body += loop("i", signal.size, ["\(member)[i] = \(value);"])
      } else {
        let value = isZero ? numbers.literal(0) : "\(names[place].start)[(k * \(signal.size)) + i]"
        body += loop(
          "k", signal.depth, loop("i", signal.size, ["\(member)[k][i] = \(value);"]))
        body.append("state->\(names[place].at) = 0;")
      }
    }
    for item in given {
      body += loop(
        "i", equations.signals[item.signal].size,
        ["state->\(item.member)[i] = (\(real))NAN;"])
    }
    if body.isEmpty { body = isLarge ? ["(void)state;"] : ["state->unused = 0;"] }
    return function("void \(prefix)_init(\(prefix)_state *state)", body)
  }

  private func giving(_ item: Given) -> String {
    function(
      "void \(item.function)(\(prefix)_state *state, const \(real) values[])",
      loop(
        "i", equations.signals[item.signal].size, ["state->\(item.member)[i] = values[i];"]))
  }

  /// Rows of past values go round: where that of a lag stands.
  private var rowHelper: String {
    """
    static int32_t \(prefix)_row(int32_t at, int32_t lag, int32_t rows)
    {
      const int32_t row = at + lag - 1;
      return (row < rows) ? row : (row - rows);
    }

    """
  }

  // MARK: Pieces

  func function(_ head: String, _ body: [String]) -> String {
    ([head, "{"] + body.map { $0.isEmpty ? "" : "  \($0)" } + ["}", ""]).joined(separator: "\n")
  }

  func loop(_ index: String, _ count: Int, _ body: [String]) -> [String] {
    ["for (int32_t \(index) = 0; \(index) < \(count); \(index)++) {"] + body.map { "  \($0)" }
      + ["}"]
  }
}
