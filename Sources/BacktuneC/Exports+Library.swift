import Backtune
import BacktuneNumerics

@_cdecl("bt_version")
public func bt_version() -> UnsafePointer<CChar>? { cString("0.1.0") }

@_cdecl("bt_abi_number")
public func bt_abi_number() -> Int32 { 1 }

@_cdecl("bt_last_error")
public func bt_last_error(_ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64) -> Int64 {
  LastError.withCurrent { message in
    guard let message else {
      if let buffer, capacity >= 1 { buffer[0] = 0 }
      return 0
    }
    return copy(message, to: buffer, capacity)
  }
}

@_cdecl("bt_status_string")
public func bt_status_string(_ status: Int32) -> UnsafePointer<CChar>? {
  switch status {
  case 0: cString("ok")
  case -1: cString("a value outside what is allowed")
  case -2: cString("a NULL pointer")
  case -3: cString("sizes that do not fit")
  case -4: cString("a freed or foreign handle")
  case -5: cString("a handle in use")
  case -6: cString("a call that is not possible now")
  case -7: cString("a network that cannot be run")
  case -8: cString("not enough memory")
  case -9: cString("a file that cannot be read or written")
  case -10: cString("processes that could not be joined")
  case -11: cString("a sequence that could not be read")
  default: cString("unknown")
  }
}

@_cdecl("bt_stop_string")
public func bt_stop_string(_ reason: Int32) -> UnsafePointer<CChar>? {
  guard let reason = StopReason(rawValue: Int(reason)) else { return cString("unknown") }
  return cString(reason.text)
}

@_cdecl("bt_set_threads")
public func bt_set_threads(_ threads: Int64) -> Int32 {
  guarded { try Threads.set(Int(threads)) }
}

@_cdecl("bt_get_threads")
public func bt_get_threads(_ threads: UnsafeMutablePointer<Int64>?) -> Int32 {
  guarded { try write(Int64(Threads.count), to: threads, "threads") }
}

@_cdecl("bt_set_poll")
public func bt_set_poll(_ callback: Callback?, _ user: UnsafeMutableRawPointer?) -> Int32 {
  guarded(takesMemory: false) { ThreadPoll.set(callback, user) }
}

/// A static text is part of the library and ends in zero.
private func cString(_ text: StaticString) -> UnsafePointer<CChar>? {
  guard text.hasPointerRepresentation else { return nil }
  return UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

@_cdecl("bt_decay_fit")
public func bt_decay_fit(
  _ costs: UnsafePointer<Double>?, _ length: Int64, _ window: Int64,
  _ decayTime: UnsafeMutablePointer<Double>?, _ finalBias: UnsafeMutablePointer<Double>?,
  _ amplitude: UnsafeMutablePointer<Double>?
) -> Int32 {
  guarded {
    guard window >= 0 else {
      throw BacktuneError.argument("window is \(window), expected 0 or more")
    }
    let fit = DecayFit(
      try values(costs, length, "costs"), window: window == 0 ? nil : Int(window))
    decayTime?.pointee = fit.decayTime
    finalBias?.pointee = fit.finalBias
    amplitude?.pointee = fit.amplitude
  }
}

@_cdecl("bt_random_normal")
public func bt_random_normal(
  _ seed: UInt64, _ stream: UnsafePointer<CChar>?, _ target: UnsafeMutablePointer<Double>?,
  _ length: Int64
) -> Int32 {
  guarded { try draw(seed, stream, target, length) { $0.normal() } }
}

@_cdecl("bt_random_uniform")
public func bt_random_uniform(
  _ seed: UInt64, _ stream: UnsafePointer<CChar>?, _ target: UnsafeMutablePointer<Double>?,
  _ length: Int64
) -> Int32 {
  guarded { try draw(seed, stream, target, length) { $0.uniform() } }
}

private func draw(
  _ seed: UInt64, _ stream: UnsafePointer<CChar>?, _ target: UnsafeMutablePointer<Double>?,
  _ length: Int64, _ next: (inout RandomStream) -> Double
) throws {
  var generator = RandomStream(seed: seed, name: try text(stream, "stream"))
  let buffer = try readable(UnsafePointer(target), length, "values")
  guard let target else { return }
  for k in buffer.indices { target[k] = next(&generator) }
}
