import Backtune
import Foundation
import Testing

@testable import BacktuneNetwork

/// Numbers nested to any depth, flattened; null = NaN.
struct Flat: Decodable {
  let values: [Double]

  init(from decoder: any Decoder) throws {
    if var list = try? decoder.unkeyedContainer() {
      var values: [Double] = []
      while !list.isAtEnd {
        if try list.decodeNil() {
          values.append(.nan)
        } else if let number = try? list.decode(Double.self) {
          values.append(number)
        } else {
          values += try list.decode(Flat.self).values
        }
      }
      self.values = values
    } else {
      let single = try decoder.singleValueContainer()
      values = [single.decodeNil() ? .nan : try single.decode(Double.self)]
    }
  }
}

/// A named weight: an object with values, or the plain array.
struct GoldenWeight: Decodable {
  let values: [Double]
  let adjustable: Bool

  private enum Key: String, CodingKey { case values, adjustable }

  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: Key.self) {
      values = try object.decode(Flat.self, forKey: .values).values
      adjustable = try object.decode(Bool.self, forKey: .adjustable)
    } else {
      values = try Flat(from: decoder).values
      adjustable = true
    }
  }
}

/// Read by Foundation, apart from the engine's own reader.
struct GoldenNetwork: Decodable {
  let document: NetworkDocument

  init(from decoder: any Decoder) throws {
    document = try NetworkDocument(json: Self.value(decoder))
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static func value(_ decoder: any Decoder) throws -> JSONValue {
    if let members = try? decoder.container(keyedBy: Key.self) {
      let pairs = try members.allKeys.map {
        ($0.stringValue, try value(members.superDecoder(forKey: $0)))
      }
      return .object(Dictionary(uniqueKeysWithValues: pairs))
    }
    if var list = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !list.isAtEnd { values.append(try value(list.superDecoder())) }
      return .list(values)
    }
    let single = try decoder.singleValueContainer()
    if single.decodeNil() { return .null }
    if let value = try? single.decode(Bool.self) { return .bool(value) }
    if let value = try? single.decode(Double.self) { return .number(value) }
    return .text(try single.decode(String.self))
  }
}

struct GoldenSequence: Decodable {
  let inputs: Flat
  let desired: Flat
  let gains: Flat
  let states: [String: Flat]?
  let eps: [String: Flat]?
}

struct GoldenObserve: Decodable {
  let group: String
  let outputs: Int
}

/// Files of Tests/golden, described in its README.
enum GoldenFile {
  static func url(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "golden").appending(path: name)
  }

  static func decode<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
  }
}

/// The parts that every case has in common.
protocol GoldenCase: Decodable {
  var name: String { get }
  var network: GoldenNetwork { get }
  var observe: GoldenObserve { get }
  var weights: [String: GoldenWeight] { get }
  var sequences: [GoldenSequence] { get }
}

extension GoldenCase {
  /// The case's network with its weights; leaks unbounded, so that any value may be set.
  func makeNetwork(fixed: [String] = []) throws -> Network {
    var network = try Network(network.document)
    for (name, weight) in weights {
      try network.setWeights(name, weight.values)
      if fixed.contains(name) { try network.setFixed(name, [true]) }
    }
    try network.observe([
      Observed(group: try network.group(named: observe.group), count: observe.outputs)
    ])
    return network
  }

  func makeSequences(_ network: Network, _ chosen: [GoldenSequence]) throws -> Sequences {
    let m = max(network.inputs, 1)
    let lengths = chosen.map { $0.inputs.values.count / m }
    let inputs = chosen.flatMap(\.inputs.values)
    let desired = chosen.flatMap(\.desired.values)
    let gains = chosen.flatMap(\.gains.values)
    return try inputs.withUnsafeBufferPointer { i in
      try desired.withUnsafeBufferPointer { d in
        try gains.withUnsafeBufferPointer { g in
          try Sequences(network, lengths: lengths, inputs: i, desired: d, gains: g)
        }
      }
    }
  }
}

/// Largest difference relative to the largest expected magnitude.
func relativeError(_ actual: [Double], _ expected: [Double]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  let difference = zip(actual, expected).reduce(0.0) {
    $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1))
  }
  return scale > 0 ? difference / scale : difference
}

func expectClose(
  _ actual: [Double], _ expected: [Double], within tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = relativeError(actual, expected)
  #expect(error <= tolerance, "\(what): relative error \(error)", sourceLocation: sourceLocation)
}
