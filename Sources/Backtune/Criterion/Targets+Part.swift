import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

extension Targets {
  /// Desired outputs and gains of a sequence, T x O each.
  typealias Wanted = (desired: UnsafeBufferPointer<Double>, gains: UnsafeBufferPointer<Double>)

  /// Of one shard.
  struct Part {
    let desired: Buffer
    private(set) var gains: Buffer
    /// From the gains of one time to the next: 0 where they are the same at all times.
    private(set) var gainStep: Int
    /// s of every value of a row of `desired`.
    let scales: Buffer
    /// Values of a row of `desired`, and of the driven values.
    let columns: Int
    let rowSize: Int
    /// Whether one value in one lane is driven, and observed.
    let isOneValue: Bool
    let lanes: Int
    let steps: Int
    /// For each observed group: its place among the driven values, its number of observed values, and their place among
    /// the outputs.
    let runs: [(place: Int, count: Int, column: Int)]

    /// Buffers of desired outputs, gains and scales.
    typealias Room = (desired: Buffer, gains: Buffer, scales: Buffer)

    /// Room for so many values in as many lanes, zeros.
    static func room(steps: Int, outputs: Int, lanes: Int) throws -> Room {
      let dimensions = [steps, outputs, lanes]
      return (
        try Buffer(dimensions: dimensions, for: "desired outputs"),
        try Buffer(dimensions: dimensions, for: "gains"),
        try Buffer(dimensions: [outputs, lanes], for: "scales of the outputs")
      )
    }

    /// - Parameters:
    ///   - room: of this shard, or more.
    ///   - units: s of every output; nil for 1.
    init(_ part: Int, _ runner: ShardRunner, _ room: Room, scales units: [Double]?) {
      let (shard, layout) = (runner.shards.all[part], runner.layout(part))
      (lanes, steps) = (layout.lanes, shard.batch.steps)
      let outputs = runner.shards.network.outputCount
      columns = outputs * lanes
      rowSize = layout.rowSize
      (desired, gains, scales) = room
      (gainStep, isOneValue) = (columns, columns == 1 && rowSize == 1)
      for column in 0..<columns { scales.pointer[column] = units?[column / lanes] ?? 1 }
      var column = 0
      runs = runner.shards.network.outputs.map { [lanes] item in
        defer { column += item.count * lanes }
        return (layout.place(of: item.group), item.count * lanes, column)
      }
    }

    /// Writes what is desired of the sequences, in their order in the shard.
    /// - Parameter means: m of every output, which is taken out of the desired values; nil for 0.
    func write(_ wanted: [Wanted], _ batch: Batch, means: [Double]?) {
      let outputs = columns / lanes
      for (place, values) in wanted.enumerated() {
        let lane = batch.lane[place]
        for t in 0..<batch.lengths[place] {
          for k in 0..<outputs {
            let (from, to) = (t * outputs + k, t * columns + k * lanes + lane)
            desired.pointer[to] = values.desired[from] - (means?[k] ?? 0)
            gains.pointer[to] = values.gains[from]
          }
        }
      }
    }

    /// Whether all rows of gains are the same.
    private var isConstant: Bool {
      steps > 0
        && (0..<columns * steps).allSatisfy { gains.pointer[$0] == gains.pointer[$0 % columns] }
    }

    /// Reads the first row of gains where all are the same.
    /// - Parameter keepsOne: whether the others are given away.
    mutating func join(keepsOne: Bool) throws {
      guard isConstant else { return }
      gainStep = 0
      guard keepsOne else { return }
      let row = try Buffer(count: columns, for: "gains")
      row.copy(from: gains)
      gains = row
    }
  }

  /// Of the shards that are in memory, where not all are.
  final class ComingTargets {
    private let runner: ShardRunner
    private let means: [Double]?
    private let units: [Double]?
    private let places: [Place]

    private final class Place {
      let room: Part.Room
      /// The shard whose values are there.
      var part: Int?
      var value: Part?

      init(_ room: Part.Room) { self.room = room }
    }

    init(_ runner: ShardRunner, means: [Double]?, scales units: [Double]?) throws {
      (self.runner, self.means, self.units) = (runner, means, units)
      let outputs = runner.shards.network.outputCount
      places = try (0..<runner.roomForShards).map { place in
        let own = stride(from: place, to: runner.shards.count, by: runner.roomForShards)
        let sizes = own.map { part in
          let batch = runner.shards.all[part].batch
          return (values: batch.steps * batch.lanes, lanes: batch.lanes)
        }
        // Those of the largest, in lanes of the widest.
        let lanes = sizes.reduce(1) { max($0, $1.lanes) }
        let steps = (sizes.reduce(0) { max($0, $1.values) } + lanes - 1) / lanes
        return Place(try Part.room(steps: steps, outputs: outputs, lanes: lanes))
      }
    }

    /// That of a shard; without observed values where it could not be read, which is kept as an error.
    func part(_ shard: Int) -> Part {
      let place = places[shard % places.count]
      if place.part == shard, let value = place.value { return value }
      (place.part, place.value) = (nil, nil)
      place.room.desired.zero()
      place.room.gains.zero()
      var part = Part(shard, runner, place.room, scales: units)
      do {
        let values = try runner.values(shard)
        withWanted(values[...], []) { [means] in
          part.write($0, runner.shards.all[shard].batch, means: means)
        }
        try part.join(keepsOne: false)
        (place.part, place.value) = (shard, part)
      } catch {
        runner.fail(error)
      }
      return part
    }

    /// Calls `body` with pointers to the values of sequences.
    private func withWanted(
      _ values: ArraySlice<SequenceValues>, _ before: [Wanted], _ body: ([Wanted]) -> Void
    ) {
      guard let first = values.first else { return body(before) }
      first.desired.withUnsafeBufferPointer { desired in
        first.gains.withUnsafeBufferPointer { gains in
          withWanted(values.dropFirst(), before + [(desired, gains)], body)
        }
      }
    }
  }
}
