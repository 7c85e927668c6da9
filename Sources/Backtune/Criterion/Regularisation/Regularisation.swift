import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// A regularisation, section 2.3 of the design and appendix C of RR-9100: added, with its strength, to the un-normalised
/// cost. Reweighted ones are given by the function that their quadratic majorises.
///
/// Adding one: one file with its type, and its line in `Regularisations.all`.
package protocol Regularisation: Sendable {
  static var name: String { get }
  init(options: inout JSONOptions) throws
  /// Names of the arrays and groups it acts on, nil for its usual ones.
  var weights: [String]? { get }
  var groups: [String]? { get }
  func makeTerm(_ network: Network) throws -> RegularisationTerm
}

extension Regularisation {
  package var weights: [String]? { nil }
  package var groups: [String]? { nil }

  /// - Throws: `.argument` for a name that the network does not have.
  func check(_ network: Network) throws {
    do {
      for name in weights ?? [] { _ = try network.array(named: name) }
      if groups != nil { _ = try network.activityGroups(groups, for: "groups") }
    } catch let error as BacktuneError {
      throw BacktuneError(error.kind, "regularisation \(Self.name): \(error.description)")
    }
  }
}

/// A regularisation made ready for a problem.
package enum RegularisationTerm {
  case activity(any ActivityTerm)
  case weights(any WeightTerm)
}

/// A cost of what the nodes do.
package protocol ActivityTerm: AnyObject {
  /// The groups whose slopes it writes.
  var driven: [Observed] { get }
  /// Takes what runs the sequences; it comes before all else.
  func begin(_ runner: ShardRunner) throws
  func value(_ states: Driven) -> Double
  func addSlopes(_ states: Driven, into slopes: Driven)
  /// Adds its second derivatives by the driven values, one by one, of a quadratic that majorises it.
  func addCurvatures(_ states: Driven, into curvatures: Driven)
}

/// A cost of the weights, one by one.
package protocol WeightTerm {
  /// The slots that it acts on.
  var slots: [Int] { get }
  /// Whether weights that it brought near zero are to be taken away.
  var removesWeights: Bool { get }
  /// Whether it takes weights times the scale of what they read, over that of what they feed (2.13 of the design).
  var usesDataUnits: Bool { get }
  /// Value, derivative, and the second derivative of the quadratic that majorises it, for one weight.
  func value(_ weight: Double) -> Double
  func slope(_ weight: Double) -> Double
  func curvature(_ weight: Double) -> Double
}

package enum Regularisations {
  package static var all: [any Regularisation.Type] {
    [
      SparseWeights.self, Ridge.self, SparseActivity.self, OrthogonalActivity.self,
      ActivityBound.self,
    ]
  }

  /// - Parameter options: a JSON object; empty for none.
  /// - Throws: `.argument` with the names there are, or for options that are not right.
  package static func named(_ name: String, options: [UInt8]) throws -> any Regularisation {
    guard let type = all.first(where: { $0.name == name }) else {
      let known = all.map { $0.name }.joined(separator: ", ")
      throw BacktuneError.argument("regularisation '\(name)': unknown, expected one of \(known)")
    }
    var values = try JSONOptions(json: options, of: "regularisation \(name)")
    let result = try type.init(options: &values)
    try values.finish()
    return result
  }
}

extension JSONOptions {
  /// `strength`, without which a regularisation is none.
  mutating func strength() throws -> Double {
    try required("strength", in: 0...Double.greatestFiniteMagnitude)
  }

  /// `units`: "weights", or "data".
  mutating func usesDataUnits() throws -> Bool {
    guard let value = take("units") else { return false }
    switch value {
    case .text("weights"): return false
    case .text("data"): return true
    default: throw wrong("units", value, "'weights' or 'data'")
    }
  }

  /// Names in a list, nil when absent.
  mutating func names(_ name: String) throws -> [String]? {
    guard let value = take(name) else { return nil }
    guard case .list(let list) = value, !list.isEmpty else {
      throw wrong(name, value, "a list of names")
    }
    return try list.map {
      guard case .text(let text) = $0 else { throw wrong(name, $0, "a list of names") }
      return text
    }
  }
}

extension Network {
  /// The adjustable slots of these arrays, ascending; by default of all connections other than those of every node to
  /// itself alone.
  func regularisedSlots(_ names: [String]?) throws -> [Int] {
    let chosen = try names.map { try $0.map { try array(named: $0) } } ?? connectionArrays
    return Set(chosen.flatMap(\.slots)).filter { !slots.isFixed[$0] }.sorted()
  }

  private var connectionArrays: [WeightArray] {
    groups.flatMap { group -> [WeightArray] in
      guard case .learnware(let learnware) = group.body else { return [] }
      return learnware.connections.filter { $0.form != .diagonal }.map { arrays[$0.array] }
    }
  }

  /// The groups of these names; by default those with a memory: read at a lag of 1 or more by some group.
  func activityGroups(_ names: [String]?, for what: String) throws -> [Observed] {
    let ids: [GroupID]
    if let names {
      ids = try names.map { name in
        let id = try group(named: name)
        guard id != Network.input else {
          throw BacktuneError.argument("\(what): the input is no group of nodes")
        }
        return id
      }
    } else {
      let read = Set(groups.flatMap { $0.body.sources.filter { $0.lag > 0 }.map(\.group) })
      ids = read.subtracting([Network.input]).sorted()
      guard !ids.isEmpty else {
        throw BacktuneError.network("\(what): no group is read at a lag of 1 or more; name groups")
      }
    }
    return Set(ids).sorted().map { Observed(group: $0, count: groups[$0].size) }
  }
}
