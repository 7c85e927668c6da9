// A network learns what another one does: build, simulate, estimate, compare, keep.
//
// swift run -c release --package-path examples/swift
import Backtune

/// Some inputs: a square wave of changing height, [time][input].
func inputs(steps: Int) -> [[Double]] {
  (0..<steps).map { t in [t % 14 < 7 ? 0.1 * Double(t % 5) : -0.5] }
}

// What is to be learnt: two leaky units, of which the first is seen.
var plant = try Network(inputs: 1)
let units = try plant.add(LNL(2, activation: .tanh, leak: .constant(0.4)), name: "plant")
try plant.observe([Observed(group: units, count: 1)])
plant.randomize(seed: 5)
let u = inputs(steps: 300)
let y = try plant.simulate(u)

// What learns it: more units, their leaks adjusted too, and a readout.
var network = try Network(inputs: 1)
let hidden = try network.add(LNL(4, activation: .tanh, leak: .adjustable), name: "hidden")
try network.add(Linear(1, sources: [.group(hidden, lag: 0)]), name: "readout")
network.randomize(seed: 0)

let estimator = try Estimator(network, try Sequences(network, inputs: u, desired: y))
estimator.options.maxIterations = 100
let reason = try estimator.run()
network = estimator.network
print(
  "\(network.adjustableWeights.count) weights, \(estimator.trace.count - 1) iterations:",
  reason.text)

// On inputs that it has not seen.
let fresh = (0..<100).map { t in [t % 20 < 10 ? 0.3 : -0.2] }
let (expected, got) = (try plant.simulate(fresh), try network.simulate(fresh))
let errors = zip(expected, got).reduce(0) { $0 + ($1.0[0] - $1.1[0]) * ($1.0[0] - $1.1[0]) }
let mean = expected.reduce(0) { $0 + $1[0] } / 100
let spread = expected.reduce(0) { $0 + ($1[0] - mean) * ($1[0] - mean) }
print("NMSE \(estimator.trace.last?.nmse ?? .nan), on other inputs \(errors / spread)")

// What was found is kept as JSON, and comes back to the bit.
let again = try Network(json: try network.json())
print("kept:", again.adjustableWeights == network.adjustableWeights)
