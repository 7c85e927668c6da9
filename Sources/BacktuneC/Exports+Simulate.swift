import Backtune

@_cdecl("bt_simulate")
public func bt_simulate(
  _ network: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64, _ initial: UnsafePointer<Double>?,
  _ initialLength: Int64,
  _ outputs: UnsafeMutablePointer<Double>?, _ outputsLength: Int64,
  _ states: UnsafeMutablePointer<Double>?, _ statesLength: Int64,
  _ final: UnsafeMutablePointer<Double>?, _ finalLength: Int64
) -> Int32 {
  guarded {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let inputs = try readable(inputs, inputsLength, "inputs")
    let initial = try optional(initial, initialLength, "initial")
    try HandleTable.use(network, NetworkObject.self, isWriting: false) { object in
      let (network, poll) = (object.network, ThreadPoll.asked(held: [object]))
      let steps = try checkedSum(lengths, "lengths")
      try check(outputs, outputsLength, [steps, network.outputCount], "outputs")
      try check(states, statesLength, [steps, network.nodeCount], "states")
      try check(final, finalLength, [lengths.count, network.stateSize], "final")
      let result = try network.simulate(
        lengths: lengths, inputs: inputs, initial: initial, wantsOutputs: outputs != nil,
        wantsStates: states != nil, wantsFinal: final != nil, poll: poll)
      try write(result.outputs, to: outputs, poll: poll)
      try write(result.states, to: states, poll: poll)
      try write(result.final, to: final)
    }
  }
}

@_cdecl("bt_gradient")
public func bt_gradient(
  _ network: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ inputs: UnsafePointer<Double>?, _ inputsLength: Int64, _ initial: UnsafePointer<Double>?,
  _ initialLength: Int64,
  _ slopes: UnsafePointer<Double>?, _ slopesLength: Int64,
  _ gradient: UnsafeMutablePointer<Double>?, _ gradientLength: Int64,
  _ initialGradient: UnsafeMutablePointer<Double>?, _ initialGradientLength: Int64
) -> Int32 {
  guarded {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let inputs = try readable(inputs, inputsLength, "inputs")
    let initial = try optional(initial, initialLength, "initial")
    let slopes = try readable(slopes, slopesLength, "slopes")
    try HandleTable.use(network, NetworkObject.self, isWriting: false) { object in
      let network = object.network
      let count = network.adjustableCount
      try check(gradient, gradientLength, [count], "gradient")
      try check(
        initialGradient, initialGradientLength, [lengths.count, network.stateSize],
        "initial_gradient")
      let result = try network.gradient(
        lengths: lengths, inputs: inputs, initial: initial, slopes: slopes,
        poll: ThreadPoll.asked(held: [object]))
      if gradient != nil {
        try write(result.weights, to: gradient, gradientLength, "gradient")
      }
      if initialGradient != nil {
        try write(
          result.initial, to: initialGradient, initialGradientLength, "initial_gradient")
      }
    }
  }
}
