import BacktuneNumerics

/// Trajectories of the shards that are in memory, written when they are wanted there for the first time, each by the thread
/// that works on its shard.
package final class LoadedParts {
  /// Writes the values of a shard.
  package typealias Fill = (_ part: Int, Trajectory, Poll) throws -> Void

  let loader: ShardLoader
  private let count: Int
  private let layout: (Int) -> (layout: Layout, steps: Int)
  private let places: [Place]

  private final class Place {
    let buffer: Buffer
    var trajectory: Trajectory?
    var part: Int?
    /// What was written; nil where that failed.
    var version: Int?

    init(_ buffer: Buffer) { self.buffer = buffer }
  }

  init(
    _ loader: ShardLoader, count: Int, for purpose: String,
    _ layout: @escaping (Int) -> (layout: Layout, steps: Int)
  ) throws {
    (self.loader, self.count, self.layout) = (loader, count, layout)
    places = try (0..<loader.room).map { place in
      let sizes = try stride(from: place, to: count, by: loader.room).map {
        try Trajectory.bytes(layout($0).layout, steps: layout($0).steps, for: purpose)
      }
      return Place(
        try Buffer(count: (sizes.max() ?? 0) / MemoryLayout<Double>.stride, for: purpose))
    }
  }

  /// The trajectory of a shard with what `fill` writes, which another version says otherwise; what the buffer had before
  /// is in it. Where `fill` throws, that is kept by the loader.
  func trajectory(_ part: Int, version: Int, _ fill: Fill) -> Trajectory {
    let place = places[part % places.count]
    let own: Trajectory
    if let trajectory = place.trajectory, place.part == part {
      own = trajectory
    } else {
      let (layout, steps) = layout(part)
      own = Trajectory(layout, steps: steps, in: place.buffer)
      (place.trajectory, place.part, place.version) = (own, part, nil)
    }
    if place.version == version { return own }
    place.version = nil
    do {
      try fill(part, own, loader.poll(part))
      place.version = version
    } catch {
      loader.fail(error)
    }
    return own
  }
}

/// The trajectories of all shards, in memory or brought there one by one.
package struct TrajectoryParts: RandomAccessCollection {
  private let all: [Trajectory]
  private let loaded: ((Int) -> Trajectory)?
  package let endIndex: Int
  package var startIndex: Int { 0 }

  init(_ all: [Trajectory]) { (self.all, loaded, endIndex) = (all, nil, all.count) }

  init(count: Int, _ loaded: @escaping (Int) -> Trajectory) {
    (all, self.loaded, endIndex) = ([], loaded, count)
  }

  package subscript(part: Int) -> Trajectory { loaded?(part) ?? all[part] }
}
