import Backtune

/// What a `bt_network` handle stands for.
final class NetworkObject: HandleObject, HandleKind {
  static let kind: UInt8 = 1
  static let argument = "network"

  var network: Network

  init(_ network: Network) { self.network = network }
}

/// A call that reads a network.
func reading<Result>(
  _ handle: OpaquePointer?, _ body: (Network) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, NetworkObject.self, isWriting: false) { try body($0.network) }
}

/// A call that changes a network: a copy is changed and put back, so that a failure leaves it whole.
func changing<Result>(
  _ handle: OpaquePointer?, _ body: (inout Network) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, NetworkObject.self, isWriting: true) { object in
    try body(&object.network)
  }
}
