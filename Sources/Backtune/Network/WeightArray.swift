/// How `randomize` draws the weights of an array.
public enum WeightDraw: Equatable, Sendable {
  /// Normal, deviation 0.5/sqrt(fan-in); uniform inside the bounds where both are finite.
  case normal
  /// Uniform in [lower, upper].
  case uniform(lower: Double, upper: Double)
}

/// A named matrix or vector of weights, stored as a run of slots.
public struct WeightArray: Sendable {
  /// `group.role`, as in `lnl.x2.W`.
  public let name: String
  /// [target nodes, source nodes] of a matrix, [count] of a vector.
  public let shape: [Int]
  /// Place of its slots among all slots of the network.
  package let slots: Range<Int>
  /// Positions in the row-major matrix that have a slot; nil when all of them do.
  public let entries: [Int]?
  package let draw: WeightDraw

  /// Its shape in words.
  var shapeText: String { shape.map(String.init).joined(separator: " x ") }

  /// Number of values of the full array, those without a slot included.
  public var count: Int { shape.reduce(1, *) }
}

/// Where the value of a slot comes from.
package enum SlotOrigin: String, Sendable {
  /// As it was made; drawn by the network's last `randomize`; or set, by hand or by an estimation.
  case made, drawn, set
}

/// All weights of a network, slot by slot, in the order in which the arrays were defined.
package struct WeightSlots: Equatable, Sendable {
  package internal(set) var values: [Double] = []
  package internal(set) var lower: [Double] = []
  package internal(set) var upper: [Double] = []
  package internal(set) var isFixed: [Bool] = []
  package internal(set) var origins: [SlotOrigin] = []

  package mutating func append(count: Int, lower low: Double, upper high: Double, fixed: Bool) {
    values += repeatElement(min(max(0, low), high), count: count)
    lower += repeatElement(low, count: count)
    upper += repeatElement(high, count: count)
    isFixed += repeatElement(fixed, count: count)
    origins += repeatElement(.made, count: count)
  }

  /// Sets a value; one that is as drawn stays so where it is the same.
  mutating func assign(_ value: Double, to slot: Int) {
    if origins[slot] != .drawn || values[slot] != value { origins[slot] = .set }
    values[slot] = value
  }

  /// What an earlier draw left.
  mutating func forgetDraw() {
    for slot in origins.indices where origins[slot] == .drawn { origins[slot] = .set }
  }

  /// Sets the values from slot `first` on.
  package mutating func set(_ new: [Double], from first: Int) {
    values.replaceSubrange(first..<first + new.count, with: new)
  }

  /// Replaces values and bounds, one a slot.
  package mutating func replace(values: [Double], lower: [Double], upper: [Double]) {
    (self.values, self.lower, self.upper) = (values, lower, upper)
  }

  /// Whether values, bounds and fixed flags are those of another, wherever they come from.
  package func isSame(as other: WeightSlots) -> Bool {
    values == other.values && hasSameConstraints(as: other)
  }

  /// Whether bounds and fixed flags are those of another.
  package func hasSameConstraints(as other: WeightSlots) -> Bool {
    lower == other.lower && upper == other.upper && isFixed == other.isFixed
  }

  /// Slots that estimation may move, ascending: the documented order of the flat vector.
  package var adjustable: [Int] {
    if isFixed.isEmpty { return [] }
    return [Int](unsafeUninitializedCapacity: isFixed.count) { list, count in
      for (slot, isFixed) in isFixed.enumerated() where !isFixed {
        list[count] = slot
        count += 1
      }
    }
  }

  /// Number of these.
  package var adjustableCount: Int { isFixed.count { !$0 } }
}
