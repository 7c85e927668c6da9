import Backtune
import BacktuneNumerics
import Synchronization

/// Handles of streams, for threads that may not wait: a table of its own, whose entries never move, each with one atomic
/// word. Who uses a stream makes its word busy and then idle again; a word that is busy already, or whose generation is
/// another one, is an error at once.
enum StreamTable {
  static let kind: UInt8 = 3
  static let argument: StaticString = "stream"

  struct Entry: ~Copyable {
    /// 32 bits of generation, then one of `State`.
    fileprivate let word = Atomic<UInt64>(1 << 32)
    /// Owned by the table while the entry is not free.
    fileprivate(set) var stream: Unmanaged<Stream>?
    /// Streams of different threads share no cache line.
    private let padding = (0, 0, 0, 0, 0, 0)
  }

  private enum State {
    static let free: UInt64 = 0
    static let idle: UInt64 = 1
    static let busy: UInt64 = 2
    static let mask: UInt64 = 3
  }

  typealias Place = UnsafeMutablePointer<Entry>

  /// Entries come in blocks, which are made when needed and stay.
  private static let blockSize = 1 << 10
  private static let blockCount = 1 << 10
  private nonisolated(unsafe) static let blocks = Atomic<UnsafeMutableRawPointer?>(nil)
  private typealias Block = Atomic<UnsafeMutableRawPointer?>

  /// Of the table, never taken by who steps.
  private static let lock = ForkSafeLock()
  private nonisolated(unsafe) static var free: [Int] = []
  private nonisolated(unsafe) static var made = 0

  // MARK: Users

  /// Makes an entry the caller's own until `end`.
  @inline(__always)
  static func begin(_ handle: OpaquePointer?) -> Result<Place, StreamFault> {
    let token = UInt64(UInt(bitPattern: handle))
    guard UInt8(truncatingIfNeeded: token >> 24) == kind,
      let entry = entry(Int(token & (1 << 24 - 1)))
    else { return .failure(handle == nil ? .null(argument) : .handle) }
    let generation = (token >> 32) << 32
    let (isOurs, found) = entry.pointee.word.compareExchange(
      expected: generation | State.idle, desired: generation | State.busy,
      successOrdering: .acquiring, failureOrdering: .relaxed)
    if isOurs { return .success(entry) }
    return .failure(found == generation | State.busy ? .busy : .handle)
  }

  @inline(__always)
  static func end(_ entry: Place) {
    let word = entry.pointee.word.load(ordering: .relaxed)
    entry.pointee.word.store(word & ~State.mask | State.idle, ordering: .releasing)
  }

  @inline(__always)
  private static func entry(_ place: Int) -> Place? {
    guard place < blockSize * blockCount, let base = blocks.load(ordering: .acquiring) else {
      return nil
    }
    let block = base.assumingMemoryBound(to: Block.self) + place / blockSize
    guard let entries = block.pointee.load(ordering: .acquiring) else { return nil }
    return entries.assumingMemoryBound(to: Entry.self) + place % blockSize
  }

  // MARK: Owners

  static func insert(_ stream: Stream) throws -> OpaquePointer? {
    try lock.whileLocked {
      if free.isEmpty {
        guard made < blockSize * blockCount else {
          throw BacktuneError.memory("handles: \(made) streams are alive already")
        }
        addBlock()
      }
      let place = free.removeLast()
      guard let entry = entry(place) else { return nil }
      let generation = entry.pointee.word.load(ordering: .relaxed) & ~State.mask
      entry.pointee.stream = .passRetained(stream)
      entry.pointee.word.store(generation | State.idle, ordering: .releasing)
      return OpaquePointer(
        bitPattern: UInt(generation) | UInt(kind) << 24 | UInt(place))
    }
  }

  private static func addBlock() {
    if made == 0 {
      let base = UnsafeMutablePointer<Block>.allocate(capacity: blockCount)
      for k in 0..<blockCount { (base + k).initialize(to: Block(nil)) }
      blocks.store(UnsafeMutableRawPointer(base), ordering: .releasing)
    }
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: blockSize)
    for k in 0..<blockSize { (entries + k).initialize(to: Entry()) }
    if let base = blocks.load(ordering: .relaxed) {
      let block = base.assumingMemoryBound(to: Block.self) + made / blockSize
      block.pointee.store(UnsafeMutableRawPointer(entries), ordering: .releasing)
    }
    free += (made..<made + blockSize).reversed()
    made += blockSize
  }

  /// Takes a stream out of the table.
  static func remove(_ handle: OpaquePointer) throws {
    let entry: Place
    switch begin(handle) {
    case .success(let found): entry = found
    case .failure(let fault): throw fault.error
    }
    let stream = entry.pointee.stream
    entry.pointee.stream = nil
    let token = UInt64(UInt(bitPattern: handle))
    lock.whileLocked {
      // Generation 0 is skipped: a token is never NULL.
      let next = max(UInt32(truncatingIfNeeded: token >> 32) &+ 1, 1)
      entry.pointee.word.store(UInt64(next) << 32 | State.free, ordering: .releasing)
      free.append(Int(token & (1 << 24 - 1)))
    }
    stream?.release()
  }
}
