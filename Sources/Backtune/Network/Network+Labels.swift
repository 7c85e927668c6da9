import BacktuneNumerics

/// What a network keeps of the data that it is for: no result depends on it.
public struct DataLabels: Equatable, Sendable {
  /// Names of the input channels, one each; empty where none were given, as all that follows.
  public internal(set) var inputNames: [String] = []
  /// Names of the outputs.
  public internal(set) var outputNames: [String] = []
  /// Units of the input channels.
  public internal(set) var inputUnits: [String] = []
  /// Units of the outputs.
  public internal(set) var outputUnits: [String] = []
  /// Seconds of a time step.
  public internal(set) var samplingTime: Double?

  /// The texts that can be set.
  public enum Kind: String, CaseIterable, Sendable {
    /// Names of the input channels, all different and none empty.
    case inputNames = "input names"
    /// Names of the outputs, all different and none empty.
    case outputNames = "output names"
    /// Units of the input channels, any text.
    case inputUnits = "input units"
    /// Units of the outputs, any text.
    case outputUnits = "output units"

    package var isOfOutputs: Bool { self == .outputNames || self == .outputUnits }
    var isName: Bool { self == .inputNames || self == .outputNames }
  }

  subscript(kind: Kind) -> [String] {
    get {
      switch kind {
      case .inputNames: inputNames
      case .outputNames: outputNames
      case .inputUnits: inputUnits
      case .outputUnits: outputUnits
      }
    }
    set {
      switch kind {
      case .inputNames: inputNames = newValue
      case .outputNames: outputNames = newValue
      case .inputUnits: inputUnits = newValue
      case .outputUnits: outputUnits = newValue
      }
    }
  }
}

extension DataLabels.Kind {
  /// - Throws: `.argument` with the kinds there are.
  package init(named name: String) throws {
    guard let kind = Self(rawValue: name) else {
      let known = Self.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw BacktuneError.argument("kind '\(name)': unknown, expected one of \(known)")
    }
    self = kind
  }
}

extension Network {
  /// The labels; those of outputs only while the nodes are observed that they were given for.
  public var labels: DataLabels {
    guard labelledOutputs != outputs else { return storedLabels }
    var result = storedLabels
    (result.outputNames, result.outputUnits) = ([], [])
    return result
  }

  /// Names the channels or their units, all of one kind at a time; an empty list takes them away.
  /// - Throws: `.size` for another number than there are channels, `.argument` for a text with zero bytes, and for names
  ///   that are empty or equal.
  public mutating func setLabels(_ kind: DataLabels.Kind, _ texts: [String]) throws {
    let count = kind.isOfOutputs ? outputCount : inputs
    guard texts.isEmpty || texts.count == count else {
      throw BacktuneError.size("\(kind.rawValue): \(texts.count) came, expected \(count)")
    }
    var seen: Set<String> = []
    for (channel, text) in texts.enumerated() {
      guard !text.utf8.contains(0) else {
        throw BacktuneError.argument(
          "\(kind.rawValue): that of channel \(channel) holds a zero byte")
      }
      guard kind.isName else { continue }
      guard !text.isEmpty else {
        throw BacktuneError.argument("\(kind.rawValue): that of channel \(channel) is empty")
      }
      guard seen.insert(text).inserted else {
        throw BacktuneError.argument("\(kind.rawValue): '\(text)' came twice")
      }
    }
    var changed = labels
    changed[kind] = texts
    store(changed)
  }

  /// Seconds of a time step; nil where unknown.
  /// - Throws: `.argument` for what is not finite and above 0.
  public mutating func setSamplingTime(_ seconds: Double?) throws {
    guard seconds.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw BacktuneError.argument(
        "sampling time: \(seconds ?? 0) came, expected a finite number above 0")
    }
    var changed = labels
    changed.samplingTime = seconds
    store(changed)
  }

  /// One of them; empty where none were given.
  /// - Throws: `.argument` for a channel that there is not.
  public func label(_ kind: DataLabels.Kind, of channel: Int) throws -> String {
    let count = kind.isOfOutputs ? outputCount : inputs
    guard 0..<count ~= channel else {
      throw BacktuneError.argument("\(kind.rawValue): channel \(channel) came, there are \(count)")
    }
    let texts = labels[kind]
    return texts.isEmpty ? "" : texts[channel]
  }

  private mutating func store(_ changed: DataLabels) {
    storedLabels = changed
    labelledOutputs = outputs
    describeAnew()
  }

  /// The node that an output observes.
  /// - Throws: `.argument` for an output that there is not.
  public func node(ofOutput output: Int) throws -> (group: GroupID, node: Int) {
    var first = 0
    for item in outputs where output >= first {
      if output - first < item.count { return (item.group, output - first) }
      first += item.count
    }
    throw BacktuneError.argument("output \(output): there are \(outputCount)")
  }

  var labelDocument: NetworkDocument.LabelDocument? {
    let labels = labels
    guard labels != DataLabels() else { return nil }
    func given(_ texts: [String]) -> [String]? { texts.isEmpty ? nil : texts }
    return .init(
      inputNames: given(labels.inputNames), outputNames: given(labels.outputNames),
      inputUnits: given(labels.inputUnits), outputUnits: given(labels.outputUnits),
      samplingTime: labels.samplingTime)
  }

  mutating func read(_ document: NetworkDocument.LabelDocument) throws {
    try setLabels(.inputNames, document.inputNames ?? [])
    try setLabels(.outputNames, document.outputNames ?? [])
    try setLabels(.inputUnits, document.inputUnits ?? [])
    try setLabels(.outputUnits, document.outputUnits ?? [])
    try setSamplingTime(document.samplingTime)
  }
}
