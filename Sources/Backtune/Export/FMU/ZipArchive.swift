import BacktuneNumerics

/// An archive whose files are stored as they are; the same files give the same bytes.
struct ZipArchive {
  private var content: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  /// - Parameters:
  ///   - name: its path in ASCII, with `/` between folders.
  ///   - isProgram: whether it may be run.
  /// - Throws: `.network` past the 4 GB that an archive may have.
  mutating func add(_ name: String, _ bytes: [UInt8], isProgram: Bool = false) throws {
    guard content.count + bytes.count + directory.count + 1024 < UInt32.max else {
      throw BacktuneError.network("format fmu: more than 4 GB")
    }
    let offset = content.count
    // Version 2.0, no flags, stored, the first day of the calendar of archives.
    var about: [UInt8] = []
    about.append(fixed: 20, bytes: 2)
    about.append(fixed: 0, bytes: 2)
    about.append(fixed: 0, bytes: 2)
    about.append(fixed: 0, bytes: 2)
    about.append(fixed: 0x21, bytes: 2)
    about.append(fixed: Int(Self.checksum(bytes)), bytes: 4)
    about.append(fixed: bytes.count, bytes: 4)
    about.append(fixed: bytes.count, bytes: 4)
    about.append(fixed: name.utf8.count, bytes: 2)
    about.append(fixed: 0, bytes: 2)
    content += [0x50, 0x4B, 3, 4] + about + name.utf8 + bytes
    directory += [0x50, 0x4B, 1, 2]
    // Made on Unix: rights stand in the upper half of the attributes.
    directory.append(fixed: 3 << 8 | 20, bytes: 2)
    directory += about
    // No comment, the first disk, no text.
    directory.append(fixed: 0, bytes: 6)
    directory.append(fixed: (isProgram ? 0o100755 : 0o100644) << 16, bytes: 4)
    directory.append(fixed: offset, bytes: 4)
    directory += name.utf8
    count += 1
  }

  /// All of it.
  var bytes: [UInt8] {
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end.append(fixed: count, bytes: 2)
    end.append(fixed: count, bytes: 2)
    end.append(fixed: directory.count, bytes: 4)
    end.append(fixed: content.count, bytes: 4)
    end.append(fixed: 0, bytes: 2)
    return content + directory + end
  }

  // MARK: CRC-32

  private static let table: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { value, _ in
      value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320
    }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    let table = table
    return ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }
}

extension [UInt8] {
  /// Appends an integer, the low bytes first.
  mutating func append(fixed value: Int, bytes count: Int) {
    for place in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }

  /// Reads base64 that is whole.
  init(base64 text: String) {
    self = []
    reserveCapacity(text.utf8.count / 4 * 3)
    var (bits, width): (UInt32, Int) = (0, 0)
    for letter in text.utf8 {
      let digit: UInt8
      switch letter {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = letter - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = letter - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = letter - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): digit = 62
      case UInt8(ascii: "/"): digit = 63
      default: return
      }
      bits = bits << 6 | UInt32(digit)
      width += 6
      guard width >= 8 else { continue }
      width -= 8
      append(UInt8(truncatingIfNeeded: bits >> UInt32(width)))
    }
  }
}
