import BacktuneNetwork

/// What the future of a network depends on: the values of the past by which, with the input, all that follows is
/// determined.
///
/// Of the values that are read of the past, many follow from others of the same time: of h(t - 1) = tanh(F x(t - 1)) and
/// x(t - 1) only the latter counts. The operations that make such values are *present*: they read nothing of the past, but
/// input. Values of the others that are read of the past are *states*.
struct StateCut {
  /// A node of a group.
  struct Node: Hashable {
    let group: GroupID
    let node: Int
  }

  /// A state some steps ago: its number among the rows.
  struct Past {
    let row: Int
    let lag: Int
  }

  /// The states, then the nodes that are asked for and not among them.
  let rows: [Node]
  /// The states of the past.
  let past: [Past]
  /// Numbers of the present operations, in the order of evaluation.
  let present: [Int]
  /// Lags at which their values are read, ascending.
  let presentLags: [Int]
  /// Lags at which any value is read, 0 and those of input left out, ascending.
  let lags: [Int]
  /// Of each operation: how long ago it may have had a share in the rows, ascending.
  let ages: [[Int]]

  init(_ program: Program, asked: [Node]) {
    let (network, operations) = (program.network, program.operations)
    var operation = [Int](repeating: 0, count: network.groups.count)
    for (k, item) in operations.enumerated() { for group in item.groups { operation[group] = k } }
    let sources = operations.map { item in
      item.groups.flatMap { network.groups[$0].body.sources }.filter { $0.group >= 0 }
    }
    var lags = [Set<Int>](repeating: [], count: network.groups.count)
    for source in sources.joined() where source.lag > 0 { lags[source.group].insert(source.lag) }

    var isPresent = [Bool](repeating: false, count: operations.count)
    func isState(_ group: GroupID) -> Bool {
      !lags[group].isEmpty && !isPresent[operation[group]]
    }
    for k in operations.indices {
      isPresent[k] = sources[k].allSatisfy {
        $0.lag == 0 && (isPresent[operation[$0.group]] || isState($0.group))
      }
    }

    func nodes(_ group: GroupID) -> [Node] {
      (0..<network.size(of: group)).map { Node(group: group, node: $0) }
    }
    let states = network.groups.indices.filter(isState)
    let own = states.flatMap(nodes)
    var known = Set(own)
    rows = own + asked.filter { known.insert($0).inserted }

    // From the rows backward, to what they read of their time and of the past.
    let wanted = Set(rows.map { operation[$0.group] })
    var ages = [Set<Int>](repeating: [], count: operations.count)
    var pastLags = [Set<Int>](repeating: [], count: network.groups.count)
    func reach(_ source: Source, _ age: Int) {
      let (age, target) = (age + source.lag, operation[source.group])
      if age > 0 && !isPresent[target] {
        pastLags[source.group].insert(age)
      } else {
        ages[target].insert(age)
      }
    }
    for k in operations.indices.reversed() {
      if wanted.contains(k) { ages[k].insert(0) }
      if ages[k].contains(0) && !isPresent[k] { for source in sources[k] { reach(source, 0) } }
    }
    for k in operations.indices.reversed() where isPresent[k] {
      for source in sources[k] { for age in ages[k] { reach(source, age) } }
    }
    self.ages = ages.map { $0.sorted() }
    present = operations.indices.filter { isPresent[$0] }
    self.lags = lags.reduce(into: Set()) { $0.formUnion($1) }.sorted()
    presentLags = Set(present.flatMap { ages[$0] }).subtracting([0]).sorted()
    past = own.enumerated().flatMap { row, state in
      pastLags[state.group].sorted().map { Past(row: row, lag: $0) }
    }
  }
}
