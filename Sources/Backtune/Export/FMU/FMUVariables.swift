import BacktuneNetwork

/// The variables of an FMU, by their reference: time, inputs, outputs, and what may be measured.
struct FMUVariables {
  struct Variable {
    let name: String
    let unit: String
    let about: String
  }

  private(set) var time = Variable(name: "time", unit: "", about: "")
  private(set) var inputs: [Variable] = []
  private(set) var outputs: [Variable] = []
  private(set) var measured: [Variable] = []
  /// Of a signal that is measured, the number of the variable of its first node.
  private(set) var firstMeasured: [Int: Int] = [:]
  /// Of an output, the references of the variables that it depends on at the same time.
  private(set) var dependencies: [[Int]] = []

  var all: [Variable] { [time] + inputs + outputs + measured }
  /// The reference of the first output, of the first measured variable.
  var firstOutput: Int { 1 + inputs.count }
  var firstOfMeasured: Int { firstOutput + outputs.count }

  init(_ equations: Equations) {
    let labels = equations.labels
    var taken: Set<String> = ["time"]
    func variable(_ name: String, _ unit: String, _ about: String) -> Variable {
      Variable(name: taken.take(XML.name(name)), unit: XML.plain(unit), about: about)
    }
    func named(_ letter: String, _ names: [String], _ channel: Int) -> String {
      names.isEmpty ? "\(letter)\(channel + 1)" : names[channel]
    }
    func unit(_ units: [String], _ channel: Int) -> String { units.isEmpty ? "" : units[channel] }

    if labels.samplingTime != nil { time = Variable(name: "time", unit: "s", about: "") }
    inputs = (0..<equations.inputCount).map {
      variable(
        named("u", labels.inputNames, $0), unit(labels.inputUnits, $0), "input of channel \($0)")
    }
    outputs = (0..<equations.outputCount).map {
      variable(named("y", labels.outputNames, $0), unit(labels.outputUnits, $0), "output \($0)")
    }
    for (place, signal) in equations.signals.enumerated() {
      guard case .known(_, let own) = signal.equation else { continue }
      firstMeasured[place] = measured.count
      for node in 0..<signal.size {
        let isOutput = node < own.count
        let name = isOutput ? outputs[own.output + node].name : "\(own.group).\(node)"
        measured.append(
          variable(
            "\(name).measured", isOutput ? outputs[own.output + node].unit : "",
            "what is measured of \(XML.plain(name)), NaN where it is not known"))
      }
    }
    setDependencies(equations)
  }

  private mutating func setDependencies(_ equations: Equations) {
    var found: [Set<Int>] = []
    for (place, signal) in equations.signals.enumerated() {
      var own = Set<Int>()
      if case .input = signal.equation { own.formUnion(1..<1 + signal.size) }
      if let first = firstMeasured[place] {
        own.formUnion((0..<signal.size).map { firstOfMeasured + first + $0 })
      }
      for source in signal.equation.sources where source.lag == 0 {
        own.formUnion(found[source.signal])
      }
      found.append(own)
    }
    dependencies = equations.outputs.flatMap { output in
      [[Int]](repeating: found[output.signal].sorted(), count: output.count)
    }
  }
}

/// Text of XML.
enum XML {
  /// A text that XML may hold: other characters become an underscore.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { character in
          switch character.value {
          case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: character
          default: "_"
          }
        }))
  }

  /// A name: no blanks at its ends, nor two of them.
  static func name(_ text: String) -> String {
    let words = plain(text).split(separator: " ")
    return words.isEmpty ? "_" : words.joined(separator: " ")
  }

  /// ` name="value"`.
  static func attribute(_ name: String, _ value: String) -> String {
    var text = ""
    for character in value.unicodeScalars {
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.unicodeScalars.append(character)
      }
    }
    return " \(name)=\"\(text)\""
  }
}
