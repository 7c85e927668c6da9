import Backtune

@_cdecl("bt_network_set_labels")
public func bt_network_set_labels(
  _ network: OpaquePointer?, _ kind: UnsafePointer<CChar>?,
  _ labels: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int64
) -> Int32 {
  guarded {
    let kind = try DataLabels.Kind(named: try text(kind, "kind"))
    try changing(network) { network in
      let channels = kind.isOfOutputs ? network.outputCount : network.inputs
      let pointers = try values(labels, count, "labels", expected: 0, channels)
      let texts = try pointers.enumerated().map { try text($1, "labels[\($0)]") }
      try network.setLabels(kind, texts)
    }
  }
}

@_cdecl("bt_network_label")
public func bt_network_label(
  _ network: OpaquePointer?, _ kind: UnsafePointer<CChar>?, _ channel: Int64,
  _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64, _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let kind = try DataLabels.Kind(named: try text(kind, "kind"))
    let label = try reading(network) { try $0.label(kind, of: Int(channel)) }
    try copy(label, to: buffer, capacity, length)
  }
}

@_cdecl("bt_network_set_sampling_time")
public func bt_network_set_sampling_time(_ network: OpaquePointer?, _ seconds: Double) -> Int32 {
  guarded {
    try changing(network) { try $0.setSamplingTime(seconds == 0 ? nil : seconds) }
  }
}

@_cdecl("bt_network_sampling_time")
public func bt_network_sampling_time(
  _ network: OpaquePointer?, _ seconds: UnsafeMutablePointer<Double>?
) -> Int32 {
  guarded {
    try write(try reading(network) { $0.labels.samplingTime ?? 0 }, to: seconds, "seconds")
  }
}

@_cdecl("bt_network_output_node")
public func bt_network_output_node(
  _ network: OpaquePointer?, _ output: Int64, _ group: UnsafeMutablePointer<Int64>?,
  _ node: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let found = try reading(network) { try $0.node(ofOutput: Int(output)) }
    guard node != nil else { throw CallError.null("node") }
    try write(Int64(found.group), to: group, "group")
    try write(Int64(found.node), to: node, "node")
  }
}

@_cdecl("bt_network_version")
public func bt_network_version(
  _ network: OpaquePointer?, _ version: UnsafeMutablePointer<Int64>?
) -> Int32 {
  // Asked at every simulation: the network is not copied.
  guarded(takesMemory: false) {
    try HandleTable.use(network, NetworkObject.self, isWriting: false) {
      try write(Int64($0.network.descriptionVersion), to: version, "version")
    }
  }
}
