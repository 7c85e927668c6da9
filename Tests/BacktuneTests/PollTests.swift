import Backtune
import Testing

@testable import BacktuneNumerics

/// What takes long is polled all along.
@Suite(.serialized) struct PollTests {
  private func matrix(_ order: Int) throws -> Buffer {
    let matrix = try Buffer(dimensions: [order, order], for: "test")
    var stream = RandomStream(seed: 1, name: "test matrix")
    for k in 0..<matrix.count { matrix.pointer[k] = stream.normal() }
    return matrix
  }

  @Test func singularValues() throws {
    let order = 600
    let found = try PollGaps.ofBestTry({ try matrix(order) }) {
      _ = try SingularSystem(overwriting: $0, rows: order, columns: order, poll: $1)
    }
    #expect(found.count >= 3 && found.longest < PollGaps.limit, "\(found)")
  }

  @Test func eigenvalues() throws {
    let order = 1200
    let matrix = try matrix(order)
    let found = try PollGaps.ofBestTry({}) {
      _ = try SymmetricSystem(copying: matrix.pointer, order: order, poll: $1)
    }
    #expect(found.count >= 3 && found.longest < PollGaps.limit, "\(found)")
  }

  @Test func triangularFactor() throws {
    let (order, rows) = (1500, 256)
    let chunk = try Buffer(dimensions: [order, rows], for: "test")
    var stream = RandomStream(seed: 1, name: "test rows")
    for k in 0..<chunk.count { chunk.pointer[k] = stream.normal() }
    let found = try PollGaps.ofBestTry({ try TriangularFactor(order: order) }) {
      try $0.append(chunk.pointer, count: rows, stride: rows, poll: $1)
    }
    #expect(found.count >= 3 && found.longest < PollGaps.limit, "\(found)")
  }

  @Test func gramAndFactors() throws {
    let (order, count) = (2000, 256)
    let stride = RowProducts.stride(count)
    let rows = try Buffer(dimensions: [order, stride], for: "test")
    var stream = RandomStream(seed: 1, name: "test rows")
    for k in 0..<rows.count { rows.pointer[k] = stream.normal() }
    let found = try PollGaps.ofBestTry(
      { try Buffer(dimensions: [order, order], for: "test") }
    ) { gram, poll in
      try RowProducts.addGram(
        rows.pointer, rows: order, stride: stride, count: count, into: gram.pointer, target: order,
        poll: poll)
      for k in 0..<order { gram.pointer[k * (order + 1)] += 1 }
      #expect(
        try Cholesky(factorising: gram.pointer, order: order, stride: order, poll: poll) != nil)
    }
    #expect(found.count >= 10 && found.longest < PollGaps.limit, "\(found)")
  }

  @Test func simulationAndGradient() throws {
    let steps = 200_000
    var network = try Network(inputs: 1)
    try network.add(LNL(8))
    network.randomize(seed: 1)
    var stream = RandomStream(seed: 1, name: "test inputs")
    let inputs = (0..<steps).map { _ in stream.normal() }
    let slopes = [Double](repeating: 1, count: steps * network.outputCount)
    let given = network
    for wantsStates in [false, true] {
      let found = try PollGaps.ofBestTry({}) { _, poll in
        _ = try given.simulate(
          lengths: [steps], inputs: inputs, initial: nil, wantsOutputs: true,
          wantsStates: wantsStates, measurements: nil, poll: poll)
      }
      #expect(found.count >= 10 && found.longest < PollGaps.limit, "\(found)")
    }
    let found = try PollGaps.ofBestTry({}) { _, poll in
      try inputs.withUnsafeBufferPointer { inputs in
        try slopes.withUnsafeBufferPointer {
          _ = try given.gradient(lengths: [steps], inputs: inputs, slopes: $0, poll: poll)
        }
      }
    }
    #expect(found.count >= 10 && found.longest < PollGaps.limit, "\(found)")
  }

  /// Whatever is being written when the caller wants no more is given back.
  @Test func buffersThatAreNotWanted() throws {
    let poll = Poll { throw BacktuneError(.interrupted, "test") }
    for _ in 0..<40 {
      // So many would not fit side by side.
      let error = #expect(throws: BacktuneError.self) {
        _ = try Buffer(count: MemoryBudget.limit / 8 / 20, for: "test", poll: poll)
      }
      #expect(error?.kind == .interrupted)
    }
    let values = try SharedValues(dimensions: [3, 1 << 20], for: "test")
    values.pointer[3 << 20 - 1] = 5
    #expect(throws: BacktuneError.self) { _ = try values.array(for: "test", poll: poll) }
    #expect(try values.array(for: "test")[3 << 20 - 1] == 5)
  }
}
