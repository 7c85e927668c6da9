import Backtune

/// What a `bt_estimator` handle stands for: the network it works on, and what estimates its weights.
final class EstimatorObject: HandleObject, HandleKind {
  static let kind: UInt8 = 2
  static let argument = "estimator"

  let network: NetworkObject
  let estimator: Estimator

  init(_ network: NetworkObject) {
    self.network = network
    estimator = Estimator(network.network)
  }

  static var noData: BacktuneError {
    .state("estimator: it has no data yet, call bt_estimator_set_data first")
  }

  /// - Throws: `.state` before there are data.
  func requireData() throws {
    guard estimator.data != nil else { throw Self.noData }
  }

  /// Gives the network the best weights seen.
  func writeBack() { network.network = estimator.network }
}

/// A call that computes at the network's weights, and leaves what was found as it is.
func looking<Result>(
  _ handle: OpaquePointer?, _ body: (EstimatorObject, Estimator) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, EstimatorObject.self, isWriting: true) { object in
    try HandleTable.use(object.network, isWriting: false) { _ in
      try object.requireData()
      return try body(object, object.estimator)
    }
  }
}

/// The same of one that takes no callback: the thread's own is asked.
func looking<Result>(
  polled handle: OpaquePointer?,
  _ body: (Estimator, Network, Estimator.Monitor?) throws -> Result
) throws -> Result {
  try looking(handle) { object, estimator in
    try body(
      estimator, object.network.network,
      ThreadPoll.monitor(handle, held: [object, object.network]))
  }
}
