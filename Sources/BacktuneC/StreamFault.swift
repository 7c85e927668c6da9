import Backtune

/// What can be wrong with a call of a stream, found without taking memory: the text is made where it is reported.
enum StreamFault: Error {
  case null(StaticString)
  case handle
  case busy
  case steps(Int64)
  case manySteps(Int64)
  case length(StaticString, Int64, steps: Int64, channels: Int)
  case group(Int64)
  /// A value, measured of a group, that is infinite.
  case infinite(Int, Double)
  case stopped(StreamStop)

  /// What is reported.
  var error: any Error {
    switch self {
    case .null(let name): CallError.null("\(name)")
    case .handle: CallError.handle("\(StreamTable.argument)")
    case .busy: CallError.busy("\(StreamTable.argument)")
    case .steps(let steps): BacktuneError.size("steps is \(steps), expected 0 or more")
    case .manySteps(let steps):
      BacktuneError.memory("steps: \(steps) values do not fit the memory budget")
    case .length(let name, let length, let steps, let channels):
      BacktuneError.size(
        "\(name)_length is \(length), expected \(steps == 1 ? "" : "\(steps) x ")\(channels)")
    case .group(let group):
      BacktuneError.argument(
        "group is \(group), expected one of which measured values are read")
    case .infinite(let place, let value):
      BacktuneError.argument(
        "values: value \(place) is \(value), expected a finite number, or NaN where not known")
    case .stopped(let stop): stop.error
    }
  }
}

/// The body of an export that a real-time thread may call: it takes no memory and no lock where nothing fails.
@inline(__always)
func streaming(_ handle: OpaquePointer?, _ body: (Stream) -> StreamFault?) -> Int32 {
  switch StreamTable.begin(handle) {
  case .failure(let fault): return reported(fault)
  case .success(let entry):
    let arithmetic = Arithmetic()
    // Never nil where the word was idle.
    let fault = entry.pointee.stream.flatMap { $0._withUnsafeGuaranteedRef(body) }
    arithmetic.restoreMode()
    StreamTable.end(entry)
    return fault.map(reported) ?? 0
  }
}

@inline(never)
private func reported(_ fault: StreamFault) -> Int32 { guarded { throw fault.error } }
