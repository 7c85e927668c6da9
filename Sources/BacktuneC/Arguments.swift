import Backtune
import BacktuneNumerics

/// A buffer that is read: not NULL unless its length is 0.
func readable<Value>(
  _ pointer: UnsafePointer<Value>?, _ length: Int64, _ name: String
) throws -> UnsafeBufferPointer<Value> {
  guard length >= 0 else {
    throw BacktuneError.size("\(name)_length is \(length), expected 0 or more")
  }
  guard pointer != nil || length == 0 else { throw CallError.null(name) }
  try MemoryBudget.bytes(doubles: [Int(length)], for: name)
  return UnsafeBufferPointer(start: pointer, count: Int(length))
}

/// A buffer that may be left out: NULL with length 0.
func optional<Value>(
  _ pointer: UnsafePointer<Value>?, _ length: Int64, _ name: String
) throws -> UnsafeBufferPointer<Value>? {
  let buffer = try readable(pointer, length, name)
  return pointer == nil ? nil : buffer
}

/// The values of a buffer whose length the caller claims: copied only if that is one of the expected ones (any that
/// fits in memory where none is given).
func values<Value>(
  _ pointer: UnsafePointer<Value>?, _ length: Int64, _ name: String, expected: Int...
) throws -> [Value] {
  let buffer = try readable(pointer, length, name)
  guard expected.isEmpty || expected.contains(buffer.count) else {
    let text = Array(Set(expected)).sorted().map(String.init).joined(separator: " or ")
    throw BacktuneError.size("\(name): \(length) values, expected \(text)")
  }
  return Array(buffer)
}

/// A product of dimensions that fits the memory budget.
func checkedProduct(_ a: Int, _ b: Int, _ name: String) throws -> Int {
  try MemoryBudget.bytes(doubles: [a, b], for: name)
  return a * b
}

/// A sum of lengths, none of them negative, that fits the memory budget.
func checkedSum(_ lengths: [Int], _ name: String) throws -> Int {
  try lengths.reduce(0) {
    guard $1 >= 0 else { throw BacktuneError.size("\(name): \($1) came, expected 0 or more") }
    let (sum, overflow) = $0.addingReportingOverflow($1)
    guard !overflow else { throw BacktuneError.memory("\(name): their sum is too large") }
    return sum
  }
}

/// - Throws: `.size` for a length that is not the expected one.
func check(_ length: Int64, is count: Int, _ name: String) throws {
  guard Int(length) == count else {
    throw BacktuneError.size("\(name)_length is \(length), expected \(count)")
  }
}

/// Writes to a buffer of exactly the right length; where `poll` throws, some of it.
func write<Value>(
  _ values: [Value], to pointer: UnsafeMutablePointer<Value>?, _ length: Int64, _ name: String,
  poll: Poll = .none
) throws {
  try check(length, is: values.count, name)
  guard let pointer else {
    if length == 0 { return }
    throw CallError.null(name)
  }
  try values.withUnsafeBufferPointer { try write($0, to: pointer, poll: poll) }
}

/// The same of values that threads wrote, to a buffer whose length was checked; nil writes nothing.
func write(
  _ values: SharedValues?, to pointer: UnsafeMutablePointer<Double>?, poll: Poll = .none
) throws {
  guard let values, let pointer else { return }
  let source = UnsafeBufferPointer(start: UnsafePointer(values.pointer), count: values.count)
  try write(source, to: pointer, poll: poll)
}

private func write<Value>(
  _ values: UnsafeBufferPointer<Value>, to pointer: UnsafeMutablePointer<Value>, poll: Poll
) throws {
  guard let source = values.baseAddress else { return }
  try poll.forEachPart(of: values.count) {
    (pointer + $0.lowerBound).update(from: source + $0.lowerBound, count: $0.count)
  }
}

/// Writes a result through a pointer that may not be NULL.
func write<Value>(_ value: Value, to pointer: UnsafeMutablePointer<Value>?, _ name: String) throws {
  guard let pointer else { throw CallError.null(name) }
  pointer.pointee = value
}

/// A text that may not be NULL.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
  guard let pointer else { throw CallError.null(name) }
  guard let text = String(validatingCString: pointer) else {
    throw BacktuneError.argument("\(name) is not valid UTF-8")
  }
  return text
}

func optionalText(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String? {
  pointer == nil ? nil : try text(pointer, name)
}

/// Copies as many whole characters as fit, ended by zero; returns the full length.
@discardableResult
func copy(
  _ source: UnsafePointer<CChar>, to buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64
) -> Int64 {
  let length = strlen(source)
  if let buffer, capacity >= 1 {
    var count = min(length, Int(capacity) - 1)
    while count > 0, count < length, UInt8(bitPattern: source[count]) & 0xC0 == 0x80 { count -= 1 }
    memcpy(buffer, source, count)
    buffer[count] = 0
  }
  return Int64(length)
}

/// The contract of calls that return text.
func copy(
  _ text: String, to buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) throws {
  guard capacity >= 0 else {
    throw BacktuneError.size("capacity is \(capacity), expected 0 or more")
  }
  guard buffer != nil || capacity == 0 else { throw CallError.null("buffer") }
  let full = text.withCString { copy($0, to: buffer, capacity) }
  length?.pointee = full
}

/// The same of bytes, zeros among them: as many as fit.
func copy(
  _ bytes: [UInt8], to buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?
) throws {
  guard capacity >= 0 else {
    throw BacktuneError.size("capacity is \(capacity), expected 0 or more")
  }
  guard buffer != nil || capacity == 0 else { throw CallError.null("buffer") }
  if let buffer, capacity >= 1 {
    let count = min(bytes.count, Int(capacity) - 1)
    bytes.withUnsafeBytes { if let base = $0.baseAddress { memcpy(buffer, base, count) } }
    buffer[count] = 0
  }
  length?.pointee = Int64(bytes.count)
}

/// Makes an object and its handle; on failure the caller's pointer is NULL.
func create<Object: HandleKind>(
  _ target: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws -> Object
) throws {
  guard let target else { throw CallError.null("the pointer to the new \(Object.argument)") }
  target.pointee = nil
  target.pointee = try HandleTable.insert(try make())
}

/// The length of an output that may be left out, before anything is computed.
func check(
  _ pointer: UnsafeMutablePointer<Double>?, _ length: Int64, _ dimensions: [Int], _ name: String
) throws {
  if pointer == nil && length == 0 { return }
  guard pointer != nil else { throw CallError.null(name) }
  let expected = try dimensions.reduce(1) { try checkedProduct($0, $1, name) }
  guard Int(length) == expected else {
    throw BacktuneError.size("\(name)_length is \(length), expected \(expected)")
  }
}
