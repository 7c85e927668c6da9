import Backtune

@_cdecl("bt_network_create")
public func bt_network_create(
  _ inputs: Int64, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded { try create(network) { NetworkObject(try Network(inputs: Int(inputs))) } }
}

@_cdecl("bt_network_copy")
public func bt_network_copy(
  _ network: OpaquePointer?, _ copy: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guarded { try create(copy) { NetworkObject(try reading(network) { $0 }) } }
}

@_cdecl("bt_network_free")
public func bt_network_free(_ network: OpaquePointer?) -> Int32 {
  guarded(takesMemory: false) {
    if let network { try HandleTable.remove(network, NetworkObject.self) }
  }
}

@_cdecl("bt_network_add_unit")
public func bt_network_add_unit(
  _ network: OpaquePointer?, _ kind: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
  _ size: Int64, _ options: UnsafePointer<CChar>?, _ output: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let kind = try text(kind, "kind")
    let name = try optionalText(name, "name")
    let options = try optionalText(options, "options") ?? ""
    let group = try changing(network) {
      try $0.addUnit(kind, name: name, size: Int(size), options: Array(options.utf8))
    }
    output?.pointee = Int64(group)
  }
}

@_cdecl("bt_network_add_learnware")
public func bt_network_add_learnware(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ size: Int64,
  _ group: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let id = try changing(network) { try $0.addLearnware(name, size: Int(size)) }
    group?.pointee = Int64(id)
  }
}

@_cdecl("bt_network_add_firmware")
public func bt_network_add_firmware(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ size: Int64,
  _ group: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let id = try changing(network) { try $0.addFirmware(name, size: Int(size)) }
    group?.pointee = Int64(id)
  }
}

@_cdecl("bt_network_add_softmax")
public func bt_network_add_softmax(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: Int64, _ lag: Int64,
  _ temperature: Double, _ group: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let id = try changing(network) {
      try $0.addSoftmax(
        name, of: Source(Int(source), lag: Int(lag)), temperature: temperature)
    }
    group?.pointee = Int64(id)
  }
}

@_cdecl("bt_network_add_bias")
public func bt_network_add_bias(
  _ network: OpaquePointer?, _ group: Int64, _ role: UnsafePointer<CChar>?,
  _ index: UnsafePointer<Int64>?, _ indexLength: Int64
) -> Int32 {
  guarded {
    let role = try optionalText(role, "role") ?? "a"
    let buffer = try optional(index, indexLength, "index")
    try changing(network) { network in
      var slots: [Int]?
      if let buffer {
        let size = try network.sourceSize(Int(group))
        slots = try values(buffer.baseAddress, indexLength, "index", expected: size).map { Int($0) }
      }
      try network.addBias(to: Int(group), role: role, index: slots)
    }
  }
}

/// Adds a connection whose form follows from the number of its entries, N x source size.
private func connect(
  _ network: OpaquePointer?, _ target: Int64, _ source: Int64, _ lag: Int64,
  _ role: UnsafePointer<CChar>?, _ form: (Int) throws -> ConnectionForm
) throws {
  let role = try text(role, "role")
  try changing(network) { network in
    let rows = try network.sourceSize(Int(target))
    let columns = try network.sourceSize(Int(source))
    let count = try checkedProduct(rows, columns, "connection \(role)")
    try network.connect(
      Source(Int(source), lag: Int(lag)), to: Int(target), form: try form(count), role: role)
  }
}

@_cdecl("bt_network_connect_dense")
public func bt_network_connect_dense(
  _ network: OpaquePointer?, _ target: Int64, _ source: Int64, _ lag: Int64,
  _ role: UnsafePointer<CChar>?
) -> Int32 {
  guarded { try connect(network, target, source, lag, role) { _ in .dense } }
}

@_cdecl("bt_network_connect_diagonal")
public func bt_network_connect_diagonal(
  _ network: OpaquePointer?, _ target: Int64, _ source: Int64, _ lag: Int64,
  _ role: UnsafePointer<CChar>?
) -> Int32 {
  guarded { try connect(network, target, source, lag, role) { _ in .diagonal } }
}

@_cdecl("bt_network_connect_sparse")
public func bt_network_connect_sparse(
  _ network: OpaquePointer?, _ target: Int64, _ source: Int64, _ lag: Int64,
  _ role: UnsafePointer<CChar>?, _ mask: UnsafePointer<UInt8>?, _ maskLength: Int64
) -> Int32 {
  guarded {
    try connect(network, target, source, lag, role) { count in
      let present = try values(mask, maskLength, "mask", expected: count)
      return .sparse(entries: present.indices.filter { present[$0] != 0 })
    }
  }
}

@_cdecl("bt_network_connect_shared")
public func bt_network_connect_shared(
  _ network: OpaquePointer?, _ target: Int64, _ source: Int64, _ lag: Int64,
  _ role: UnsafePointer<CChar>?, _ index: UnsafePointer<Int64>?, _ indexLength: Int64
) -> Int32 {
  guarded {
    try connect(network, target, source, lag, role) { count in
      .shared(index: try values(index, indexLength, "index", expected: count).map { Int($0) })
    }
  }
}

@_cdecl("bt_network_add_term")
public func bt_network_add_term(
  _ network: OpaquePointer?, _ group: Int64, _ coefficient: Double,
  _ term: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let place = try changing(network) {
      try $0.addTerm(to: Int(group), coefficient: coefficient)
    }
    term?.pointee = Int64(place)
  }
}

@_cdecl("bt_network_add_factor")
public func bt_network_add_factor(
  _ network: OpaquePointer?, _ group: Int64, _ term: Int64, _ function: UnsafePointer<CChar>?,
  _ parameters: UnsafePointer<Double>?, _ parameterCount: Int64, _ source: Int64, _ lag: Int64
) -> Int32 {
  guarded {
    let name = try text(function, "function")
    let count = try ScalarFunction.parameterNames(of: name).count
    let function = try ScalarFunction(
      name, try values(parameters, parameterCount, "parameters", expected: count))
    try changing(network) {
      try $0.addFactor(
        function, of: Source(Int(source), lag: Int(lag)), toTerm: Int(term), of: Int(group))
    }
  }
}

@_cdecl("bt_network_remove_term")
public func bt_network_remove_term(_ network: OpaquePointer?, _ group: Int64, _ term: Int64)
  -> Int32
{
  guarded { try changing(network) { try $0.removeTerm(Int(term), of: Int(group)) } }
}

@_cdecl("bt_network_learn_initial_state")
public func bt_network_learn_initial_state(
  _ network: OpaquePointer?, _ group: Int64, _ depth: Int64
) -> Int32 {
  guarded {
    try changing(network) { try $0.learnInitialState(of: Int(group), depth: Int(depth)) }
  }
}

@_cdecl("bt_network_observe")
public func bt_network_observe(
  _ network: OpaquePointer?, _ groups: UnsafePointer<Int64>?, _ counts: UnsafePointer<Int64>?,
  _ length: Int64
) -> Int32 {
  guarded {
    try changing(network) { network in
      guard length <= network.groups.count else {
        throw BacktuneError.size(
          "length is \(length), expected \(network.groups.count) at most (the groups of the network)"
        )
      }
      let groups = try values(groups, length, "groups")
      let counts = try values(counts, length, "counts")
      try network.observe(zip(groups, counts).map { Observed(group: Int($0), count: Int($1)) })
    }
  }
}
