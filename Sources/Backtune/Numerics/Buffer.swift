/// A block of doubles, aligned for SIMD and usually zeroed, that is asked for without ever aborting the process.
///
/// Swift's own `allocate` and `Array` end the process when memory is short; this throws instead.
package final class Buffer {
  /// glibc returns blocks to the system as long as it has seen none of their size freed: page faults took 6 % of a
  /// simulation of 8 nodes and 32 sequences. It keeps those up to the size of this one.
  private static let keepsBlocks: Void = {
    var block: UnsafeMutableRawPointer?
    if posix_memalign(&block, 64, 16 << 20) == 0 { free(block) }
  }()

  private static let hugeFrom = 4 << 20

  /// Asks for pages of 2 MiB, where the system has them: the adjoint reads rows pages apart, and with pages of 4 KiB a
  /// gradient of 32 nodes and 32 sequences spent 4 to 10 % looking these up.
  private static func adviseHugePages(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    guard page > 0 else { return }
    let first = (Int(bitPattern: block) + page - 1) / page * page
    let end = (Int(bitPattern: block) + bytes) / page * page
    // Refused by a system without them, which changes nothing.
    _ = madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_HUGEPAGE)
  }

  package let pointer: UnsafeMutablePointer<Double>
  package let count: Int
  private let bytes: Int

  /// - Throws: `BacktuneError.memory` naming `purpose` when `count` doubles, with what all buffers hold already, exceed
  ///   the budget or are not to be had; what `poll` throws.
  package init(
    count: Int, for purpose: String, isZeroed: Bool = true, poll: Poll = .none
  ) throws {
    bytes = max(try MemoryBudget.bytes(doubles: [count], for: purpose), 64)
    self.count = count
    try MemoryBudget.reserve(bytes, for: purpose)
    _ = Self.keepsBlocks
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, 64, bytes) == 0, let raw else {
      MemoryBudget.release(bytes)
      throw BacktuneError.memory("\(purpose): \(bytes) bytes were not to be had")
    }
    pointer = raw.assumingMemoryBound(to: Double.self)
    if bytes >= Self.hugeFrom { Self.adviseHugePages(raw, bytes) }
    guard isZeroed else { return }
    // Thrown out of here it is given back by `deinit`.
    try poll.forEachPart(of: bytes / MemoryLayout<Double>.stride) { [pointer] in
      memset(pointer + $0.lowerBound, 0, $0.count * MemoryLayout<Double>.stride)
    }
  }

  /// - Throws: as `init(count:for:)`, also where the product of the dimensions overflows.
  package convenience init(
    dimensions: [Int], for purpose: String, isZeroed: Bool = true, poll: Poll = .none
  ) throws {
    try self.init(
      count: try MemoryBudget.bytes(doubles: dimensions, for: purpose)
        / MemoryLayout<Double>.stride,
      for: purpose, isZeroed: isZeroed, poll: poll)
  }

  deinit {
    free(pointer)
    MemoryBudget.release(bytes)
  }

  package func zero() { memset(pointer, 0, count * MemoryLayout<Double>.stride) }

  package func copy(from other: Buffer) {
    memcpy(pointer, other.pointer, min(count, other.count) * MemoryLayout<Double>.stride)
  }
}

/// How much memory the engine may take: three quarters of the machine's, or of its control group's, over all buffers. Beyond that the
/// system would kill the process instead of refusing.
package enum MemoryBudget {
  package static let limit: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    guard pages > 0, size > 0 else { return 1 << 32 }
    let (total, overflow) = pages.multipliedReportingOverflow(by: size)
    return min(overflow ? Int.max / 2 : total, groupLimit ?? .max) / 4 * 3
  }()

  /// The memory limit of the control group, as containers have one.
  private static var groupLimit: Int? {
    for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      guard let file = fopen(path, "r") else { continue }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 64)
      guard fgets(&line, Int32(line.count), file) != nil else { continue }
      let digits = line.prefix { $0 >= 48 && $0 <= 57 }.map { Character(UnicodeScalar(UInt8($0))) }
      if let limit = Int(String(digits)), limit > 0 { return limit }
    }
    return nil
  }

  /// The bytes of an array of doubles with these dimensions.
  /// - Throws: `BacktuneError.memory` when the product overflows or passes the budget, `.size` for a negative dimension.
  @discardableResult
  package static func bytes(doubles dimensions: [Int], for purpose: String) throws -> Int {
    var bytes = MemoryLayout<Double>.stride
    for dimension in dimensions {
      guard dimension >= 0 else {
        throw BacktuneError.size("\(purpose): a dimension is \(dimension), expected 0 or more")
      }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= limit else {
        let shape = dimensions.map(String.init).joined(separator: " x ")
        throw BacktuneError.memory(
          "\(purpose): \(shape) values do not fit the memory budget of \(limit >> 20) MiB")
      }
      bytes = product
    }
    guard bytes < askedFrom || isToBeHad(bytes) else {
      throw BacktuneError.memory("\(purpose): \(bytes) bytes were not to be had")
    }
    return bytes
  }

  private nonisolated(unsafe) static var used = 0
  private static let lock = ForkSafeLock()

  /// Counts a buffer in.
  fileprivate static func reserve(_ bytes: Int, for purpose: String) throws {
    let fits = lock.whileLocked { () -> Bool in
      if bytes > limit - used { return false }
      used += bytes
      return true
    }
    guard fits else {
      throw BacktuneError.memory(
        "\(purpose): \(bytes >> 20) MiB more do not fit the memory budget of \(limit >> 20) MiB")
    }
  }

  /// What buffers may take more.
  package static var left: Int { lock.whileLocked { limit - used } }

  fileprivate static func release(_ bytes: Int) { lock.whileLocked { used -= bytes } }

  /// Smaller requests are not worth a system call.
  private static let askedFrom = 1 << 20

  /// Whether the system grants that much now (a limit on the address space, strict accounting): asked and given back,
  /// since Swift's arrays end the process where they are refused.
  private static func isToBeHad(_ bytes: Int) -> Bool { AddressSpace.has(bytes) }
}

/// A limit on the address space (`RLIMIT_AS`): small allocations of Swift end the process where they are refused, so that
/// some is asked for beforehand.
package enum AddressSpace {
  /// What small allocations of a call may take, about.
  private static let reserve = 48 << 20

  /// Whether a call may begin: true where there is no limit.
  package static var isEnough: Bool {
    var limit = rlimit()
    guard getrlimit(Int32(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max else {
      return true
    }
    return has(0)
  }

  /// The same for a call under way, as a limit may come meanwhile.
  /// - Throws: `.memory` where it may not go on.
  package static func check() throws {
    guard isEnough else {
      throw BacktuneError.memory("the limit on the address space leaves less than 48 MiB")
    }
  }

  /// Whether so many bytes, beside the reserve, can be mapped now.
  fileprivate static func has(_ bytes: Int) -> Bool {
    // Not by malloc and free, a pair that the optimiser leaves out.
    let size = bytes + reserve
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard block != MAP_FAILED else { return false }
    munmap(block, size)
    return true
  }
}
