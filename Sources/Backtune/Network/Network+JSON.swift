import BacktuneNumerics

/// A network as JSON text, and back. Every number reads back to the same bits; a key that stands twice is an error.
extension Network {
  /// - Throws: `.argument` when the text is not JSON, not a network, of a later version, or describes a network that
  ///   could not have been built by calls (the message says which part).
  public init(json: [UInt8]) throws {
    // What decoding needs for a character, about.
    try MemoryBudget.bytes(doubles: [json.count], for: "network JSON")
    let document: NetworkDocument
    do {
      document = try NetworkDocument(json: try JSONReader.value(of: json, "network JSON"))
    } catch let error as JSONMismatch {
      throw BacktuneError.argument("network JSON: \(error.shown)")
    }
    guard document.format == NetworkDocument.format else {
      throw BacktuneError.argument(
        "network JSON: format is '\(document.format ?? "absent")', expected '\(NetworkDocument.format)'"
      )
    }
    guard let version = document.version, 1...NetworkDocument.version ~= version else {
      throw BacktuneError.argument(
        "network JSON: version is \(document.version.map(String.init) ?? "absent"), expected 1 to \(NetworkDocument.version)"
      )
    }
    try self.init(document)
  }

  /// The network as JSON text, weights included.
  /// - Throws: `.memory` past the budget.
  public func json() throws -> [UInt8] {
    // What encoding needs for a number, about.
    let numbers = entryCount + arrays.reduce(0) { $0 + $1.count }
    try MemoryBudget.bytes(doubles: [numbers, 16], for: "network JSON")
    return try document.json.json()
  }

  package init(_ document: NetworkDocument) throws {
    try self.init(inputs: document.inputs)
    for group in document.groups {
      switch group.kind {
      case "learnware": try addLearnware(group.name, size: group.size)
      // What these are of may stand later: `read` makes them such.
      case "firmware", "softmax", "measured": try addFirmware(group.name, size: group.size)
      default:
        throw BacktuneError.argument(
          "group \(group.name): kind is '\(group.kind)', expected learnware, firmware, softmax or measured"
        )
      }
    }
    let weights = document.weights ?? []
    let options = try Self.options(for: weights)
    for (target, group) in document.groups.enumerated() {
      try read(group, into: target, options)
    }
    drawSeed = try Self.seed(document)
    if !weights.isEmpty { try reorderArrays(weights.map(\.name)) }
    for weight in weights { try read(weight) }
    if let name = document.output {
      defaultOutput = try group(named: name)
      guard defaultOutput != Network.input else {
        throw BacktuneError.argument("network JSON: output is 'input', expected a group")
      }
    }
    if let rest = document.rest {
      var own: [GroupID: [Double]] = [:]
      for (name, values) in rest.groups ?? [:] { own[try group(named: name)] = values }
      try setRest(rest.values, groups: own, isTaken: rest.taken ?? false)
    }
    if let list = document.observe {
      try observe(list.map { Observed(group: try group(named: $0.group), count: $0.outputs) })
    }
    if let data = document.data { try read(data) }
  }

  /// How many weights there may be of which no values are listed: so much is made of a few words.
  private static let unlisted = 1 << 20

  /// The memory that a text asks for goes with its length: of an array as much as it lists values of.
  private static func options(
    for weights: [NetworkDocument.WeightDocument]
  ) throws -> WeightOptions {
    var options = WeightOptions()
    options.sharesExisting = true
    guard !weights.isEmpty else {
      options.limit = unlisted
      return options
    }
    var listed: [String: Int] = [:]
    for weight in weights where listed.updateValue(weight.values.count, forKey: weight.name) != nil
    {
      throw BacktuneError.argument("network JSON: weights lists '\(weight.name)' twice")
    }
    options.listed = listed
    options.limit = weights.reduce(unlisted) { $0 + $1.values.count }
    return options
  }

  private mutating func read(
    _ group: NetworkDocument.GroupDocument, into target: GroupID, _ options: WeightOptions
  ) throws {
    if let bias = group.bias {
      try addBias(to: target, index: bias.index, weight: bias.weight, options: options)
    }
    for connection in group.connections ?? [] {
      let source = Source(try self.group(named: connection.source), lag: connection.lag)
      try connect(
        source, to: target, role: "", weight: connection.weight, options: options
      ) { rows, columns, place in try Self.entries(connection, rows, columns, place) }
    }
    if let initial = group.initial {
      try learnInitialState(
        of: target, depth: initial.depth, weight: initial.weight, options: options)
    }
    if group.kind == "softmax" || group.kind == "measured" {
      guard let name = group.source, let lag = group.lag else {
        throw BacktuneError.argument(
          "\(group.kind) group \(group.name): source or lag is missing")
      }
      let source = Source(try self.group(named: name), lag: lag)
      if group.kind == "softmax" {
        try makeSoftmax(target, of: source, temperature: group.temperature ?? 1)
      } else {
        try makeMeasured(target, of: source, standsForInput: group.standsForInput ?? false)
      }
    }
    for term in group.terms ?? [] {
      let factors = try term.factors.map {
        ($0.f, Source(try self.group(named: $0.source), lag: $0.lag))
      }
      try addTerm(to: target, coefficient: term.coef, factors: factors)
    }
  }

