import Backtune
import BacktuneNumerics

/// What a handle stands for. Who is using it is kept here: any number of readers, or one writer.
class HandleObject {
  fileprivate var holders: [Holder] = []

  /// With room for the usual one: who reads takes no memory.
  init() { holders.reserveCapacity(1) }

  fileprivate var writer: Holder? { holders.first { $0.isWriting } }

  fileprivate var ownHolder: Int? { holders.lastIndex { $0.isCaller } }

  /// Takes down where on the stack the call that holds this object calls its callback.
  func noteCallback(at place: UInt) { HandleTable.note(self, place) }
}

/// Who holds an object, alone or as one of its readers.
private struct Holder {
  let isWriting: Bool
  private let thread = pthread_self()
  /// Where on the stack its callback was called last, and by whom.
  private var callback: (place: UInt, number: pid_t, process: pid_t)?

  init(isWriting: Bool) { self.isWriting = isWriting }

  /// Whether this is the thread itself.
  var isCaller: Bool { pthread_equal(thread, pthread_self()) != 0 }

  mutating func note(_ place: UInt) { callback = (place, gettid(), getpid()) }

  /// Whether what it did was left without returning, which only a callback can: by its own thread, which now stands above
  /// the callback (stacks grow down), or because the thread has ended. What a forked child inherited is not for it to
  /// judge.
  func isGone(seenFrom place: UInt) -> Bool {
    guard let callback else { return false }
    let isHere = callback.process == getpid()
    // A new thread may have the identifier of one that ended.
    if isCaller && (!isHere || callback.number == gettid()) { return place > callback.place }
    return isHere && tgkill(callback.process, callback.number, 0) != 0 && errno == ESRCH
  }
}

/// Handles are tokens and no addresses: the place in a table, the kind and the generation of the entry, so that a freed
/// or foreign one is an error and not a crash.
enum HandleTable {
  private struct Entry {
    var generation: UInt32 = 1
    var object: HandleObject?
  }

  /// Bits of a token: 24 of place, 8 of kind, 32 of generation.
  private static let places = 1 << 24

  private nonisolated(unsafe) static var entries: [Entry] = []
  private nonisolated(unsafe) static var free: [Int] = []

  /// One lock for the table and the users of objects.
  private static let lock = ForkSafeLock()

  static func insert<Object: HandleKind>(_ object: Object) throws -> OpaquePointer? {
    try lock.whileLocked {
      if free.isEmpty {
        guard entries.count < places else {
          throw BacktuneError.memory("handles: \(places) are alive already")
        }
        entries.append(Entry())
        free.append(entries.count - 1)
      }
      let place = free.removeLast()
      entries[place].object = object
      let token = UInt(entries[place].generation) << 32 | UInt(Object.kind) << 24 | UInt(place)
      return OpaquePointer(bitPattern: token)
    }
  }

  /// Takes an object out of the table.
  static func remove<Object: HandleKind>(_ handle: OpaquePointer, _ type: Object.Type) throws {
    let here = stackPlace()
    // The system forgets a thread some microseconds after others were told of its end.
    for _ in 0..<10 {
      do {
        return try removeNow(handle, type, seenFrom: here)
      } catch CallError.busy {
        var moment = timespec(tv_sec: 0, tv_nsec: 500_000)
        nanosleep(&moment, nil)
      }
    }
    try removeNow(handle, type, seenFrom: here)
  }

  private static func removeNow<Object: HandleKind>(
    _ handle: OpaquePointer, _ type: Object.Type, seenFrom here: UInt
  ) throws {
    // Released outside the lock: a deinit may take its time.
    let object = try lock.whileLocked { () -> HandleObject? in
      let (place, object) = try find(handle, type)
      // What a call left by longjmp, an exception or pthread_exit holds can still be freed.
      if !object.holders.allSatisfy({ $0.isGone(seenFrom: here) }) {
        try check(object, type, isWriting: true)
      }
      // Generation 0 is skipped: a token is never NULL.
      entries[place].generation = max(entries[place].generation &+ 1, 1)
      entries[place].object = nil
      free.append(place)
      return object
    }
    _ = object
  }

  /// Runs `body` with the object, as one of its readers or its only writer.
  static func use<Object: HandleKind, Result>(
    _ handle: OpaquePointer?, _ type: Object.Type, isWriting: Bool,
    _ body: (Object) throws -> Result
  ) throws -> Result {
    guard let handle else { throw CallError.null(type.argument) }
    let object = try lock.whileLocked { try find(handle, type).object }
    return try use(object, isWriting: isWriting, body)
  }

  static func use<Object: HandleKind, Result>(
    _ object: Object, isWriting: Bool, _ body: (Object) throws -> Result
  ) throws -> Result {
    let isNested = try lock.whileLocked { () -> Bool in
      try check(object, Object.self, isWriting: isWriting)
      if object.writer != nil { return true }
      object.holders.append(Holder(isWriting: isWriting))
      return false
    }
    defer {
      if !isNested {
        // The last one of this thread: calls inside its callbacks have returned, or were left and their places stay.
        lock.whileLocked { if let own = object.ownHolder { object.holders.remove(at: own) } }
      }
    }
    return try body(object)
  }

  fileprivate static func note(_ object: HandleObject, _ place: UInt) {
    lock.whileLocked { if let own = object.ownHolder { object.holders[own].note(place) } }
  }

  private static func find<Object: HandleKind>(
    _ handle: OpaquePointer, _ type: Object.Type
  ) throws -> (place: Int, object: Object) {
    let token = UInt(bitPattern: handle)
    let place = Int(token & UInt(places - 1))
    guard UInt8(truncatingIfNeeded: token >> 24) == type.kind, entries.indices.contains(place),
      UInt(entries[place].generation) == token >> 32, let object = entries[place].object as? Object
    else { throw CallError.handle(type.argument) }
    return (place, object)
  }

  /// A writer excludes everybody else; its own thread can only come back from a callback, and may read then.
  private static func check<Object: HandleKind>(
    _ object: HandleObject, _ type: Object.Type, isWriting: Bool
  ) throws {
    if let writer = object.writer {
      guard !isWriting, writer.isCaller else {
        throw CallError.busy(type.argument)
      }
    } else if isWriting && !object.holders.isEmpty {
      throw CallError.busy(type.argument)
    }
  }
}

/// An object that has handles: its kind in their tokens, and how messages name it.
protocol HandleKind: HandleObject {
  static var kind: UInt8 { get }
  static var argument: String { get }
}
