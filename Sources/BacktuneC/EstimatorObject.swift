import Backtune

/// What a `bt_estimator` handle stands for: the network it works on, what was set, and the estimator once it has data.
final class EstimatorObject: HandleObject, HandleKind {
  static let kind: UInt8 = 2
  static let argument = "estimator"

  let network: NetworkObject
  var objective = Objective()
  var options = EstimatorOptions()
  var sequences: Sequences?
  private var made: Estimator?

  init(_ network: NetworkObject) { self.network = network }

  static var noData: BacktuneError {
    .state("estimator: it has no data yet, call bt_estimator_set_data first")
  }

  /// The estimator, if there is one yet.
  var current: Estimator? { made }

  /// Forgets what was done: the next call starts anew.
  func reset() { made = nil }

  /// The estimator, made where needed, with the options that were set.
  ///
  /// - Parameter adopting: whether it starts anew where the network's weights are no longer its own.
  func estimator(adopting: Bool) throws -> Estimator {
    guard let sequences else { throw Self.noData }
    let estimator: Estimator
    if let made {
      estimator = made
      if adopting { try estimator.adopt(network.network) }
    } else {
      estimator = try Estimator(network.network, sequences, objective: objective)
      made = estimator
    }
    estimator.options = options
    return estimator
  }

  /// Gives the network the best weights seen.
  func writeBack() {
    if let made { network.network = made.network }
  }
}

/// A call that computes at the network's weights, and leaves what was found as it is.
func looking<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject, Estimator) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: true) { object in
    try HandleTable.use(object.network, isWriting: false) { _ in
      try body(object, try object.estimator(adopting: false))
    }
  }
}
