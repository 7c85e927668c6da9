import Backtune

/// The estimator of a handle, to read what it found.
private func found<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject, Estimator) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: false) { try body($0, $0.estimator) }
}

@_cdecl("bt_estimator_cost")
public func bt_estimator_cost(
  _ estimator: OpaquePointer?, _ cost: UnsafeMutablePointer<Double>?,
  _ nmse: UnsafeMutablePointer<Double>?
) -> Int32 {
  guarded {
    // What the trace says needs nobody else to stand still.
    let known = try found(estimator) { try $1.isAnswered ? $1.cost() : nil }
    let result = try known ?? looking(polled: estimator) { try $0.cost(at: $1, monitor: $2) }
    cost?.pointee = result.cost
    nmse?.pointee = result.nmse
  }
}

@_cdecl("bt_estimator_output_nmse")
public func bt_estimator_output_nmse(
  _ estimator: OpaquePointer?, _ nmse: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try looking(polled: estimator) { try $0.outputNMSE(at: $1, monitor: $2) }
    try write(values, to: nmse, length, "nmse")
  }
}

@_cdecl("bt_estimator_get_weights")
public func bt_estimator_get_weights(
  _ estimator: OpaquePointer?, _ weights: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try found(estimator) { object, current in
      if !current.trace.isEmpty { return current.network.adjustableWeights }
      return try HandleTable.use(object.network, isWriting: false) { $0.network.adjustableWeights }
    }
    try write(values, to: weights, length, "weights")
  }
}

@_cdecl("bt_estimator_get_initial_states")
public func bt_estimator_get_initial_states(
  _ estimator: OpaquePointer?, _ target: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try found(estimator) { _, current in
      guard current.hasFoundStarts else {
        throw BacktuneError.state(
          "estimator: no initial states yet; set the option initial_states and run it")
      }
      return try current.initialStates()
    }
    try write(values, to: target, length, "values")
  }
}

@_cdecl("bt_estimator_removed")
public func bt_estimator_removed(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ target: UnsafeMutablePointer<UInt8>?, _ length: Int64
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let flags = try found(estimator) { object, current in
      if !current.trace.isEmpty { return try current.removed(name) }
      return try HandleTable.use(object.network, isWriting: false) {
        [Bool](repeating: false, count: try $0.network.array(named: name).count)
      }
    }
    try write(flags.map { $0 ? 1 : 0 }, to: target, length, "removed")
  }
}

@_cdecl("bt_estimator_gradient")
public func bt_estimator_gradient(
  _ estimator: OpaquePointer?, _ cost: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let result = try looking(polled: estimator) { try $0.gradient(at: $1, monitor: $2) }
    if gradient != nil || length != 0 {
      try write(result.gradient, to: gradient, length, "gradient")
    }
    cost?.pointee = result.cost
  }
}

@_cdecl("bt_estimator_trace_length")
public func bt_estimator_trace_length(
  _ estimator: OpaquePointer?, _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    try write(Int64(try found(estimator) { $1.trace.count }), to: length, "length")
  }
}

@_cdecl("bt_estimator_trace")
public func bt_estimator_trace(
  _ estimator: OpaquePointer?, _ column: UnsafePointer<CChar>?,
  _ target: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let column = try text(column, "column")
    let values = try found(estimator) { try IterationReport.column(column, of: $1.trace) }
    try write(values, to: target, length, "values")
  }
}

@_cdecl("bt_estimator_restart_count")
public func bt_estimator_restart_count(
  _ estimator: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    try write(Int64(try found(estimator) { $1.drawCosts.count }), to: count, "count")
  }
}

@_cdecl("bt_estimator_restarts")
public func bt_estimator_restarts(
  _ estimator: OpaquePointer?, _ costs: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    try write(try found(estimator) { $1.drawCosts }, to: costs, length, "costs")
  }
}

@_cdecl("bt_estimator_simulate")
public func bt_estimator_simulate(
  _ estimator: OpaquePointer?, _ outputs: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try looking(polled: estimator) { try $0.outputs(at: $1, monitor: $2) }
    try write(values, to: outputs, length, "outputs")
  }
}

@_cdecl("bt_estimator_note_count")
public func bt_estimator_note_count(
  _ estimator: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    try write(Int64(try found(estimator) { $1.notes.count }), to: count, "count")
  }
}

@_cdecl("bt_estimator_note")
public func bt_estimator_note(
  _ estimator: OpaquePointer?, _ index: Int64, _ kind: UnsafeMutablePointer<Int32>?,
  _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let notes = try found(estimator) { $1.notes }
    guard notes.indices.contains(Int(index)) else {
      throw BacktuneError.argument("index is \(index), there are \(notes.count) notes")
    }
    let note = notes[Int(index)]
    try copy(note.text, to: buffer, capacity, length)
    kind?.pointee = Int32(note.kind.rawValue)
  }
}

@_cdecl("bt_estimator_parting")
public func bt_estimator_parting(
  _ estimator: OpaquePointer?, _ oneStep: UnsafeMutablePointer<Double>?,
  _ horizon: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded { tell(try found(estimator) { $1.parting }, oneStep, horizon) }
}

@_cdecl("bt_estimator_find_parting")
public func bt_estimator_find_parting(
  _ estimator: OpaquePointer?, _ oneStep: UnsafeMutablePointer<Double>?,
  _ horizon: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let parting = try looking(polled: estimator) { try $0.parting(at: $1, monitor: $2) }
    tell(parting, oneStep, horizon)
  }
}

private func tell(
  _ parting: Parting?, _ oneStep: UnsafeMutablePointer<Double>?,
  _ horizon: UnsafeMutablePointer<Int64>?
) {
  oneStep?.pointee = parting?.oneStepNMSE ?? .nan
  horizon?.pointee = Int64(parting?.horizon ?? 0)
}

@_cdecl("bt_estimator_stop_reason")
public func bt_estimator_stop_reason(
  _ estimator: OpaquePointer?, _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    let reason = try found(estimator) { $1.stopReason }
    try write(Int32(reason.rawValue), to: stop, "stop")
  }
}
