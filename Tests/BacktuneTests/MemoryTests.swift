import Backtune
import Foundation
import Testing

@testable import BacktuneNetwork
@testable import BacktuneNumerics
@testable import BacktuneSimulation

/// What initialisers that throw leave behind.
@Suite struct MemoryTests {
  /// Resident memory of the process, in bytes.
  private static func resident() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return (Int(text.split(separator: " ")[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }

  /// A program whose buffers are not to be had gives back the tables that it made: 4,000 factors, 96 KB each time.
  @Test func aLinearProgramThatThrowsKeepsNothing() throws {
    var network = try Network(inputs: 0)
    let x = try network.addFirmware("x", size: 1)
    for _ in 0..<4000 {
      try network.addTerm(to: x, coefficient: 1e-4, factors: [(.identity, Source(x, lag: 1))])
    }
    let program = try Program(network, lanes: 1)
    let lanes = MemoryBudget.limit / MemoryLayout<Double>.stride / 4 * 4 + 4
    func fail(_ times: Int) {
      for _ in 0..<times {
        #expect {
          _ = try LinearProgram(program, lanes: lanes)
        } throws: {
          ($0 as? BacktuneError)?.kind == .memory
        }
      }
    }
    fail(20)
    let before = try Self.resident()
    fail(2000)
    #expect(try Self.resident() - before < 96 << 20)
  }
}
