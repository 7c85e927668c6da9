import BacktuneNumerics

/// Where the free weights of a network come from.
public enum WeightOrigin: Equatable, Sendable {
  /// Neither drawn nor set: all as they were made, mostly zero.
  case untouched
  /// All as `Network.randomize` drew them from that seed.
  case drawn(seed: UInt64)
  /// Set by hand, some or all of them, or found by an estimation.
  case set
}

extension Network {
  /// Where its free weights come from. Fixed ones do not count, nor those that any draw leaves as they were made (learnt
  /// initial states); a network of no others counts as set.
  public var weightOrigin: WeightOrigin {
    var (made, drawn) = (false, false)
    for array in arrays where !array.isDrawnConstant {
      for slot in array.slots where !slots.isFixed[slot] {
        switch slots.origins[slot] {
        case .made: made = true
        case .drawn: drawn = true
        case .set: return .set
        }
        if made && drawn { return .set }
      }
    }
    if drawn, let drawSeed { return .drawn(seed: drawSeed) }
    return made ? .untouched : .set
  }
}

extension WeightArray {
  /// Whether every draw gives the same.
  fileprivate var isDrawnConstant: Bool {
    if case .uniform(let lower, let upper) = draw { return lower == upper }
    return false
  }
}

/// In JSON.
extension Network {
  static func seed(_ document: NetworkDocument) throws -> UInt64? {
    try document.seed.map { text in
      guard let seed = UInt64(text) else {
        throw BacktuneError.argument(
          "network JSON: seed is '\(text)', expected an integer from 0 to 2^64 - 1, as a text")
      }
      return seed
    }
  }

  /// Where the slots of an array come from; files of earlier releases do not say: they count as set.
  func origins(
    _ weight: NetworkDocument.WeightDocument, count: Int
  ) throws -> [SlotOrigin] {
    let origins = try (weight.origin ?? [SlotOrigin.set.rawValue]).map { word in
      guard let origin = SlotOrigin(rawValue: word), origin != .drawn || drawSeed != nil else {
        throw BacktuneError.argument(
          "origin of \(weight.name): '\(word)', expected made, set, or drawn in a network with a seed"
        )
      }
      return origin
    }
    if origins.count == 1 { return Array(repeating: origins[0], count: count) }
    guard origins.count == count else {
      throw BacktuneError.size(
        "origin of \(weight.name): \(origins.count) values, expected \(count)")
    }
    return origins
  }
}
