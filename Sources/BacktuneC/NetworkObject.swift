import Backtune
import BacktuneNumerics

/// What a `bt_network` handle stands for.
final class NetworkObject: HandleObject, HandleKind {
  static let kind: UInt8 = 1
  static let argument = "network"

  var network: Network { didSet { announce() } }

  /// The streams that were made of it, which live as long as their handles. Under the lock: readers make them side by side.
  private var streams: [Follower] = []
  private static let lock = ForkSafeLock()

  private struct Follower {
    weak var stream: Stream?
  }

  init(_ network: Network) { self.network = network }

  /// Lets a stream follow the weights from now on.
  func add(_ stream: Stream) {
    Self.lock.whileLocked {
      streams.removeAll { $0.stream == nil }
      streams.append(Follower(stream: stream))
    }
  }

  private func announce() {
    let living = Self.lock.whileLocked { streams.isEmpty ? [] : streams.compactMap(\.stream) }
    for stream in living { stream.follow(network) }
  }
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
