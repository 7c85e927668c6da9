import Backtune
import BacktuneNumerics

@_cdecl("bt_network_export")
public func bt_network_export(
  _ network: OpaquePointer?, _ format: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?,
  _ options: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) -> Int32 {
  guarded {
    let format = try optionalText(format, "format")
    let options = try optionalText(options, "options") ?? "{}"
    if let path = try optionalText(path, "path") {
      guard buffer == nil, capacity == 0 else {
        throw BacktuneError.argument("buffer: one came with a path, expected NULL and capacity 0")
      }
      try reading(network) { try $0.export(to: path, format: format, options: options) }
      length?.pointee = 0
      return
    }
    guard let format else {
      throw BacktuneError.argument("format: NULL came without a path, expected the name of one")
    }
    let bytes = try reading(network) { try $0.export(format: format, options: options) }
    try copy(bytes, to: buffer, capacity, length)
  }
}
