import Backtune
import BacktuneNumerics

/// A monitor that asks the caller's function for no more than whether to stop; `held` is what the call holds meanwhile.
func poll(
  _ callback: Callback?, _ handle: OpaquePointer?, _ user: UnsafeMutableRawPointer?,
  held: [HandleObject]
) -> Estimator.Monitor? {
  guard let callback else { return nil }
  return { _ in
    let place = stackPlace()
    for object in held { object.noteCallback(at: place) }
    return Arithmetic.ofHost { callback(handle, 0, user) } != 0
  }
}

/// Writes whether a computation was stopped by the callback.
func stoppable(_ stop: UnsafeMutablePointer<Int32>?, _ body: () throws -> Void) throws {
  do {
    try body()
    stop?.pointee = Int32(StopReason.none.rawValue)
  } catch let error as BacktuneError where error.kind == .interrupted {
    stop?.pointee = Int32(StopReason.callback.rawValue)
  }
}

@_cdecl("bt_estimator_find_uncertainty")
public func bt_estimator_find_uncertainty(
  _ estimator: OpaquePointer?, _ callback: Callback?, _ user: UnsafeMutableRawPointer?,
  _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    try looking(estimator) { object, found in
      let network = object.network.network
      let monitor = poll(callback, estimator, user, held: [object, object.network])
      try stoppable(stop) {
        _ = try found.uncertainty(at: network, monitor: monitor)
        _ = try found.predictionDeviation(at: network, monitor: monitor)
      }
    }
  }
}

@_cdecl("bt_estimator_uncertainty")
public func bt_estimator_uncertainty(
  _ estimator: OpaquePointer?, _ covariance: UnsafeMutablePointer<Double>?,
  _ covarianceLength: Int64, _ errors: UnsafeMutablePointer<Double>?,
  _ freedom: UnsafeMutablePointer<Double>?, _ length: Int64,
  _ noise: UnsafeMutablePointer<Double>?, _ rank: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let result = try looking(polled: estimator) { try $0.uncertainty(at: $1, monitor: $2) }
    // Lengths first: nothing is written where one is wrong.
    if errors != nil || freedom != nil { try check(length, is: result.errors.count, "weights") }
    if covariance != nil || covarianceLength != 0 {
      try write(result.covariance, to: covariance, covarianceLength, "covariance")
    }
    if errors != nil { try write(result.errors, to: errors, length, "weights") }
    if freedom != nil { try write(result.freedom, to: freedom, length, "weights") }
    noise?.pointee = result.noise
    rank?.pointee = Int64(result.rank)
  }
}

@_cdecl("bt_estimator_prediction_deviation")
public func bt_estimator_prediction_deviation(
  _ estimator: OpaquePointer?, _ deviation: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try looking(polled: estimator) { try $0.predictionDeviation(at: $1, monitor: $2) }
    try write(values, to: deviation, length, "deviation")
  }
}

@_cdecl("bt_estimator_fitted_outputs")
public func bt_estimator_fitted_outputs(
  _ estimator: OpaquePointer?, _ outputs: UnsafeMutablePointer<Double>?, _ outputsLength: Int64,
  _ noise: UnsafeMutablePointer<Double>?, _ noiseLength: Int64
) -> Int32 {
  guarded {
    let fitted = try looking(polled: estimator) { try $0.fittedOutputs(at: $1, monitor: $2) }
    if noise != nil || noiseLength != 0 { try check(noiseLength, is: fitted.noise.count, "noise") }
    if outputs != nil || outputsLength != 0 {
      try write(fitted.outputs, to: outputs, outputsLength, "outputs")
    }
    if noise != nil || noiseLength != 0 {
      try write(fitted.noise, to: noise, noiseLength, "noise")
    }
  }
}

@_cdecl("bt_estimator_combination_count")
public func bt_estimator_combination_count(
  _ estimator: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let combinations = try looking(polled: estimator) { try $0.combinations(at: $1, monitor: $2) }
    try write(Int64(combinations.deviations.count), to: count, "count")
  }
}

@_cdecl("bt_estimator_combinations")
public func bt_estimator_combinations(
  _ estimator: OpaquePointer?, _ directions: UnsafeMutablePointer<Double>?,
  _ directionsLength: Int64, _ deviations: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let found = try looking(polled: estimator) { try $0.combinations(at: $1, monitor: $2) }
    try check(length, is: found.deviations.count, "deviations")
    guard deviations != nil || length == 0 else { throw CallError.null("deviations") }
    try write(found.directions, to: directions, directionsLength, "directions")
    try write(found.deviations, to: deviations, length, "deviations")
  }
}

@_cdecl("bt_uncertainty_predict")
public func bt_uncertainty_predict(
  _ network: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64, _ initial: UnsafePointer<Double>?,
  _ initialLength: Int64, _ directions: UnsafePointer<Double>?, _ directionsLength: Int64,
  _ deviations: UnsafePointer<Double>?, _ count: Int64, _ outputs: UnsafeMutablePointer<Double>?,
  _ deviation: UnsafeMutablePointer<Double>?, _ length: Int64, _ callback: Callback?,
  _ user: UnsafeMutableRawPointer?, _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let inputs = try readable(inputs, inputsLength, "inputs")
    let initial = try optional(initial, initialLength, "initial")
    let directions = try readable(directions, directionsLength, "directions")
    let deviations = try readable(deviations, count, "deviations")
    try HandleTable.use(network, NetworkObject.self, isWriting: false) { object in
      let network = object.network
      let weights = network.adjustableCount
      try WeightCombinations.check(
        weights: weights, directions: directions.count, deviations: deviations.count)
      let combinations = try WeightCombinations(
        weights: weights, directions: Array(directions), deviations: Array(deviations))
      let steps = try checkedSum(lengths, "lengths")
      try check(length, is: try checkedProduct(steps, network.outputCount, "outputs"), "outputs")
      guard length == 0 || (outputs != nil && deviation != nil) else {
        throw CallError.null(outputs == nil ? "outputs" : "deviation")
      }
      try stoppable(stop) {
        let result = try network.uncertainPrediction(
          lengths: lengths, inputs: inputs, initial: initial, combinations,
          monitor: poll(callback, nil, user, held: [object]))
        try write(result.outputs, to: outputs, length, "outputs")
        try write(result.deviations, to: deviation, length, "deviation")
      }
    }
  }
}
