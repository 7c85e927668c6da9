import Backtune
import Glibc

/// What a handle stands for. Who is using it is kept here: any number of readers, or one writer.
class HandleObject {
  fileprivate var readers = 0
  fileprivate var writer: Writer?

  /// Takes down where on the stack the run that holds this object calls its callback.
  func noteCallback(at place: UInt) { writer?.callback = place }
}

/// Who holds an object alone.
private struct Writer {
  private let thread = pthread_self()
  private let number = gettid()
  private let process = getpid()
  /// Where on the stack its callback was called last; 0 before.
  var callback: UInt = 0

  /// Whether this is the thread itself.
  var isCaller: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// Whether what it did was left without returning: by its own thread, which now stands above the callback (stacks grow
  /// down), or because the thread has ended. What a forked child inherited is not for it to judge.
  func isGone(seenFrom place: UInt) -> Bool {
    if isCaller { return callback != 0 && place > callback }
    return process == getpid() && tgkill(process, number, 0) != 0 && errno == ESRCH
  }
}

/// A place on the stack, of the function that calls this.
@inline(never)
func stackPlace() -> UInt {
  var here = 0
  return withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
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
      // What a run left by longjmp or pthread_exit holds can still be freed.
      if object.writer?.isGone(seenFrom: here) != true {
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
      if isWriting { object.writer = Writer() } else { object.readers += 1 }
      return false
    }
    defer {
      if !isNested {
        lock.whileLocked { if isWriting { object.writer = nil } else { object.readers -= 1 } }
      }
    }
    return try body(object)
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
    } else if isWriting && object.readers > 0 {
      throw CallError.busy(type.argument)
    }
  }
}

/// An object that has handles: its kind in their tokens, and how messages name it.
protocol HandleKind: HandleObject {
  static var kind: UInt8 { get }
  static var argument: String { get }
}
