import BacktuneNumerics

/// How the weights of a new array start.
public struct WeightOptions: Sendable {
  /// Bound from below, that of every weight of the array.
  public var lower = -Double.infinity
  /// Bound from above.
  public var upper = Double.infinity
  /// Whether estimation leaves them alone.
  public var fixed = false
  /// How ``Network/randomize(seed:)`` draws them.
  public var draw = WeightDraw.normal
  /// Whether an array of that name may exist already and is then shared by both connections.
  package var sharesExisting = false
  /// How many values a document lists of each array: one of another size is refused before it is made.
  var listed: [String: Int]?
  /// How many weights there may be in all.
  var limit = Int.max

  /// Free weights without bounds.
  public init() {}

  /// Weights in [lower, upper].
  public init(lower: Double, upper: Double, draw: WeightDraw = .normal) {
    self.lower = lower
    self.upper = upper
    self.draw = draw
  }
}

/// Reading and setting weights, by name or as one flat vector.
extension Network {
  /// Makes the weight array of that name, or finds it where sharing is allowed.
  mutating func array(
    _ name: String, shape: [Int], entries: [Int]?, _ options: WeightOptions
  ) throws -> Int {
    try checkBounds(options.lower, options.upper, of: name)
    if case .uniform(let lower, let upper) = options.draw {
      guard lower <= upper, lower.isFinite, upper.isFinite else {
        throw BacktuneError.argument(
          "draw of \(name): from \(lower) to \(upper), expected two finite numbers, the larger one last"
        )
      }
    }
    guard !name.utf8.contains(0) else {
      throw BacktuneError.argument("weight array '\(name)': expected a name without zero bytes")
    }
    if let index = arrayIndex[name] {
      guard options.sharesExisting else {
        throw BacktuneError.argument("weight array '\(name)': there is one of that name already")
      }
      guard arrays[index].shape == shape, arrays[index].entries == entries else {
        throw BacktuneError.size(
          "weight array '\(name)' has shape \(arrays[index].shape), expected \(shape)")
      }
      return index
    }
    let count = entries?.count ?? shape.reduce(1, *)
    let first = slots.values.count
    let (total, overflow) = first.addingReportingOverflow(count)
    guard !overflow else { throw BacktuneError.memory("weight array \(name): too many weights") }
    if let found = options.listed?[name], found != count, found != shape.reduce(1, *) {
      throw BacktuneError.size(
        "weight array '\(name)': \(found) values, expected those of shape \(shape.map(String.init).joined(separator: " x "))"
      )
    }
    guard total <= options.limit else {
      throw BacktuneError.memory(
        "weight array \(name): \(total) weights of which no values are listed, expected \(options.limit) at most"
      )
    }
    // Values, two bounds and what estimation keeps beside them.
    try MemoryBudget.bytes(doubles: [total, 8], for: "weight array \(name)")
    slots.append(
      count: count, lower: options.lower, upper: options.upper, fixed: options.fixed)
    arrayIndex[name] = arrays.count
    arrays.append(
      WeightArray(
        name: name, shape: shape, slots: first..<total, entries: entries, draw: options.draw))
    return arrays.count - 1
  }

  /// The array of that name.
  /// - Throws: `.argument` with the names there are.
  public func array(named name: String) throws -> WeightArray {
    guard let index = arrayIndex[name] else {
      let known = arrays.map(\.name).joined(separator: ", ")
      throw BacktuneError.argument("weight array '\(name)': unknown, expected one of \(known)")
    }
    return arrays[index]
  }

  /// A value per slot seen as the full array: `absent` where there is no slot.
  package func full<Value>(_ array: WeightArray, _ values: [Value], absent: Value) -> [Value] {
    guard let entries = array.entries else { return Array(values[array.slots]) }
    var result = [Value](repeating: absent, count: array.count)
    for (slot, entry) in zip(array.slots, entries) { result[entry] = values[slot] }
    return result
  }

  /// The full array, row-major; 0 where there is no connection.
  public func weights(_ name: String) throws -> [Double] {
    full(try array(named: name), slots.values, absent: 0)
  }

  /// Sets a full array, row-major, entries without a connection being 0; or one value for all connections.
  /// - Throws: `.size` for another count, `.argument` for a value that is not finite or outside its bounds.
  public mutating func setWeights(_ name: String, _ values: [Double]) throws {
    let array = try array(named: name)
    let chosen = try slotValues(array, values, what: "weights", absent: 0)
    for (slot, value) in zip(array.slots, chosen) { try check(value, slot: slot, of: array) }
    for (slot, value) in zip(array.slots, chosen) { slots.assign(value, to: slot) }
  }

  /// Sets the bounds of a full array, or one pair for all of it; weights outside are moved to the nearest bound.
  public mutating func setBounds(_ name: String, lower: [Double], upper: [Double]) throws {
    let array = try array(named: name)
    let low = try slotValues(array, lower, what: "lower bounds", absent: nil)
    let high = try slotValues(array, upper, what: "upper bounds", absent: nil)
    for (a, b) in zip(low, high) { try checkBounds(a, b, of: name) }
    for (place, slot) in array.slots.enumerated() {
      (slots.lower[slot], slots.upper[slot]) = (low[place], high[place])
      slots.values[slot] = min(max(slots.values[slot], low[place]), high[place])
    }
  }

