import BacktuneNumerics

extension Poll {
  /// Asks a monitor as an estimator does, at most every 5 ms: `.interrupted` where it wants no more. For calls that no
  /// estimator makes.
  ///
  /// - Parameter atOnce: whether it is asked at the first chance, or only of what takes longer.
  package static func asking(_ monitor: Estimator.Monitor?, atOnce: Bool = false) -> Poll {
    guard let monitor else { return .none }
    let begin = Time.now
    var last = atOnce ? nil : begin
    return Poll {
      let now = Time.now
      if let last, now - last < .milliseconds(5) { return }
      last = now
      if monitor(.poll) { throw BacktuneError(.interrupted, "stopped by the caller") }
    }
  }
}
