import BacktuneNumerics

/// Adding biases, connections and terms. Every call checks its arguments whole before it changes anything.
extension Network {
  /// Gives every node of a learnware group a bias: the weight array `group.role`, or shared slots by `index`
  /// (node -> slot).
  /// - Throws: `.argument` when the group is not learnware, has a bias already, or the name is taken; `.size` for an
  ///   index of another length.
  public mutating func addBias(
    to target: GroupID, role: String = "a", index: [Int]? = nil, weight: String? = nil,
    options: WeightOptions = .init()
  ) throws {
    let (group, learnware) = try learnware(target)
    guard learnware.bias == nil else {
      throw BacktuneError.argument("group \(group.name): it has a bias already")
    }
    var count = group.size
    if let index {
      guard index.count == group.size else {
        throw BacktuneError.size(
          "bias index of group \(group.name): \(index.count) values, expected \(group.size)")
      }
      count = try slotCount(
        of: index, least: 0, limit: index.count, for: "bias index of group \(group.name)")
    }
    let name = weight ?? "\(group.name).\(role)"
    let array = try array(name, shape: [count], entries: nil, options)
    change(target) { $0.bias = Bias(array: array, index: index) }
  }

  /// Connects a source to a learnware group by the weight array `group.role` (or the existing array `weight`, which
  /// is then shared).
  /// - Throws: `.argument` for an unknown group, a lag below 0, a taken name, an entry outside the matrix;
  ///   `.network` for a cycle at lag 0, `.size` for sizes that do not fit, `.memory` past the budget.
  public mutating func connect(
    _ source: Source, to target: GroupID, form: ConnectionForm = .dense, role: String,
    weight: String? = nil, options: WeightOptions = .init()
  ) throws {
    try connect(source, to: target, role: role, weight: weight, options: options) {
      try Self.entries(of: form, rows: $0, columns: $1, for: $2)
    }
  }

  /// The entries that a form says.
  static func entries(
    of form: ConnectionForm, rows: Int, columns: Int, for place: String
  ) throws -> ConnectionEntries {
    switch form {
    case .dense: return .dense
    case .diagonal: return .diagonal
    case .sparse(let list): return .sparse(list)
    case .shared(let index):
      guard index.count == rows * columns else {
        throw BacktuneError.size(
          "\(place): the index of shared slots has \(index.count) values, expected \(rows) x \(columns)"
        )
      }
      guard index.allSatisfy({ $0 >= -1 }) else {
        throw BacktuneError.argument(
          "\(place): a slot number is outside -1 to \(index.count - 1)")
      }
      return .shared(
        index.indices.filter { index[$0] >= 0 }, slots: index.filter { $0 >= 0 })
    }
  }

  /// The same, `form` being asked for the entries once rows, columns and the name of the place are known.
  mutating func connect(
    _ source: Source, to target: GroupID, role: String, weight: String?, options: WeightOptions,
    form: (Int, Int, String) throws -> ConnectionEntries
  ) throws {
    let group = try learnware(target).group
    let source = try checked(source, for: target)
    let columns = size(of: source.group)
    let name = weight ?? "\(group.name).\(role)"
    let place = "connection \(name)"
    try MemoryBudget.bytes(doubles: [group.size, columns], for: place)
    var entries: [Int]?
    var shape = [group.size, columns]
    let form = try form(group.size, columns, place)
    switch form {
    case .dense: break
    case .diagonal:
      guard columns == group.size else {
        throw BacktuneError.size(
          "\(place): a diagonal connection joins groups of equal size, \(columns) and \(group.size) came"
        )
      }
      shape = [group.size]
    case .sparse(let list):
      let count = group.size * columns
      guard list.allSatisfy({ $0 >= 0 && $0 < count }), zip(list, list.dropFirst()).allSatisfy(<)
      else {
        throw BacktuneError.argument(
          "\(place): the sparse entries must ascend from 0 to \(count - 1) at most")
      }
      entries = list
    case .shared(_, let slots):
      shape = [try slotCount(of: slots, least: -1, limit: group.size * columns, for: place)]
    }
    let array = try array(name, shape: shape, entries: entries, options)
    change(target) {
      $0.connections.append(Connection(source: source, form: form, array: array))
    }
    note(source)
  }

