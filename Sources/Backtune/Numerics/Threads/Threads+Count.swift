import Synchronization

extension Threads {
  package static let largestCount = 1024

  /// What `set` was given; 0 before.
  private static let chosen = Atomic<Int>(0)
  /// What the environment and the machine say; 0 before anybody asked.
  private static let found = Atomic<Int>(0)

  /// The number of threads to work on now, the caller's included: the one that was set, else BACKTUNE_NUM_THREADS, else
  /// OMP_NUM_THREADS, else the processors that this process may use. The environment is read once.
  package static var count: Int {
    let number = chosen.load(ordering: .relaxed)
    if number > 0 { return number }
    let old = found.load(ordering: .relaxed)
    if old > 0 { return old }
    let new = numberOfEnvironment ?? min(Processors.available, largestCount)
    found.store(new, ordering: .relaxed)
    return new
  }

  /// Sets the number; 0 makes it again what the environment says.
  /// - Throws: `.argument` for a negative one, or one beyond 1024.
  package static func set(_ number: Int) throws {
    guard (0...largestCount).contains(number) else {
      throw BacktuneError.argument(
        "threads is \(number), expected 1 to \(largestCount), or 0 for the default")
    }
    if number == 0 { forget() }
    chosen.store(number, ordering: .relaxed)
  }

  /// Reads the environment anew when asked next: a child may have processors of its own.
  static func forget() { found.store(0, ordering: .relaxed) }

  private static var numberOfEnvironment: Int? {
    for name in ["BACKTUNE_NUM_THREADS", "OMP_NUM_THREADS"] {
      if let text = getenv(name), let number = number(in: String(cString: text)) { return number }
    }
    return nil
  }

  /// The first number of a list such as "4,2"; nil where that is none, or not in 1 ... 1024.
  static func number(in text: String) -> Int? {
    let first = text.prefix { $0 != "," }
    let digits = first.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }
    guard let number = Int(String(digits.reversed())), (1...largestCount).contains(number) else {
      return nil
    }
    return number
  }
}
