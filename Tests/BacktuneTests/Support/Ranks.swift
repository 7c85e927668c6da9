import BacktuneNumerics

/// Processes that are threads of this one, and meet in every reduction.
final class Ranks: @unchecked Sendable {
  private let count: Int
  private var lock = pthread_mutex_t()
  private var changed = pthread_cond_t()
  private var given: [[Double]]
  private var here = 0
  private var round = 0
  private var result: [Double] = []
  private var errors: [any Error] = []

  private init(_ count: Int) {
    self.count = count
    given = [[Double]](repeating: [], count: count)
    pthread_mutex_init(&lock, nil)
    pthread_cond_init(&changed, nil)
  }

  /// Calls `body` for every rank, each on a thread of its own.
  /// - Throws: the first error of a rank.
  static func run(_ count: Int, _ body: @escaping (Processes) throws -> Void) throws {
    let ranks = Ranks(count)
    var threads: [pthread_t] = []
    for rank in 0..<count {
      let work = Work { try body(Processes(rank: rank, of: count) { ranks.join(rank, $0, $1) }) }
      var thread = pthread_t(bitPattern: 0)
      let error = pthread_create(
        &thread, nil,
        {
          let work = Unmanaged<Work>.fromOpaque($0!).takeRetainedValue()
          do { try work.body() } catch { work.error = error }
          return Unmanaged.passRetained(work).toOpaque()
        }, Unmanaged.passRetained(work).toOpaque())
      guard error == 0 else { throw BacktuneError.state("no thread") }
      threads.append(thread)
    }
    for thread in threads {
      var found: UnsafeMutableRawPointer?
      pthread_join(thread, &found)
      guard let found else { continue }
      if let error = Unmanaged<Work>.fromOpaque(found).takeRetainedValue().error {
        ranks.errors.append(error)
      }
    }
    if let error = ranks.errors.first { throw error }
  }

  private final class Work: @unchecked Sendable {
    let body: () throws -> Void
    var error: (any Error)?

    init(_ body: @escaping () throws -> Void) { self.body = body }
  }

  /// In the order of the ranks.
  private func join(
    _ rank: Int, _ values: UnsafeMutableBufferPointer<Double>, _ operation: Processes.Operation
  ) -> Int {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    let own = round
    given[rank] = Array(values)
    here += 1
    if here == count {
      result = given[0]
      for other in given.dropFirst() {
        guard other.count == result.count else { return 1 }
        for k in result.indices {
          switch operation {
          case .sum: result[k] += other[k]
          case .min: result[k] = min(result[k], other[k])
          case .max: result[k] = max(result[k], other[k])
          }
        }
      }
      (here, round) = (0, round + 1)
      pthread_cond_broadcast(&changed)
    }
    while round == own { pthread_cond_wait(&changed, &lock) }
    for k in result.indices { values[k] = result[k] }
    return 0
  }
}
