import Backtune

/// A call that changes what is asked; `body` also gets the number of outputs.
private func asking(
  _ handle: OpaquePointer?, _ body: (inout Objective, Int) throws -> Void
) throws {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: true) { object in
    let outputs = try HandleTable.use(object.network, isWriting: false) { $0.network.outputCount }
    try body(&object.estimator.objective, outputs)
  }
}

/// A call that gives series of the outputs: their lengths, and values that fit them.
private func takingSeries(
  _ estimator: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ source: UnsafePointer<Double>?, _ length: Int64,
  _ body: (inout Objective, _ lengths: [Int], _ values: [Double], _ outputs: Int) throws -> Void
) throws {
  try asking(estimator) {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let steps = try checkedSum(lengths, "lengths")
    let count = try checkedProduct(steps, $1, "values")
    try body(&$0, lengths, try values(source, length, "values", expected: count), $1)
  }
}

@_cdecl("bt_estimator_add_observable")
public func bt_estimator_add_observable(
  _ estimator: OpaquePointer?, _ kind: UnsafePointer<CChar>?, _ source: UnsafePointer<Double>?,
  _ length: Int64, _ desired: Double
) -> Int32 {
  guarded {
    let kind = try text(kind, "kind")
    let buffer = try readable(source, length, "parameters")
    // Before anything is read: the length is what the caller claims.
    try Objective.checkObservable(kind, parameterCount: buffer.count)
    let parameters = Array(buffer)
    try asking(estimator) {
      try $0.addObservable(
        kind, parameters, outputs: $1, desired: desired.isNaN ? nil : desired)
    }
  }
}

@_cdecl("bt_estimator_clear_observables")
public func bt_estimator_clear_observables(_ estimator: OpaquePointer?) -> Int32 {
  guarded { try asking(estimator) { objective, _ in objective.removeObservables() } }
}

@_cdecl("bt_estimator_set_reference")
public func bt_estimator_set_reference(
  _ estimator: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ source: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    try takingSeries(estimator, sequences, lengths, source, length) {
      try $0.setReference(lengths: $1, values: $2, outputs: $3)
    }
  }
}

@_cdecl("bt_estimator_set_samples")
public func bt_estimator_set_samples(
  _ estimator: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ source: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    try takingSeries(estimator, sequences, lengths, source, length) {
      try $0.setSamples(lengths: $1, values: $2, outputs: $3)
    }
  }
}

@_cdecl("bt_estimator_observable_count")
public func bt_estimator_observable_count(
  _ estimator: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let number = try HandleTable.use(estimator, EstimatorObject.self, isWriting: false) {
      $0.estimator.objective.observableCount
    }
    try write(Int64(number), to: count, "count")
  }
}

@_cdecl("bt_estimator_observables")
public func bt_estimator_observables(
  _ estimator: OpaquePointer?, _ means: UnsafeMutablePointer<Double>?,
  _ desired: UnsafeMutablePointer<Double>?, _ lambda: UnsafeMutablePointer<Double>?,
  _ length: Int64
) -> Int32 {
  guarded {
    let report = try looking(polled: estimator) { try $0.observables(at: $1, monitor: $2) }
    for (values, target) in [
      (report.means, means), (report.desired, desired), (report.lambda, lambda),
    ] where target != nil {
      try write(values, to: target, length, "values")
    }
  }
}

@_cdecl("bt_estimator_divergence")
public func bt_estimator_divergence(
  _ estimator: OpaquePointer?, _ divergence: UnsafeMutablePointer<Double>?
) -> Int32 {
  guarded {
    let value = try looking(polled: estimator) { try $0.divergence(at: $1, monitor: $2) }
    try write(value, to: divergence, "divergence")
  }
}
