import Backtune
import BacktuneNumerics

@_cdecl("bt_network_add_measured")
public func bt_network_add_measured(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: Int64, _ lag: Int64,
  _ standsForInput: Int32, _ group: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let name = try optionalText(name, "name")
    guard 0...1 ~= standsForInput else {
      throw BacktuneError.argument("stands_for_input is \(standsForInput), expected 0 or 1")
    }
    let id = try changing(network) {
      let (source, isInput) = (Source(Int(source), lag: Int(lag)), standsForInput == 1)
      guard let name else { return try $0.measured(source, standsForInput: isInput).group }
      return try $0.addMeasured(name, of: source, standsForInput: isInput)
    }
    group?.pointee = Int64(id)
  }
}

@_cdecl("bt_predict")
public func bt_predict(
  _ network: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64,
  _ measured: UnsafePointer<Double>?, _ measuredLength: Int64, _ horizon: Double,
  _ initial: UnsafePointer<Double>?, _ initialLength: Int64,
  _ groups: UnsafePointer<Int64>?, _ groupCount: Int64,
  _ values: UnsafePointer<Double>?, _ valuesLength: Int64,
  _ outputs: UnsafeMutablePointer<Double>?, _ outputsLength: Int64,
  _ final: UnsafeMutablePointer<Double>?, _ finalLength: Int64,
  _ callback: Callback?, _ user: UnsafeMutableRawPointer?, _ stop: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guarded {
    let lengths = try BacktuneC.values(lengths, sequences, "lengths").map { Int($0) }
    let inputs = try readable(inputs, inputsLength, "inputs")
    let measured = try optional(measured, measuredLength, "measured")
    let initial = try optional(initial, initialLength, "initial")
    let groups = try readable(groups, groupCount, "groups")
    let given = try readable(values, valuesLength, "values")
    try HandleTable.use(network, NetworkObject.self, isWriting: false) { object in
      let network = object.network
      let steps = try checkedSum(lengths, "lengths")
      // Each comes once: a count that cannot be right is not read.
      guard groups.count <= network.groups.count else {
        throw BacktuneError.size(
          "group_count is \(groupCount), expected \(network.groups.count) at most")
      }
      try check(outputs, outputsLength, [steps, network.outputCount], "outputs")
      try check(final, finalLength, [lengths.count, network.stateSize], "final")
      let asked = Poll.asking(poll(callback, nil, user, held: [object]), atOnce: true)
      try stoppable(stop) {
        let result = try network.predict(
          lengths: lengths, inputs: inputs, measured: measured,
          others: try blocks(of: given, groups.map { Int($0) }, network, steps), horizon: horizon,
          initial: initial, wantsFinal: final != nil, poll: asked)
        if outputs != nil { try write(result.outputs, to: outputs, outputsLength, "outputs") }
        if final != nil { try write(result.final, to: final, finalLength, "final") }
      }
    }
  }
}

/// Values of groups, one block of steps x size after the other.
private func blocks(
  of values: UnsafeBufferPointer<Double>, _ groups: [Int], _ network: Network, _ steps: Int
) throws -> [GroupID: [Double]] {
  var (first, result) = (0, [GroupID: [Double]]())
  for group in groups {
    let count = try checkedProduct(steps, try network.sourceSize(group), "values")
    guard result[group] == nil else {
      throw BacktuneError.argument("groups: group \(group) is named twice")
    }
    guard count <= values.count - first else {
      throw BacktuneError.size(
        "values_length is \(values.count), too few for steps x size of \(groups.count) groups")
    }
    result[group] = Array(values[first..<first + count])
    first += count
  }
  guard first == values.count else {
    throw BacktuneError.size("values_length is \(values.count), expected \(first)")
  }
  return result
}

@_cdecl("bt_estimator_set_measured")
public func bt_estimator_set_measured(
  _ estimator: OpaquePointer?, _ group: Int64, _ values: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let values = try optional(values, length, "values")
    try changing(estimator) { object in
      guard object.estimator.data != nil else { throw EstimatorObject.noData }
      try object.estimator.follow(
        HandleTable.use(object.network, isWriting: false) { $0.network })
      try object.estimator.setMeasured(Int(group), values)
    }
  }
}

@_cdecl("bt_estimator_set_horizons")
public func bt_estimator_set_horizons(
  _ estimator: OpaquePointer?, _ values: UnsafePointer<Double>?, _ length: Int64
) -> Int32 {
  guarded {
    let horizons = try readable(values, length, "values")
    guard horizons.count <= ObservationOptions.mostHorizons else {
      throw BacktuneError.size(
        "values_length is \(length), expected 1 to \(ObservationOptions.mostHorizons) horizons")
    }
    try changing(estimator) { try $0.estimator.options.setHorizons(Array(horizons)) }
  }
}
