/// Tables of places of a C program: which node, which source and which weight an entry of a sparse matrix joins, and which
/// bias a node has.
struct CIndices {
  struct Key: Hashable {
    let signal: Int
    /// Of a bias -1.
    let product: Int
  }

  struct Names {
    var node = ""
    var source = ""
    /// Empty where entry k has weight k.
    var value = ""
  }

  private(set) var names: [Key: Names] = [:]
  /// The definitions.
  private(set) var tables: [String] = []

  init(_ equations: Equations, _ prefix: String, _ taken: inout CNames) {
    for (place, signal) in equations.signals.enumerated() {
      guard case .linear(let linear) = signal.equation else { continue }
      if let bias = linear.bias, let index = bias.index {
        let name = "\(prefix)_\(CNames.identifier(equations.tables[bias.table].name))"
        names[Key(signal: place, product: -1)] = Names(value: add("\(name)_place", index, &taken))
      }
      for (number, product) in linear.products.enumerated() {
        guard case .sparse(let entries) = product.form, !entries.isEmpty else { continue }
        let name = "\(prefix)_\(CNames.identifier(equations.tables[product.table].name))"
        var own = Names()
        own.node = add("\(name)_node", entries.map(\.node), &taken)
        own.source = add("\(name)_source", entries.map(\.source), &taken)
        let values = entries.map(\.value)
        if values != Array(values.indices) { own.value = add("\(name)_place", values, &taken) }
        names[Key(signal: place, product: number)] = own
      }
    }
  }

  private mutating func add(_ name: String, _ values: [Int], _ taken: inout CNames) -> String {
    let name = taken.take(name)
    let largest = values.max() ?? 0
    let type = largest < 1 << 8 ? "uint8_t" : largest < 1 << 16 ? "uint16_t" : "uint32_t"
    tables.append(
      "static const \(type) \(name)[\(values.count)] = \(CText.list(values.map { "\($0)" }));\n")
    return name
  }
}

/// Pieces of C.
enum CText {
  /// Values in braces, as many a line as fit.
  static func list(_ values: [String], indent: String = "") -> String {
    let line = "{ \(values.joined(separator: ", ")) }"
    if values.count <= 8, line.utf8.count < 60 || !indent.isEmpty && line.utf8.count < 94 {
      return line
    }
    var text = "{"
    var width = 100
    for (place, value) in values.enumerated() {
      let item = place == values.count - 1 ? value : "\(value),"
      if width + item.utf8.count + 1 > 96 {
        text += "\n\(indent)  \(item)"
        width = indent.utf8.count + 2 + item.utf8.count
      } else {
        text += " \(item)"
        width += item.utf8.count + 1
      }
    }
    return text + "\n\(indent)}"
  }
}
