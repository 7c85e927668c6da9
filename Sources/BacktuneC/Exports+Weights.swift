import Backtune

@_cdecl("bt_network_weight_count")
public func bt_network_weight_count(
  _ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    try write(Int64(try reading(network) { $0.adjustableCount }), to: count, "count")
  }
}

@_cdecl("bt_network_get_weights")
public func bt_network_get_weights(
  _ network: OpaquePointer?, _ weights: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    try write(try reading(network) { $0.adjustableWeights }, to: weights, length, "weights")
  }
}

@_cdecl("bt_network_set_weights")
public func bt_network_set_weights(
  _ network: OpaquePointer?, _ weights: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    try changing(network) {
      let count = $0.adjustableCount
      try $0.setAdjustableWeights(try values(weights, length, "weights", expected: count))
    }
  }
}

@_cdecl("bt_network_array_count")
public func bt_network_array_count(
  _ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded { try write(Int64(try reading(network) { $0.arrays.count }), to: count, "count") }
}

@_cdecl("bt_network_array_name")
public func bt_network_array_name(
  _ network: OpaquePointer?, _ index: Int64, _ buffer: UnsafeMutablePointer<CChar>?,
  _ capacity: Int64, _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try reading(network) { network in
      guard network.arrays.indices.contains(Int(index)) else {
        throw BacktuneError.argument(
          "index is \(index), this network has \(network.arrays.count) weight arrays")
      }
      return network.arrays[Int(index)].name
    }
    try copy(name, to: buffer, capacity, length)
  }
}

@_cdecl("bt_network_array_shape")
public func bt_network_array_shape(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ shape: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    guard let shape else { throw CallError.null("shape") }
    let dimensions = try reading(network) { try $0.array(named: name).shape }
    shape[0] = Int64(dimensions[0])
    shape[1] = dimensions.count > 1 ? Int64(dimensions[1]) : 0
  }
}

/// A call that sets something of every weight of an array: its values, or one for all.
private func setArray<Value>(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: UnsafePointer<Value>?,
  _ length: Int64, _ what: String,
  _ body: (inout Network, _ name: String, _ values: [Value]) throws -> Void
) throws {
  let name = try text(name, "name")
  try changing(network) {
    let count = try $0.array(named: name).count
    try body(&$0, name, try values(source, length, what, expected: count, 1))
  }
}

@_cdecl("bt_network_get_array")
public func bt_network_get_array(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ target: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    try write(try reading(network) { try $0.weights(name) }, to: target, length, "values")
  }
}

@_cdecl("bt_network_set_array")
public func bt_network_set_array(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: UnsafePointer<Double>?,
  _ length: Int64
) -> Int32 {
  guarded {
    try setArray(network, name, source, length, "values") { try $0.setWeights($1, $2) }
  }
}

@_cdecl("bt_network_get_bounds")
public func bt_network_get_bounds(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ lower: UnsafeMutablePointer<Double>?, _ upper: UnsafeMutablePointer<Double>?,
  _ length: Int64
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let bounds = try reading(network) { try $0.bounds(name) }
    guard lower != nil, upper != nil else {
      throw CallError.null(lower == nil ? "lower" : "upper")
    }
    try write(bounds.lower, to: lower, length, "bounds")
    try write(bounds.upper, to: upper, length, "bounds")
  }
}

@_cdecl("bt_network_set_bounds")
public func bt_network_set_bounds(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ lower: UnsafePointer<Double>?,
  _ upper: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    try changing(network) {
      let count = try $0.array(named: name).count
      let low = try values(lower, length, "lower", expected: count, 1)
      let high = try values(upper, length, "upper", expected: count, 1)
      try $0.setBounds(name, lower: low, upper: high)
    }
  }
}

@_cdecl("bt_network_get_fixed")
public func bt_network_get_fixed(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ fixed: UnsafeMutablePointer<UInt8>?, _ length: Int64
) -> Int32 {
  guarded {
    let name = try text(name, "name")
    let flags = try reading(network) { try $0.fixed(name) }
    try write(flags.map { $0 ? 1 : 0 }, to: fixed, length, "fixed")
  }
}

@_cdecl("bt_network_set_fixed")
public func bt_network_set_fixed(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ fixed: UnsafePointer<UInt8>?,
  _ length: Int64
) -> Int32 {
  guarded {
    try setArray(network, name, fixed, length, "fixed") { try $0.setFixed($1, $2.map { $0 != 0 }) }
  }
}

@_cdecl("bt_network_set_signs")
public func bt_network_set_signs(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ signs: UnsafePointer<Int8>?,
  _ length: Int64
) -> Int32 {
  guarded {
    try setArray(network, name, signs, length, "signs") { try $0.setSigns($1, $2.map { Int($0) }) }
  }
}

@_cdecl("bt_network_set_mask")
public func bt_network_set_mask(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ mask: UnsafePointer<UInt8>?,
  _ length: Int64
) -> Int32 {
  guarded {
    try setArray(network, name, mask, length, "mask") { try $0.setMask($1, $2.map { $0 != 0 }) }
  }
}

/// BT_WEIGHTS_*.
extension WeightOrigin {
  fileprivate var number: Int32 {
    switch self {
    case .untouched: 0
    case .drawn: 1
    case .set: 2
    }
  }
}

@_cdecl("bt_network_get_origin")
public func bt_network_get_origin(
  _ network: OpaquePointer?, _ origin: UnsafeMutablePointer<Int32>?,
  _ seed: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guarded {
    let found = try reading(network) { $0.weightOrigin }
    try write(found.number, to: origin, "origin")
    if case .drawn(let drawn) = found { seed?.pointee = drawn }
  }
}

@_cdecl("bt_network_randomize")
public func bt_network_randomize(_ network: OpaquePointer?, _ seed: UInt64) -> Int32 {
  guarded { try changing(network) { $0.randomize(seed: seed) } }
}

@_cdecl("bt_network_set_rest")
public func bt_network_set_rest(
  _ network: OpaquePointer?, _ source: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let buffer = try optional(source, length, "rest")
    try changing(network) { network in
      try network.setRest(
        buffer.map { try values($0.baseAddress, length, "rest", expected: network.inputs) })
    }
  }
}

@_cdecl("bt_network_get_rest")
public func bt_network_get_rest(
  _ network: OpaquePointer?, _ values: UnsafeMutablePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded { try write(try reading(network) { $0.restValues }, to: values, length, "values") }
}
