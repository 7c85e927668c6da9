import BacktuneNetwork
import BacktuneNumerics

/// Some sequences side by side, with what is needed to run them: one thread uses a shard at a time.
package final class Shard {
  /// Their numbers among all.
  package let sequences: [Int]
  package let batch: Batch
  package let program: Program
  let workspace: Workspace
  /// A window of adjoint values, made when it is needed first.
  private var ownEps: Trajectory?

  init(_ sequences: [Int], _ batch: Batch, _ program: Program) throws {
    (self.sequences, self.batch, self.program) = (sequences, batch, program)
    workspace = try Workspace(program)
  }

  package var layout: Layout { program.layout }

  func eps() throws -> Trajectory {
    if let ownEps { return ownEps }
    let eps = try Trajectory(
      layout, steps: program.windowSteps(batch.steps), for: "adjoint values")
    ownEps = eps
    return eps
  }
}

/// All sequences of a question, in shards, and a network compiled for them.
package final class Shards {
  package let network: Network
  package let lengths: [Int]
  package let all: [Shard]
  /// The first step of each sequence where they stand one after the other.
  package let starts: [Int]
  package let totalSteps: Int
  /// Those that have the other sequences, where there are such.
  package let processes: Processes?
  /// What brings shards into memory, where they are not all there.
  let loader: ShardLoader?

  /// - Parameters:
  ///   - keepsPrograms: whether programs are shared with other calls.
  ///   - reader: gives the sequences when they are wanted; nil where they are in memory.
  /// - Throws: `.size` for no sequence or a negative length, `.network` for a network without groups, `.memory`.
  package init(
    _ network: Network, lengths: [Int], keepsPrograms: Bool = false, processes: Processes? = nil,
    reader: (any SequenceReader)? = nil
  ) throws {
    self.processes = processes
    // Checks them, too.
    totalSteps = try Batch.totalSteps(of: lengths)
    starts = Batch.starts(lengths)
    (self.network, self.lengths) = (network, lengths)
    var programs: [Int: Program] = [:]
    var first: Program?
    // Shards of the same lengths, which follow each other, share what is kept of each time.
    var last: Batch?
    let groups = Sharding.shards(lengths)
    let all = try groups.map { sequences in
      let own = sequences.map { lengths[$0] }
      let batch = if let last, last.lengths == own { last } else { try Batch(lengths: own) }
      last = batch
      let program =
        try programs[batch.lanes]
        ?? (keepsPrograms ? Program.kept(network, lanes: batch.lanes) : nil)
        ?? first.map { try Program($0, lanes: batch.lanes) }
        ?? Program(network, lanes: batch.lanes)
      programs[batch.lanes] = program
      if first == nil {
        // Known to be too much before most of it is taken.
        try MemoryBudget.bytes(
          doubles: [groups.count, program.scratchCount], for: "work space of programs")
        first = program
      }
      return try Shard(sequences, batch, program)
    }
    self.all = all
    loader = try reader.map { reader in
      let sizes = try all.map {
        try Trajectory.bytes($0.layout, steps: $0.batch.steps, for: "states")
      }
      return ShardLoader(all.map(\.sequences), reader, bytes: sizes.max() ?? 0)
    }
  }

  package var count: Int { all.count }

  /// Whether shards are brought into memory when they are wanted.
  package var isLoading: Bool { loader != nil }

  /// Over the shards, for what is done at all nodes.
  package var reduction: Reduction {
    Reduction(
      count: count, work: totalSteps * workPerStep, processes: processes, loading: loader)
  }

  /// Multiplications of one step of one sequence, about.
  package var workPerStep: Int { all[0].program.workPerStep }
}

/// A weight vector packed for the shards of a network: for one lane, and for several, where there are such.
package final class ShardWeights {
  /// Those that each shard reads.
  let all: [PackedWeights]
  private let forms: [Form]

  private struct Form {
    let program: Program
    let weights: PackedWeights

    var isSingle: Bool { program.layout.lanes == 1 }
  }

  package init(_ shards: Shards) throws {
    var forms: [Form] = []
    all = try shards.all.map { shard in
      let isSingle = shard.layout.lanes == 1
      if let form = forms.first(where: { $0.isSingle == isSingle }) { return form.weights }
      let form = Form(program: shard.program, weights: try PackedWeights(shard.program))
      forms.append(form)
      return form.weights
    }
    self.forms = forms
  }

  /// Takes the weights, one value a slot.
  package func load(_ slots: [Double]) {
    for form in forms { form.weights.load(slots, form.program) }
  }
}

extension Shard {
  /// Calls `body(number, lane)` for every sequence.
  package func forEachSequence(_ body: (Int, Int) throws -> Void) rethrows {
    for (place, sequence) in sequences.enumerated() { try body(sequence, batch.lane[place]) }
  }
}
