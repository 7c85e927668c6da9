import Backtune
import BacktuneNumerics

@_cdecl("bt_stream_create")
public func bt_stream_create(
  _ network: OpaquePointer?, _ initial: UnsafePointer<Double>?, _ initialLength: Int64,
  _ stream: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded {
    guard let stream else { throw CallError.null("the pointer to the new stream") }
    stream.pointee = nil
    let initial = try optional(initial, initialLength, "initial")
    try HandleTable.use(network, NetworkObject.self, isWriting: false) { object in
      let size = object.network.stateSize
      if let initial, initial.count != size {
        throw BacktuneError.size("initial: \(initial.count) values, expected \(size)")
      }
      let made = try Stream(object.network, initial: initial.map { Array($0) })
      stream.pointee = try StreamTable.insert(made)
      object.add(made)
    }
  }
}

@_cdecl("bt_stream_free")
public func bt_stream_free(_ stream: OpaquePointer?) -> Int32 {
  guarded(takesMemory: false) { if let stream { try StreamTable.remove(stream) } }
}

@_cdecl("bt_stream_step")
public func bt_stream_step(
  _ stream: OpaquePointer?, _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64,
  _ measured: UnsafePointer<Double>?, _ measuredLength: Int64,
  _ outputs: UnsafeMutablePointer<Double>?, _ outputsLength: Int64
) -> Int32 {
  bt_stream_run(
    stream, 1, inputs, inputsLength, measured, measuredLength, outputs, outputsLength)
}

@_cdecl("bt_stream_run")
public func bt_stream_run(
  _ stream: OpaquePointer?, _ steps: Int64, _ inputs: UnsafePointer<Double>?,
  _ inputsLength: Int64, _ measured: UnsafePointer<Double>?, _ measuredLength: Int64,
  _ outputs: UnsafeMutablePointer<Double>?, _ outputsLength: Int64
) -> Int32 {
  streaming(stream) { stream in
    if let fault = fault(in: steps) { return fault }
    if measured != nil || measuredLength != 0,
      let fault = fault(in: measured, measuredLength, steps, stream.outputs, "measured")
    {
      return fault
    }
    if let fault = fault(in: inputs, inputsLength, steps, stream.inputs, "inputs") { return fault }
    if outputs != nil || outputsLength != 0,
      let fault = fault(in: outputs, outputsLength, steps, stream.outputs, "outputs")
    {
      return fault
    }
    return stream.advance(Int(steps), inputs, measured: measured, into: outputs).map {
      .stopped($0)
    }
  }
}

@_cdecl("bt_stream_set_measured")
public func bt_stream_set_measured(
  _ stream: OpaquePointer?, _ group: Int64, _ values: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  streaming(stream) { stream in
    guard let id = Int(exactly: group), let size = stream.measuredSize(of: id) else {
      return .group(group)
    }
    if let fault = fault(in: values, length, 1, size, "values") { return fault }
    guard let values else { return nil }
    for place in 0..<size where values[place].isInfinite {
      return .infinite(place, values[place])
    }
    stream.setMeasured(id, values)
    return nil
  }
}

@_cdecl("bt_stream_get_state")
public func bt_stream_get_state(
  _ stream: OpaquePointer?, _ state: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  streaming(stream) { stream in
    if let fault = fault(in: state, length, 1, stream.stateSize, "state") { return fault }
    if let state { stream.copyState(into: state) }
    return nil
  }
}

@_cdecl("bt_stream_set_state")
public func bt_stream_set_state(
  _ stream: OpaquePointer?, _ state: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  streaming(stream) { stream in
    if let fault = fault(in: state, length, 1, stream.stateSize, "state") { return fault }
    if let state { stream.setState(state) }
    return nil
  }
}

@_cdecl("bt_stream_reset")
public func bt_stream_reset(_ stream: OpaquePointer?) -> Int32 {
  streaming(stream) { stream in
    stream.reset()
    return nil
  }
}

/// More steps than this are compared with what memory may hold: without inputs and outputs nothing else limits them.
private let fewSteps: Int64 = 1 << 20

@inline(__always)
private func fault(in steps: Int64) -> StreamFault? {
  if steps >= 0 && steps <= fewSteps { return nil }
  if steps < 0 { return .steps(steps) }
  return Int(steps) <= MemoryBudget.limit / MemoryLayout<Double>.stride ? nil : .manySteps(steps)
}

/// What is wrong with a buffer of steps x channels values.
@inline(__always)
private func fault(
  in pointer: UnsafePointer<Double>?, _ length: Int64, _ steps: Int64, _ channels: Int,
  _ name: StaticString
) -> StreamFault? {
  let (expected, overflow) = steps.multipliedReportingOverflow(by: Int64(channels))
  guard !overflow, length == expected else {
    return .length(name, length, steps: steps, channels: channels)
  }
  return pointer == nil && length != 0 ? .null(name) : nil
}
