/// The processes that an estimation is spread over, each with sequences of its own: sums, minima and maxima over all of
/// them, by a function that the caller gave to that end. All come to the same calls in the same order, on the thread that
/// called the engine.
///
/// With every sum goes whether somebody wants to stop, so that all learn of it at the same place. A failure is kept until it
/// can be thrown; what comes until then is left as it is.
public final class Processes: @unchecked Sendable {
  /// What is to be made of the values of all processes, one by one.
  public enum Operation: Int32, Sendable {
    /// Their sum.
    case sum = 0
    /// The least of them.
    case min = 1
    /// The largest of them.
    case max = 2
  }

  /// Replaces values by what all processes make of theirs, the same bits in each; answers 0, or anything else where it
  /// failed.
  public typealias Combine = (UnsafeMutableBufferPointer<Double>, Operation) -> Int

  /// The number of this one, from 0.
  public let rank: Int
  /// How many there are.
  public let count: Int
  private let combine: Combine
  private var failure: BacktuneError?
  private var message: Buffer?
  /// Whether the caller of this process wants no more.
  package var wantsStop = false
  /// Whether that of any process did when the last sum was made.
  private var isStopped = false

  /// - Throws: `.argument` for a count below 1, or a rank outside 0 ..< count.
  public init(rank: Int, of count: Int, _ combine: @escaping Combine) throws {
    guard count >= 1, count <= 1 << 24 else {
      throw BacktuneError.argument("processes: \(count) came, expected 1 to 16777216")
    }
    guard 0..<count ~= rank else {
      throw BacktuneError.argument("rank: \(rank) came, expected 0 to \(count - 1)")
    }
    (self.rank, self.count, self.combine) = (rank, count, combine)
  }

  /// Forgets that somebody wanted to stop: another call begins.
  package func begin() { (wantsStop, isStopped) = (false, false) }

  /// - Throws: `.processes` where a combination failed, `.interrupted` where somebody wants to stop; in all processes at
  ///   the same place.
  package func check() throws {
    if let failure { throw failure }
    if isStopped { throw BacktuneError(.interrupted, "stopped by the caller of a process") }
  }

  /// Replaces values by their sums.
  package func sum(_ values: UnsafeMutablePointer<Double>, count: Int) {
    guard failure == nil, let message = room(count + 1) else { return }
    message.update(from: values, count: count)
    message[count] = wantsStop ? 1 : 0
    guard send(message, count + 1, .sum) else { return }
    values.update(from: message, count: count)
    // A sum that stopped must not be made again by one who has not heard of it.
    if message[count] > 0 { isStopped = true }
  }

  private func other(_ operation: Operation, _ value: Double) -> Double {
    guard failure == nil, let message = room(1) else { return value }
    message[0] = value
    return send(message, 1, operation) ? message[0] : value
  }

  private func room(_ count: Int) -> UnsafeMutablePointer<Double>? {
    if let message, message.count >= count { return message.pointer }
    do {
      let made = try Buffer(count: count, for: "sums over processes")
      message = made
      return made.pointer
    } catch {
      failure = error as? BacktuneError ?? BacktuneError(.memory, "\(error)")
      return nil
    }
  }

  private func send(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ operation: Operation
  ) -> Bool {
    let status = combine(UnsafeMutableBufferPointer(start: values, count: count), operation)
    if status == 0 { return true }
    failure = BacktuneError(
      .processes,
      "reduction: it answered \(status) to process \(rank) of \(self.count), expected 0; nothing was joined"
    )
    return false
  }

  fileprivate func keepWrong(_ value: Double) {
    failure =
      failure
      ?? BacktuneError(
        .processes,
        "reduction: it made \(value) of a number of things, expected what their sum, or the largest, is"
      )
  }

  fileprivate func least(_ value: Double) -> Double { other(.min, value) }
  fileprivate func largest(_ value: Double) -> Double { other(.max, value) }
}

/// The same of one process, where there is nothing to join.
extension Processes? {
  /// The number of this process, from 0.
  package var rank: Int { self?.rank ?? 0 }

  package func check() throws { try self?.check() }

  package func sum(_ values: UnsafeMutablePointer<Double>, count: Int) {
    self?.sum(values, count: count)
  }

  package func sum(_ values: [Double]) -> [Double] {
    guard let self else { return values }
    var result = values
    result.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { self.sum(base, count: buffer.count) }
    }
    return result
  }

  package func sum(_ value: Double) -> Double { self == nil ? value : sum([value])[0] }

  /// Of numbers that a double holds exactly.
  package func sum(_ value: Int) -> Int { self == nil ? value : number(sum(Double(value))) }

  package func max(_ value: Double) -> Double { self?.largest(value) ?? value }

  package func max(_ value: Int) -> Int { self == nil ? value : number(max(Double(value))) }

  /// A number of things that was joined; 0 of what can be none, which is kept as a failure.
  package func number(_ value: Double) -> Int {
    // A double holds no more exactly.
    if 0...0x1p53 ~= value { return Int(value) }
    self?.keepWrong(value)
    return 0
  }

  /// Whether it is so in all processes.
  package func all(_ isSo: Bool) -> Bool { self.map { $0.least(isSo ? 1 : 0) > 0 } ?? isSo }

  /// Whether it is so in any.
  package func any(_ isSo: Bool) -> Bool { self.map { $0.largest(isSo ? 1 : 0) > 0 } ?? isSo }

  /// What every process has, in their order: as many values each.
  package func gather(_ values: [Double]) -> [[Double]] {
    guard let self else { return [values] }
    var all = [Double](repeating: 0, count: self.count * values.count)
    all.replaceSubrange(self.rank * values.count..<(self.rank + 1) * values.count, with: values)
    let joined = sum(all)
    return (0..<self.count).map { Array(joined[$0 * values.count..<($0 + 1) * values.count]) }
  }

  /// What the first process has: all have as many values, which processors of different makes may have rounded otherwise;
  /// nil where it has none.
  package func first(_ values: [Double]?, count: Int) -> [Double]? {
    guard let self else { return values }
    let empty = [Double](repeating: 0, count: count + 1)
    let joined = sum(self.rank == 0 ? values.map { $0 + [1] } ?? empty : empty)
    return joined[count] == 1 ? Array(joined[..<count]) : nil
  }

  /// - Throws: `.processes` in all of them unless these numbers are the same in each.
  package func agree(on numbers: [UInt64], _ what: String) throws {
    guard self != nil else { return }
    // Halves, which doubles hold exactly.
    let own = numbers.flatMap { [Double($0 >> 32), Double($0 & 0xFFFF_FFFF)] }
    let all = gather(own)
    try check()
    if let place = all.firstIndex(where: { $0 != all[0] }) {
      throw BacktuneError(
        .processes, "processes 0 and \(place) differ in their \(what), expected the same in all")
    }
  }
}
