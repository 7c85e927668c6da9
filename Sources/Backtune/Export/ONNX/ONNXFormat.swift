import BacktuneNetwork
import BacktuneNumerics

/// ONNX: a graph of standard operators.
struct ONNXFormat: ExportFormat {
  static let name = "onnx"

  enum Precision: String, CaseIterable {
    case double, float
  }

  enum Form: String, CaseIterable {
    /// A loop (Scan) over the time steps of a sequence.
    case scan
    /// One time step, without a loop.
    case step
    /// Whole sequences, by the nodes RNN, LSTM and GRU.
    case rnn
  }

  let precision: Precision
  let form: Form
  /// Whether sequences come side by side.
  let isBatched: Bool
  /// Whether the state comes and goes with a call.
  let isStreaming: Bool

  init(_ options: inout JSONOptions, stem: String?) throws {
    form = try options.word("form", default: Form.scan)
    precision = try options.word("precision", default: form == .rnn ? Precision.float : .double)
    isBatched = try options.bool("batch", default: false)
    isStreaming = try options.bool("streaming", default: form == .step)
    guard form != .rnn || precision == .float else {
      throw BacktuneError.argument(
        "option precision of format onnx: 'double' came with form 'rnn', expected 'float': run-times know RNN, LSTM and GRU in float alone"
      )
    }
    guard form != .rnn || !isStreaming else {
      throw BacktuneError.argument(
        "option streaming of format onnx: true came with form 'rnn', expected form 'scan' or 'step'"
      )
    }
    guard form != .step || isStreaming else {
      throw BacktuneError.argument(
        "option streaming of format onnx: false came with form 'step', whose state comes and goes")
    }
  }

  func export(_ equations: Equations) throws -> Exported {
    if precision == .float { try equations.checkFloat(of: Self.name) }
    let graph: ONNX.Graph
    switch form {
    case .scan, .step:
      var loop = ONNXLoop(self, equations)
      graph = try loop.graph()
    case .rnn: graph = try ONNXUnits(self, equations).graph()
    }
    let bytes = ONNX.model(
      graph, about: equations.description.joined(separator: "\n"),
      properties: try properties(equations))
    return Exported(files: [.init(suffix: ".onnx", bytes: bytes)], whole: bytes)
  }

  var element: ONNX.Element { precision == .float ? .float : .double }

  /// The axes before that of the channels: times of whole sequences, and sequences side by side.
  var axes: [ONNX.Dimension] {
    (form == .step ? [] : [.named("T")]) + (isBatched ? [.named("B")] : [])
  }

  /// Names and units, as lists in JSON.
  private func properties(_ equations: Equations) throws -> [(name: String, value: String)] {
    let labels = equations.labels
    var found: [(name: String, value: String)] = []
    for (name, values) in [
      ("input_names", labels.inputNames), ("input_units", labels.inputUnits),
      ("output_names", labels.outputNames), ("output_units", labels.outputUnits),
    ] where !values.isEmpty {
      let list = try JSONValue.list(values.map { .text($0) }).json()
      found.append((name, String(decoding: list, as: UTF8.self)))
    }
    if let time = labels.samplingTime { found.append(("sampling_time", "\(time)")) }
    return found
  }
}
