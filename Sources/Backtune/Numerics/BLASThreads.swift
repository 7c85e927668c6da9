import Glibc

/// Keeps OpenBLAS on one thread while the engine computes.
///
/// Its threads cost more than they give on products of this size (a fit of 6 nodes spent 1.9 s of 4.3 s waiting for
/// them), and results would depend on their number. Every call of BLAS or LAPACK stands in it; what makes many of them is
/// in it as a whole, so that the number is set once. The caller's setting is restored; other BLAS are left alone.
package enum BLASThreads {
  private typealias Get = @convention(c) () -> Int32
  private typealias Set = @convention(c) (Int32) -> Void

  /// The two functions of OpenBLAS, nil elsewhere. Looked up in the default order from here, as `dsyrk_` is: they are
  /// those of the library in use, whatever else is loaded in the process.
  private static let functions: (get: Get, set: Set)? = {
    guard let get = dlsym(nil, "openblas_get_num_threads"),
      let set = dlsym(nil, "openblas_set_num_threads")
    else { return nil }
    return (unsafeBitCast(get, to: Get.self), unsafeBitCast(set, to: Set.self))
  }()

  private static let lock = ForkSafeLock()

  /// Computations under way, and the number of threads to restore after the last of them.
  private nonisolated(unsafe) static var users = 0
  private nonisolated(unsafe) static var restored: Int32 = 1

  /// Runs `body` with one thread.
  package static func single<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let functions else { return try body() }
    lock.whileLocked {
      if users == 0 {
        restored = functions.get()
        if restored != 1 { functions.set(1) }
      }
      users += 1
    }
    defer {
      lock.whileLocked {
        users -= 1
        if users == 0 && restored != 1 { functions.set(restored) }
      }
    }
    return try body()
  }
}
