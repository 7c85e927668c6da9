import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// Sequences of which each process has its own.
extension Sequences {
  /// The same with moments and sums of those of all processes, and their places among these.
  ///
  /// - Parameter network: whose initial states the one that stands for none starts from, where others have states given.
  /// - Throws: `.argument` where no process has an observed value, or only some have desired outputs, or initial states;
  ///   `.processes`.
  package func pooled(_ processes: Processes?, _ network: Network) throws -> Sequences {
    guard processes != nil else {
      guard !isShare || !hasTargets || gains.contains(where: { $0 > 0 }) else {
        throw BacktuneError.argument("desired: no value is observed, expected at least one")
      }
      return self
    }
    let own = isNone ? 0 : lengths.count / copies
    let counts = processes.gather([Double(own), hasTargets ? 1 : 0, initial == nil ? 0 : 1])
    var result = self
    result.firstNumber = processes.number(
      counts.prefix(processes.rank).reduce(0) { $0 + $1[0] })
    result.allCount = processes.number(counts.reduce(0) { $0 + $1[0] })
    let some = counts.filter { $0[0] > 0 }
    try Self.check(some.map { $0[1] }, "desired outputs")
    try Self.check(some.map { $0[2] }, "initial states")
    result.hasTargets = some.contains { $0[1] > 0 }
    if isNone { result.initial = some.contains { $0[2] > 0 } ? network.restState : nil }
    result.inputMoments = ChannelMoments.joined(inputMoments, processes)
    let outputs =
      outputMoments.isEmpty
      ? ChannelMoments.of([], channels: outputCount) : outputMoments
    let joined = ChannelMoments.joined(outputs, processes)
    result.outputMoments = result.hasTargets ? joined : []
    result.sums = DesiredSums(joining: processes.gather(sums.numbers))
    try processes.check()
    guard result.gainSum.isFinite else {
      throw BacktuneError.argument(
        "gains: their sum over all processes is infinite, expected a finite one")
    }
    guard !result.hasTargets || joined.contains(where: { $0.count > 0 }) else {
      throw BacktuneError.argument(
        "desired: no value is observed in any process, expected at least one")
    }
    return result
  }

  /// - Parameter has: 1 or 0 of every process that has sequences.
  private static func check(_ has: [Double], _ what: String) throws {
    guard Set(has).count > 1 else { return }
    throw BacktuneError.argument(
      "\(what): they came in some of the processes that have sequences, expected in all or none")
  }

  /// The number among those of all processes of the sequence that stands there; copies follow all others.
  package func number(of place: Int) -> Int {
    let own = lengths.count / copies
    return place / own * allCount + firstNumber + place % own
  }
}

extension ChannelMoments {
  /// Those of the same channels in all processes.
  static func joined(
    _ moments: [ChannelMoments], _ processes: Processes?
  ) -> [ChannelMoments] {
    guard processes != nil else { return moments }
    let all = processes.gather(moments.flatMap(\.numbers))
    return moments.indices.map { k in
      ChannelMoments(
        joining: all.map { Array($0[k * numberCount..<(k + 1) * numberCount]) }, processes)
    }
  }
}
