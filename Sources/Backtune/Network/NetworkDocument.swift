import BacktuneNumerics

/// The JSON form of a network. Groups refer to each other and to weights by name; arrays are row-major.
package struct NetworkDocument {
  package static let format = "backtune-network"
  /// 2: with `data`; 3: with measured groups. A reader takes all versions up to its own.
  package static let version = 3

  var format: String?
  var version: Int?
  let inputs: Int
  let groups: [GroupDocument]
  var weights: [WeightDocument]?
  var observe: [ObservedDocument]?
  /// The group that is observed by default.
  var output: String?
  /// Absent = not set.
  var rest: RestDocument?

  struct RestDocument {
    let values: [Double]
    /// Of groups of which measurements are read, by name; absent = 0.
    var groups: [String: [Double]]?
    /// Absent = set by a user.
    var taken: Bool?
  }

  var data: LabelDocument?

  /// What is known of the channels; absent = nothing.
  struct LabelDocument {
    var inputNames: [String]?
    var outputNames: [String]?
    var inputUnits: [String]?
    var outputUnits: [String]?
    /// In seconds.
    var samplingTime: Double?
  }
  /// Of the last draw: a text, since a JSON number may pass through a double on its way.
  var seed: String?

  struct GroupDocument {
    let name: String
    let kind: String
    let size: Int
    var bias: BiasDocument?
    var connections: [ConnectionDocument]?
    var terms: [TermDocument]?
    /// softmax, measured: what it is of.
    var source: String?
    var lag: Int?
    /// measured: whether it stands for an input channel; absent = no.
    var standsForInput: Bool?
    /// Absent = 1.
    var temperature: Double?
    /// Learnt values before t = 0.
    var initial: InitialDocument?
  }

  struct InitialDocument {
    let weight: String
    let depth: Int
  }

  struct BiasDocument {
    let weight: String
    var index: [Int]?
  }

  struct ConnectionDocument {
    let weight: String
    let source: String
    let lag: Int
    var form: String
    /// sparse and shared: the places of the entries that exist in the row-major matrix; shared: the slot of each.
    var entries: [Int]?
    var slotOfEntry: [Int]?
    /// The same as a matrix, which is read too: sparse, 1 where there is a connection; shared, the slot or -1.
    var mask: [[Int]]?
    var index: [[Int]]?
  }

  struct TermDocument {
    let coef: Double
    let factors: [FactorDocument]
  }

  struct FactorDocument {
    let f: ScalarFunction
    let source: String
    let lag: Int
  }

  struct WeightDocument {
    let name: String
    let values: [Double]
    /// null = unbounded; absent = no bounds at all.
    var lower: [Double?]?
    var upper: [Double?]?
    /// Absent = all free.
    var fixed: [Bool]?
    /// Absent = normal; otherwise uniform in [first, second].
    var draw: [Double]?
    /// Absent = set; otherwise "made", "drawn" or "set", for all or one a slot.
    var origin: [String]?
  }

  struct ObservedDocument {
    let group: String
    let outputs: Int
  }
}