  private static func entries(
    _ connection: NetworkDocument.ConnectionDocument, _ rows: Int, _ columns: Int, _ place: String
  ) throws -> ConnectionEntries {
    func flat(_ matrix: [[Int]]?, _ label: String) throws -> [Int] {
      guard let matrix, matrix.count == rows, matrix.allSatisfy({ $0.count == columns }) else {
        throw BacktuneError.size(
          "\(place): its \(label) must be \(rows) rows of \(columns) values")
      }
      return Array(matrix.joined())
    }
    switch connection.form {
    case "dense": return .dense
    case "diagonal": return .diagonal
    case "sparse":
      if let entries = connection.entries { return .sparse(entries) }
      return .sparse(
        try flat(connection.mask, "mask").enumerated().compactMap { $1 == 0 ? nil : $0 })
    case "shared":
      guard let entries = connection.entries else {
        let form = ConnectionForm.shared(index: try flat(connection.index, "index"))
        return try entries(of: form, rows: rows, columns: columns, for: place)
      }
      let slots = connection.slotOfEntry ?? []
      guard slots.count == entries.count, entries.allSatisfy({ 0..<rows * columns ~= $0 }) else {
        throw BacktuneError.size(
          "\(place): its entries and slots do not fit \(rows) x \(columns)")
      }
      guard !zip(entries, entries.dropFirst()).allSatisfy(<) else {
        return .shared(entries, slots: slots)
      }
      let slotOfEntry = Dictionary(zip(entries, slots)) { $1 }
      let sorted = slotOfEntry.keys.sorted()
      return .shared(sorted, slots: sorted.compactMap { slotOfEntry[$0] })
    default:
      throw BacktuneError.argument(
        "\(place): form is '\(connection.form)', expected dense, diagonal, sparse or shared")
    }
  }

  private mutating func read(_ weight: NetworkDocument.WeightDocument) throws {
    let array = try array(named: weight.name)
    /// One value a slot, out of such a list or of the full array.
    func perSlot<Value>(_ list: [Value]?, _ what: String, absent: Value) throws -> [Value] {
      guard let list else { return Array(repeating: absent, count: array.slots.count) }
      if list.count == array.slots.count { return list }
      guard list.count == array.count, let entries = array.entries else {
        throw BacktuneError.size(
          "\(what) of \(weight.name): \(list.count) values, expected \(array.shapeText)")
      }
      return entries.map { list[$0] }
    }
    let lower = try perSlot(weight.lower, "lower bounds", absent: nil).map { $0 ?? -.infinity }
    let upper = try perSlot(weight.upper, "upper bounds", absent: nil).map { $0 ?? .infinity }
    let values = try perSlot(weight.values, "values", absent: 0)
    let fixed = try perSlot(weight.fixed, "fixed flags", absent: false)
    let origins = try origins(weight, count: array.slots.count)
    for (place, slot) in array.slots.enumerated() {
      try checkBounds(lower[place], upper[place], of: weight.name)
      (slots.lower[slot], slots.upper[slot]) = (lower[place], upper[place])
      try check(values[place], slot: slot, of: array)
      (slots.values[slot], slots.isFixed[slot]) = (values[place], fixed[place])
      slots.origins[slot] = origins[place]
    }
    if let draw = weight.draw {
      guard draw.count == 2, draw[0] <= draw[1] else {
        throw BacktuneError.argument("draw of \(weight.name): expected [lower, upper]")
      }
      guard let index = arrayIndex[weight.name] else { return }
      arrays[index] = WeightArray(
        name: array.name, shape: array.shape, slots: array.slots, entries: array.entries,
        draw: .uniform(lower: draw[0], upper: draw[1]))
    }
  }

  /// Puts the arrays, and so the flat vector, in the order of a document.
  private mutating func reorderArrays(_ names: [String]) throws {
    guard names.count == arrays.count, Set(names).count == names.count else {
      throw BacktuneError.argument(
        "network JSON: weights lists \(names.count) arrays, the groups use \(arrays.count)")
    }
    let order = try names.map { name in
      _ = try array(named: name)
      return arrayIndex[name] ?? 0
    }
    var place = [Int](repeating: 0, count: order.count)
    var ordered: [WeightArray] = []
    var slots = WeightSlots()
    for (new, old) in order.enumerated() {
      place[old] = new
      let array = arrays[old]
      let first = slots.values.count
      slots.append(count: array.slots.count, lower: -.infinity, upper: .infinity, fixed: false)
      ordered.append(
        WeightArray(
          name: array.name, shape: array.shape, slots: first..<slots.values.count,
          entries: array.entries, draw: array.draw))
    }
    (arrays, self.slots) = (ordered, slots)
    for (new, array) in ordered.enumerated() { arrayIndex[array.name] = new }
    for target in groups.indices {
      groups[target].initialState = groups[target].initialState.map {
        InitialState(array: place[$0.array], depth: $0.depth)
      }
      guard case .learnware(var learnware) = groups[target].body else { continue }
      learnware.bias = learnware.bias.map { Bias(array: place[$0.array], index: $0.index) }
      learnware.connections = learnware.connections.map {
        Connection(source: $0.source, form: $0.form, array: place[$0.array])
      }
      groups[target].body = .learnware(learnware)
    }
  }
}
