import Backtune

@_cdecl("bt_network_to_json")
public func bt_network_to_json(
  _ network: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let json = try reading(network) { try $0.json() }
    try copy(String(decoding: json, as: UTF8.self), to: buffer, capacity, length)
  }
}

@_cdecl("bt_network_from_json")
public func bt_network_from_json(
  _ source: UnsafePointer<CChar>?, _ length: Int64,
  _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded {
    try create(network) {
      let characters = try values(source, length, "text")
      return NetworkObject(try Network(json: characters.map { UInt8(bitPattern: $0) }))
    }
  }
}

@_cdecl("bt_network_save")
public func bt_network_save(_ network: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  guarded {
    let path = try text(path, "path")
    try reading(network) { try $0.save(to: path) }
  }
}

@_cdecl("bt_network_load")
public func bt_network_load(
  _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded {
    try create(network) { NetworkObject(try Network(contentsOf: try text(path, "path"))) }
  }
}
