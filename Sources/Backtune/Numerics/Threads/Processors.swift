/// The processors that this process may use.
enum Processors {
  /// Those of its affinity, fewer where its control group has less of their time; 1 or more.
  static var available: Int {
    let groups = text(of: "/proc/self/cgroup") ?? ""
    return max(min(allowed, quota(groups: groups, root: "/sys/fs/cgroup") ?? .max), 1)
  }

  private static var allowed: Int {
    // Of 65536 processors: the kernel refuses a set that is smaller than its own.
    var set = [UInt64](repeating: 0, count: 1024)
    let size = set.count * MemoryLayout<UInt64>.stride
    if affinity(0, size, &set) >= 0 {
      return set.reduce(0) { $0 + $1.nonzeroBitCount }
    }
    return Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// The least quota of a process's control groups and those around them, in processors, rounded up; nil without one.
  /// - Parameters:
  ///   - groups: lines "number:controllers:path", as in /proc/self/cgroup; version 2 has "0::path".
  ///   - root: the folder where the hierarchies are.
  static func quota(groups: String, root: String) -> Int? {
    var least: Int?
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      let bases =
        controllers.isEmpty
        ? [root, root + "/unified"]
        : controllers.contains("cpu") ? [root + "/cpu", root + "/\(parts[1])"] : []
      for base in bases {
        for folder in ancestors(parts[2]) {
          let found = quota(inFolder: base + folder)
          least = [least, found].compactMap { $0 }.min()
        }
      }
    }
    return least
  }

  /// "/a/b", "/a", "".
  private static func ancestors(_ path: Substring) -> [String] {
    var names = path.split(separator: "/")
    var all: [String] = [""]
    while !names.isEmpty {
      all.append("/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return all
  }

  private static func quota(inFolder folder: String) -> Int? {
    var words = text(of: folder + "/cpu.max")?.split { $0 == " " || $0 == "\n" }
    if words == nil, let quota = text(of: folder + "/cpu.cfs_quota_us"),
      let period = text(of: folder + "/cpu.cfs_period_us")
    {
      words = "\(quota) \(period)".split { $0 == " " || $0 == "\n" }
    }
    guard let words, words.count == 2, let quota = Int(words[0]), let period = Int(words[1]),
      quota > 0, period > 0
    else { return nil }
    return (quota - 1) / period + 1
  }

  /// The beginning of a small file.
  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
