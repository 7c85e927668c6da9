import Backtune
import Testing

@testable import BacktuneExport

@Suite struct FMUTests {
  /// An archive of stored files, to the byte.
  @Test func archive() throws {
    var archive = ZipArchive()
    try archive.add("a/b", Array("123456789".utf8))
    let bytes = archive.bytes
    #expect(bytes.count == 30 + 3 + 9 + 46 + 3 + 22)
    #expect(Array(bytes[..<4]) == [0x50, 0x4B, 3, 4])
    // The check value of CRC-32.
    #expect(Array(bytes[14..<18]) == [0x26, 0x39, 0xF4, 0xCB])
    #expect(Array(bytes[30..<42]) == Array("a/b123456789".utf8))
  }

  @Test(arguments: [
    ("", ""), ("QQ==", "A"), ("QUI=", "AB"), ("QUJD", "ABC"), ("fn5+Pz8/", "~~~???"),
  ])
  func base64(text: String, expected: String) {
    #expect([UInt8](base64: text) == Array(expected.utf8))
  }

  /// The interpreter is in the library, however it was built: a binary, and sources.
  @Test func interpreter() throws {
    let binary = [UInt8](base64: InterpreterFiles.binary)
    #expect(binary.count > 10_000 && Array(binary[..<4]) == [0x7F] + Array("ELF".utf8))
    let names = InterpreterFiles.sources.map(\.name)
    #expect(names.contains("fmi2.c") && names.contains("fmi3.c") && names.contains("model.h"))
    var network = try Network(inputs: 1)
    _ = try network.add(LNL(2), name: "h")
    network.randomize(seed: 0)
    let bytes = try network.export(format: "fmu")
    #expect(bytes.count > binary.count)
    #expect(try bytes == network.export(format: "fmu", options: #"{"version": 3}"#))
    #expect(throws: BacktuneError.self) {
      try network.export(format: "fmu", options: #"{"version": "4.0"}"#)
    }
  }
}
