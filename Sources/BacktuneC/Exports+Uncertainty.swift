import Backtune

@_cdecl("bt_estimator_uncertainty")
public func bt_estimator_uncertainty(
  _ estimator: OpaquePointer?, _ covariance: UnsafeMutablePointer<Double>?,
  _ covarianceLength: Int64, _ errors: UnsafeMutablePointer<Double>?,
  _ freedom: UnsafeMutablePointer<Double>?, _ length: Int64,
  _ noise: UnsafeMutablePointer<Double>?, _ rank: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let result = try looking(estimator) { try $1.uncertainty(at: $0.network.network) }
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
    let values = try looking(estimator) { try $1.predictionDeviation(at: $0.network.network) }
    try write(values, to: deviation, length, "deviation")
  }
}
