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

/// A call that changes a network in place: what is called checks everything before it changes anything.
func changing<Result>(
  _ handle: OpaquePointer?, _ body: (inout Network) throws -> Result
) throws -> Result {
  try HandleTable.use(handle, NetworkObject.self, isWriting: true) { object in
    try body(&object.network)
  }
}
