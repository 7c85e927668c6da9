import Testing

@testable import BacktuneNumerics

/// What takes long is polled all along.
@Suite(.serialized) struct PollTests {
  /// Polls of `body`, and the longest time without one.
  private func polls(_ body: (Poll) throws -> Void) throws -> (count: Int, longest: Duration) {
    let clock = ContinuousClock()
    var (count, last, longest) = (0, clock.now, Duration.zero)
    try body(
      Poll {
        let now = clock.now
        (count, longest, last) = (count + 1, max(longest, now - last), now)
      })
    return (count, max(longest, clock.now - last))
  }

  private func matrix(_ order: Int) throws -> Buffer {
    let matrix = try Buffer(dimensions: [order, order], for: "test")
    var stream = RandomStream(seed: 1, name: "test matrix")
    for k in 0..<matrix.count { matrix.pointer[k] = stream.normal() }
    return matrix
  }

  @Test func singularValues() throws {
    let order = 600
    let matrix = try matrix(order)
    let found = try polls {
      _ = try SingularSystem(overwriting: matrix, rows: order, columns: order, poll: $0)
    }
    #expect(found.count >= 3 && found.longest < .milliseconds(50), "\(found)")
  }

  @Test func eigenvalues() throws {
    let order = 1200
    let matrix = try matrix(order)
    let found = try polls {
      _ = try SymmetricSystem(copying: matrix.pointer, order: order, poll: $0)
    }
    #expect(found.count >= 3 && found.longest < .milliseconds(50), "\(found)")
  }

  @Test func triangularFactor() throws {
    let (order, rows) = (1500, 256)
    let factor = try TriangularFactor(order: order)
    let chunk = try Buffer(dimensions: [order, rows], for: "test")
    var stream = RandomStream(seed: 1, name: "test rows")
    for k in 0..<chunk.count { chunk.pointer[k] = stream.normal() }
    let found = try polls { try factor.append(chunk.pointer, count: rows, stride: rows, poll: $0) }
    #expect(found.count >= 3 && found.longest < .milliseconds(50), "\(found)")
  }

  @Test func gramAndFactors() throws {
    let (order, count) = (2000, 256)
    let stride = RowProducts.stride(count)
    let rows = try Buffer(dimensions: [order, stride], for: "test")
    var stream = RandomStream(seed: 1, name: "test rows")
    for k in 0..<rows.count { rows.pointer[k] = stream.normal() }
    let gram = try Buffer(dimensions: [order, order], for: "test")
    let found = try polls {
      try RowProducts.addGram(
        rows.pointer, rows: order, stride: stride, count: count, into: gram.pointer, target: order,
        poll: $0)
      for k in 0..<order { gram.pointer[k * (order + 1)] += 1 }
      #expect(
        try Cholesky(factorising: gram.pointer, order: order, stride: order, poll: $0) != nil)
    }
    #expect(found.count >= 10 && found.longest < .milliseconds(50), "\(found)")
  }
}
