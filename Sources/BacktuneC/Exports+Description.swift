import Backtune

@_cdecl("bt_network_inputs")
public func bt_network_inputs(_ network: OpaquePointer?, _ inputs: UnsafeMutablePointer<Int64>?)
  -> Int32
{
  guarded { try write(Int64(try reading(network) { $0.inputs }), to: inputs, "inputs") }
}

@_cdecl("bt_network_outputs")
public func bt_network_outputs(
  _ network: OpaquePointer?, _ outputs: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded { try write(Int64(try reading(network) { $0.outputCount }), to: outputs, "outputs") }
}

@_cdecl("bt_network_range")
public func bt_network_range(_ network: OpaquePointer?, _ range: UnsafeMutablePointer<Int64>?)
  -> Int32
{
  guarded { try write(Int64(try reading(network) { $0.range }), to: range, "range") }
}

@_cdecl("bt_network_group_count")
public func bt_network_group_count(
  _ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded { try write(Int64(try reading(network) { $0.groups.count }), to: count, "count") }
}

@_cdecl("bt_network_group_name")
public func bt_network_group_name(
  _ network: OpaquePointer?, _ group: Int64, _ buffer: UnsafeMutablePointer<CChar>?,
  _ capacity: Int64, _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try reading(network) { try $0.checkedGroup(Int(group)).name }
    try copy(name, to: buffer, capacity, length)
  }
}

@_cdecl("bt_network_group_size")
public func bt_network_group_size(
  _ network: OpaquePointer?, _ group: Int64, _ size: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    try write(Int64(try reading(network) { try $0.sourceSize(Int(group)) }), to: size, "size")
  }
}

@_cdecl("bt_network_find_group")
public func bt_network_find_group(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ group: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    try write(Int64(try reading(network) { try $0.group(named: name) }), to: group, "group")
  }
}

@_cdecl("bt_network_state_size")
public func bt_network_state_size(
  _ network: OpaquePointer?, _ size: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded { try write(Int64(try reading(network) { $0.stateSize }), to: size, "size") }
}

@_cdecl("bt_network_group_depth")
public func bt_network_group_depth(
  _ network: OpaquePointer?, _ group: Int64, _ depth: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let value = try reading(network) {
      _ = try $0.sourceSize(Int(group))
      return $0.depth(of: Int(group))
    }
    try write(Int64(value), to: depth, "depth")
  }
}

@_cdecl("bt_unit_options")
public func bt_unit_options(
  _ kind: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let json = try Units.optionsJSON(of: try optionalText(kind, "kind"))
    try copy(String(decoding: json, as: UTF8.self), to: buffer, capacity, length)
  }
}