  /// Constrains the signs of a full array, or all of it by one value: 1 excitatory (0 or more), -1 inhibitory (0 or less),
  /// 0 as it is. Weights of the other sign become 0.
  /// - Throws: `.argument` for another sign, or where the bounds leave nothing of it.
  public mutating func setSigns(_ name: String, _ signs: [Int]) throws {
    let array = try array(named: name)
    let chosen = try slotValues(array, signs, what: "signs", absent: nil)
    var changed = slots
    for (slot, sign) in zip(array.slots, chosen) {
      guard (-1...1).contains(sign) else {
        throw BacktuneError.argument("sign of \(name): \(sign), expected 1, -1 or 0")
      }
      if sign > 0 { changed.lower[slot] = max(changed.lower[slot], 0) }
      if sign < 0 { changed.upper[slot] = min(changed.upper[slot], 0) }
      try checkBounds(changed.lower[slot], changed.upper[slot], of: name)
      changed.values[slot] = min(
        max(changed.values[slot], changed.lower[slot]), changed.upper[slot])
    }
    slots = changed
  }

  /// Takes away the weights of a full array where `mask` is false: they are 0, with 0 for bounds, and fixed. Others stay as
  /// they are.
  /// - Throws: `.argument` where the bounds of such a weight exclude 0.
  public mutating func setMask(_ name: String, _ mask: [Bool]) throws {
    let array = try array(named: name)
    let chosen = try slotValues(array, mask, what: "mask", absent: nil)
    let absent = zip(array.slots, chosen).filter { !$1 }.map(\.0)
    for slot in absent { try check(0, slot: slot, of: array) }
    fixAtZero(absent)
    for slot in absent { (slots.lower[slot], slots.upper[slot]) = (0, 0) }
  }

  func checkBounds(_ lower: Double, _ upper: Double, of name: String) throws {
    guard lower <= upper, lower < .infinity, upper > -.infinity else {
      throw BacktuneError.argument(
        "bounds of \(name): \(lower) and \(upper), expected lower <= upper")
    }
  }

  /// The bounds of a full array; infinite where unbounded, and where there is no connection.
  public func bounds(_ name: String) throws -> (lower: [Double], upper: [Double]) {
    let array = try array(named: name)
    return (
      full(array, slots.lower, absent: -.infinity), full(array, slots.upper, absent: .infinity)
    )
  }

  /// The fixed flags of a full array; true where there is no connection.
  public func fixed(_ name: String) throws -> [Bool] {
    full(try array(named: name), slots.isFixed, absent: true)
  }

  /// Fixes or frees the weights of a full array, or all of it by one value.
  public mutating func setFixed(_ name: String, _ fixed: [Bool]) throws {
    let array = try array(named: name)
    let chosen = try slotValues(array, fixed, what: "fixed flags", absent: nil)
    for (slot, flag) in zip(array.slots, chosen) {
      slots.isFixed[slot] = flag
    }
    describeAnew()
  }

  /// All adjustable weights, in the order of the arrays, row-major inside each.
  public var adjustableWeights: [Double] { slots.adjustable.map { slots.values[$0] } }

  /// Number of the adjustable weights.
  package var adjustableCount: Int { slots.adjustableCount }

  /// - Throws: `.size` for another count, `.argument` for a value that is not finite or outside its bounds.
  public mutating func setAdjustableWeights(_ values: [Double]) throws {
    guard values.count == adjustableCount else {
      throw BacktuneError.size(
        "weights: \(values.count) values, expected \(adjustableCount) (the adjustable weights)")
    }
    var next = 0
    for array in arrays {
      for slot in array.slots where !slots.isFixed[slot] {
        try check(values[next], slot: slot, of: array)
        next += 1
      }
    }
    for (slot, value) in zip(slots.adjustable, values) { slots.assign(value, to: slot) }
  }

  /// Sets slots to zero for good.
  package mutating func fixAtZero(_ list: [Int]) {
    for slot in list {
      slots.assign(0, to: slot)
      slots.isFixed[slot] = true
    }
    describeAnew()
  }

  /// Sets every slot, values that are known to be inside their bounds.
  package mutating func setSlotValues(_ values: [Double]) {
    for (slot, value) in values.enumerated() where value != slots.values[slot] {
      slots.assign(value, to: slot)
    }
  }

  @inline(__always)
  func check(_ value: Double, slot: Int, of array: WeightArray) throws {
    guard value >= slots.lower[slot], value <= slots.upper[slot], value.isFinite else {
      let place = slot - array.slots.lowerBound
      throw BacktuneError.argument(
        "weight \(array.name)[\(array.entries?[place] ?? place)]: \(value), expected a finite number "
          + "in [\(slots.lower[slot]), \(slots.upper[slot])]")
    }
  }

  /// The values of the slots of an array out of a full array, or of one value for all.
  private func slotValues<Value: Equatable>(
    _ array: WeightArray, _ values: [Value], what: String, absent: Value?
  ) throws -> [Value] {
    if values.count == 1, array.count != 1 {
      return Array(repeating: values[0], count: array.slots.count)
    }
    guard values.count == array.count else {
      throw BacktuneError.size(
        "\(what) of \(array.name): \(values.count) values, expected \(array.shapeText)")
    }
    guard let entries = array.entries else { return values }
    if let absent {
      var present = entries[...]
      for (entry, value) in values.enumerated() {
        if present.first == entry {
          present = present.dropFirst()
        } else if value != absent {
          throw BacktuneError.argument(
            "\(what) of \(array.name): entry \(entry) is \(value) where there is no connection, expected \(absent)"
          )
        }
      }
    }
    return entries.map { values[$0] }
  }
}