  /// Changes learnware in place: while it is changed, the network holds no second copy of its connections.
  private mutating func change(_ target: GroupID, _ body: (inout Learnware) -> Void) {
    guard case .learnware(var learnware) = groups[target].body else { return }
    groups[target].body = .learnware(Learnware())
    body(&learnware)
    groups[target].body = .learnware(learnware)
    structureVersion += 1
  }

  /// Takes down what a group reads at lag 0.
  mutating func note(_ source: Source) {
    if source.lag == 0 { readAtLagZero.insert(source.group) }
  }

  /// Adds the term `coefficient` prod_m f_m(s_m) to a firmware group; the constant `coefficient` without factors.
  /// - Returns: the place of the term in its group.
  @discardableResult
  public mutating func addTerm(
    to target: GroupID, coefficient: Double = 1, factors: [(ScalarFunction, Source)] = []
  ) throws -> Int {
    _ = try termCount(target)
    guard coefficient.isFinite else {
      throw BacktuneError.argument(
        "coefficient of a term of group \(groups[target].name): \(coefficient), expected a finite number"
      )
    }
    for (function, source) in factors { try checkFactor(function, source, of: target) }
    let term = Term(
      coefficient: coefficient, factors: factors.map { Factor(function: $0.0, source: $0.1) })
    changeTerms(target) { $0.append(term) }
    for (_, source) in factors { note(source) }
    return try termCount(target) - 1
  }

  /// Multiplies a term by f(s).
  public mutating func addFactor(
    _ function: ScalarFunction, of source: Source, toTerm term: Int, of target: GroupID
  ) throws {
    try check(term, of: target)
    try checkFactor(function, source, of: target)
    changeTerms(target) { $0[term].factors.append(Factor(function: function, source: source)) }
    note(source)
  }

  /// Takes a term away; those after it move up.
  public mutating func removeTerm(_ term: Int, of target: GroupID) throws {
    try check(term, of: target)
    changeTerms(target) { $0.remove(at: term) }
  }

  private func check(_ term: Int, of target: GroupID) throws {
    let count = try termCount(target)
    guard term >= 0, term < count else {
      throw BacktuneError.argument(
        "term \(term) of group \(groups[target].name): it has \(count) terms")
    }
  }

  /// Changes terms in place, as `change` does.
  private mutating func changeTerms(_ target: GroupID, _ body: (inout [Term]) -> Void) {
    guard case .firmware(var firmware) = groups[target].body else { return }
    groups[target].body = .firmware(Firmware())
    body(&firmware.terms)
    groups[target].body = .firmware(firmware)
    structureVersion += 1
  }

  private func checkFactor(
    _ function: ScalarFunction, _ source: Source, of target: GroupID
  ) throws {
    try function.check()
    let source = try checked(source, for: target)
    let (size, expected) = (size(of: source.group), groups[target].size)
    guard size == expected || size == 1 else {
      throw BacktuneError.size(
        "source \(name(of: source.group)) of group \(groups[target].name): size \(size), expected \(expected) or 1"
      )
    }
  }

  private func learnware(_ id: GroupID) throws -> (group: Group, learnware: Learnware) {
    let group = try group(id, as: "target")
    guard case .learnware(let learnware) = group.body else {
      throw BacktuneError.argument("group \(group.name) is \(group.body.kind), expected learnware")
    }
    return (group, learnware)
  }

  private func termCount(_ id: GroupID) throws -> Int {
    let group = try group(id, as: "target")
    guard case .firmware(let firmware) = group.body else {
      throw BacktuneError.argument("group \(group.name) is \(group.body.kind), expected firmware")
    }
    return firmware.terms.count
  }

  /// Number of slots that are read: every one from 0 to the largest must be used.
  /// - Parameter least: of the numbers that may come, for messages.
  private func slotCount(
    of slots: [Int], least: Int, limit: Int, for place: String
  ) throws -> Int {
    guard slots.allSatisfy({ $0 >= 0 && $0 < limit }) else {
      throw BacktuneError.argument("\(place): a slot number is outside \(least) to \(limit - 1)")
    }
    let count = (slots.max() ?? -1) + 1
    // Of more slots than readers one is unused: a large number takes no memory.
    var used = [Bool](repeating: false, count: min(count, slots.count + 1))
    for slot in slots where slot < used.count { used[slot] = true }
    if let unused = used.firstIndex(of: false) {
      throw BacktuneError.argument("\(place): slot \(unused) is used nowhere")
    }
    return count
  }
}
