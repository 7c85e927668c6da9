import BacktuneNumerics

/// A unit of the engine, which C and Python make too: from its kind, its size and options in JSON.
///
/// Adding a kind: one file with its struct, and its type in `Units.all`. The defaults stand in its initialiser and nowhere
/// else; its table names the properties that options set, and says what users of C and Python read: the methods of Python
/// are written from it (tools/generate_units.py).
package protocol BuiltInUnit: Unit {
  static var table: UnitTable<Self> { get }
}

package enum Units {
  package static var all: [any BuiltInUnit.Type] {
    [
      Linear.self, LNL.self, SparseLNL.self, LSTM.self, GRU.self, StronglyTyped.self, AIF.self,
      Softmax.self, Reservoir.self, StateSpace.self, Dense.self, Convolution.self, Gate.self,
      Product.self, Versatile.self,
    ]
  }

  /// - Throws: `.argument` with the kinds there are.
  package static func type(of kind: String) throws -> any BuiltInUnit.Type {
    guard let type = all.first(where: { $0.kind == kind }) else {
      let known = all.map { $0.kind }.joined(separator: ", ")
      throw BacktuneError.argument("unit '\(kind)': unknown, expected one of \(known)")
    }
    return type
  }
}

/// What a unit is in the JSON form: what is said of it, how it is made with its defaults, its options.
package struct UnitTable<Owner> {
  let text: UnitText
  let usual: (_ size: Int) -> Owner
  let options: [UnitOption<Owner>]

  init(_ text: UnitText, _ usual: @escaping (Int) -> Owner, _ options: [UnitOption<Owner>]) {
    (self.text, self.usual, self.options) = (text, usual, options)
  }
}

/// What users read of a kind of unit; code stands between backquotes.
package struct UnitText {
  /// What is added, in a line: "leaky nonlinear nodes".
  let summary: String
  /// With "; " between them.
  let equations: String
  /// What they do not say: groups, weights, where they come from.
  let notes: String
  var size = "Number N of nodes."
  /// What the call returns.
  var output = "The output x."
  let example: UnitExample
}

/// A call that adds a unit.
package struct UnitExample: JSONWritable, Sendable {
  /// Of the network.
  package var inputs = 1
  package let size: Int
  /// A JSON object.
  package var options = "{}"
  /// What it is good for, where there is something to say.
  var text = ""

  var json: JSONValue {
    JSONValue(["inputs": inputs, "size": size, "options": options, "text": text])
  }
}

/// An option of a unit, or several that set one property.
package struct UnitOption<Owner> {
  let rows: [OptionRow]
  /// Sets the property by what came; what is absent stays as it is.
  let decode: (inout JSONOptions, inout Owner) throws -> Void
  /// One value a row, null for what does not apply.
  let encode: (Owner) -> [JSONValue]
}

/// One line of the table of options.
struct OptionRow: JSONWritable {
  let name: String
  /// boolean, integer, number, text, function, functions, sources or mask.
  let type: String
  /// Sentences, without what follows from the rest of the row.
  let text: String
  /// How a value is written in JSON, where it is not one of JSON itself.
  var form: String?
  /// Of a number.
  var least: Double?
  var most: Double?
  /// What may be said by a word.
  var words: [String]?
  /// Null where there is none, or where it depends on the size: the text says which.
  var usual = JSONValue.null

  var json: JSONValue {
    JSONValue([
      "name": name, "type": type, "text": text, "form": form, "least": least, "most": most,
      "words": words, "default": usual,
    ])
  }
}

extension BuiltInUnit {
  /// A unit by options, what is absent by default.
  package static func decode(size: Int, options: inout JSONOptions) throws -> Self {
    let table = table
    var unit = table.usual(size)
    for option in table.options { try option.decode(&options, &unit) }
    return unit
  }

  package static func check(size: Int) throws {
    guard size >= 1 else {
      throw BacktuneError.size("unit \(kind): size is \(size), expected 1 or more")
    }
  }

  /// Whether what its properties hold is allowed, by the same tests as options: the first thing that `build` asks.
  /// - Throws: `.argument`, `.size`
  func check() throws {
    try Self.check(size: size)
    var values: [String: JSONValue] = [:]
    for option in Self.table.options {
      for (row, value) in zip(option.rows, option.encode(self)) { values[row.name] = value }
    }
    var options = JSONOptions(values, of: "unit \(Self.kind)")
    _ = try Self.decode(size: size, options: &options)
  }

  /// The table, defaults included.
  static var document: UnitDocument {
    let table = table
    // A default that depends on the size is none.
    let (small, large) = (table.usual(2), table.usual(3))
    let rows = table.options.flatMap { option in
      zip(option.rows, zip(option.encode(small), option.encode(large))).map { row, values in
        var row = row
        if row.usual == .null && values.0 == values.1 { row.usual = values.0 }
        return row
      }
    }
    let text = table.text
    return UnitDocument(
      kind: kind, summary: text.summary, text: text.equations, notes: text.notes, size: text.size,
      output: text.output, example: text.example, options: rows + [.initial])
  }
}

/// A unit and its options, as C and Python are told.
struct UnitDocument: JSONWritable {
  let kind: String
  let summary: String
  let text: String
  let notes: String
  let size: String
  let output: String
  let example: UnitExample
  let options: [OptionRow]

  var json: JSONValue {
    JSONValue([
      "kind": kind, "summary": summary, "text": text, "notes": notes, "size": size,
      "output": output, "example": example, "options": options,
    ])
  }
}

extension Units {
  /// What a kind of unit is, and its options, or of all kinds, as JSON.
  /// - Throws: `.argument` for an unknown kind.
  package static func optionsJSON(of kind: String?) throws -> [UInt8] {
    guard let kind else { return try all.map { $0.document }.json.json(escapesSlashes: false) }
    return try type(of: kind).document.json.json(escapesSlashes: false)
  }
}
