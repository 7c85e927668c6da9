import Backtune
import BacktuneNumerics

@_cdecl("bt_estimator_create")
public func bt_estimator_create(
  _ network: OpaquePointer?, _ estimator: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded {
    try create(estimator) {
      try HandleTable.use(network, NetworkObject.self, isWriting: false) { EstimatorObject($0) }
    }
  }
}

@_cdecl("bt_estimator_free")
public func bt_estimator_free(_ estimator: OpaquePointer?) -> Int32 {
  guarded(takesMemory: false) {
    if let estimator { try HandleTable.remove(estimator, EstimatorObject.self) }
  }
}

private func reading<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: false, body)
}

func changing<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: true, body)
}

/// A call that computes: nobody else may use the estimator or its network meanwhile.
private func computing<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject, Estimator) throws -> Result
) throws -> Result {
  try changing(handle) { object in
    try HandleTable.use(object.network, isWriting: true) { _ in
      try object.requireData()
      try object.estimator.adopt(object.network.network)
      defer { object.writeBack() }
      return try body(object, object.estimator)
    }
  }
}

@_cdecl("bt_estimator_set_data")
public func bt_estimator_set_data(
  _ estimator: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64, _ desired: UnsafePointer<Double>?,
  _ desiredLength: Int64, _ gains: UnsafePointer<Double>?, _ gainsLength: Int64
) -> Int32 {
  guarded {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let inputs = try readable(inputs, inputsLength, "inputs")
    let desired = try optional(desired, desiredLength, "desired")
    let gains = try optional(gains, gainsLength, "gains")
    try changing(estimator) { object in
      let network = try HandleTable.use(object.network, isWriting: false) { $0.network }
      let sequences = try Sequences(
        network, lengths: lengths, inputs: inputs, desired: desired, gains: gains,
        isShare: object.estimator.processes != nil)
      try object.estimator.follow(network)
      try object.estimator.setData(sequences)
    }
  }
}

@_cdecl("bt_estimator_set_initial_states")
public func bt_estimator_set_initial_states(
  _ estimator: OpaquePointer?, _ initial: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let initial = try optional(initial, length, "values")
    try changing(estimator) { object in
      guard var sequences = object.estimator.data else { throw EstimatorObject.noData }
      let network = try HandleTable.use(object.network, isWriting: false) { $0.network }
      try sequences.setInitialStates(network, initial)
      try object.estimator.setData(sequences)
    }
  }
}

@_cdecl("bt_estimator_set_criterion")
public func bt_estimator_set_criterion(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?)
  -> Int32
{
  guarded {
    let name = try text(name, "name")
    try changing(estimator) {
      var objective = $0.estimator.objective
      try objective.setCriterion(name)
      if objective.criterion != $0.estimator.objective.criterion {
        $0.estimator.objective = objective
      }
    }
  }
}

@_cdecl("bt_estimator_get_criterion")
public func bt_estimator_get_criterion(
  _ estimator: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try reading(estimator) { $0.estimator.objective.criterion }
    try copy(name, to: buffer, capacity, length)
  }
}

@_cdecl("bt_estimator_add_regularisation")
public func bt_estimator_add_regularisation(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let options = Array((try optionalText(options, "options") ?? "").utf8)
    try changing(estimator) {
      let network = try HandleTable.use($0.network, isWriting: false) { $0.network }
      try $0.estimator.objective.addRegularisation(name, options: options, of: network)
    }
  }
}

@_cdecl("bt_estimator_clear_regularisation")
public func bt_estimator_clear_regularisation(_ estimator: OpaquePointer?) -> Int32 {
  guarded {
    try changing(estimator) {
      $0.estimator.objective.removeRegularisations()
    }
  }
}

@_cdecl("bt_estimator_set_method")
public func bt_estimator_set_method(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?)
  -> Int32
{
  guarded {
    let method = try EstimationMethod(named: try text(name, "name"))
    try changing(estimator) { $0.estimator.options.method = method }
  }
}

@_cdecl("bt_estimator_get_method")
public func bt_estimator_get_method(
  _ estimator: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try reading(estimator) { $0.estimator.options.method.rawValue }
    try copy(name, to: buffer, capacity, length)
  }
}

@_cdecl("bt_estimator_set_option")
public func bt_estimator_set_option(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Double
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    try changing(estimator) { try $0.estimator.options.set(name, value) }
  }
}

@_cdecl("bt_estimator_get_option")
public func bt_estimator_get_option(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ value: UnsafeMutablePointer<Double>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    try write(try reading(estimator) { try $0.estimator.options.value(name) }, to: value, "value")
  }
}

public typealias Callback =
  @convention(c) (OpaquePointer?, Int32, UnsafeMutableRawPointer?) -> Int32

/// A monitor that asks the caller's function; what it reads then is the best so far.
private func monitor(
  _ callback: Callback?, _ handle: OpaquePointer?, _ user: UnsafeMutableRawPointer?,
  _ object: EstimatorObject
) -> Estimator.Monitor? {
  guard let callback else { return nil }
  return { event in
    if event == .iteration { object.writeBack() }
    let place = stackPlace()
    object.noteCallback(at: place)
    object.network.noteCallback(at: place)
    return Arithmetic.ofHost { callback(handle, event == .iteration ? 1 : 0, user) } != 0
  }
}

@_cdecl("bt_estimator_step")
public func bt_estimator_step(
  _ estimator: OpaquePointer?, _ callback: Callback?, _ user: UnsafeMutableRawPointer?,
  _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    let reason = try computing(estimator) {
      try $1.step(monitor: monitor(callback, estimator, user, $0))
    }
    stop?.pointee = Int32(reason.rawValue)
  }
}

@_cdecl("bt_estimator_run")
public func bt_estimator_run(
  _ estimator: OpaquePointer?, _ callback: Callback?, _ user: UnsafeMutableRawPointer?,
  _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    let reason = try computing(estimator) {
      try $1.run(monitor: monitor(callback, estimator, user, $0))
    }
    stop?.pointee = Int32(reason.rawValue)
  }
}
