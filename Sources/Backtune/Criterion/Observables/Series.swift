import BacktuneNetwork
import BacktuneSimulation

/// Where the values of K channels of several sequences stand:
/// value(k, t, s) = base[starts[s] + t * stride + channels[k]].
package struct SeriesPlaces: Sendable {
  /// T of each sequence.
  package let lengths: [Int]
  package let starts: [Int]
  package let stride: Int
  package let channels: [Int]

  package init(lengths: [Int], starts: [Int], stride: Int, channels: [Int]) {
    self.lengths = lengths
    self.starts = starts
    self.stride = stride
    self.channels = channels
  }

  /// sum T x K values, row-major, one sequence after the other.
  package init(lengths: [Int], channelCount: Int) {
    var total = 0
    starts = lengths.map { length in
      defer { total += length * channelCount }
      return total
    }
    self.lengths = lengths
    stride = channelCount
    channels = Array(0..<channelCount)
  }

  /// The same from a time on.
  package func from(_ time: Int) -> SeriesPlaces {
    SeriesPlaces(
      lengths: lengths.map { max($0 - time, 0) },
      starts: zip(starts, lengths).map { $0 + min(time, $1) * stride }, stride: stride,
      channels: channels)
  }

  package func place(_ k: Int, _ t: Int, _ s: Int) -> Int { starts[s] + t * stride + channels[k] }
}

/// A view of values of several sequences, for as long as `base` lives.
package struct Series {
  package let base: UnsafePointer<Double>
  package let places: SeriesPlaces

  package init(_ base: UnsafePointer<Double>, _ places: SeriesPlaces) {
    self.base = base
    self.places = places
  }

  package func value(_ k: Int, _ t: Int, _ s: Int) -> Double { base[places.place(k, t, s)] }

  /// From time `t` on, `places.stride` apart.
  func pointer(_ k: Int, _ t: Int, _ s: Int) -> UnsafePointer<Double> {
    base + places.place(k, t, s)
  }
}

/// A series that is written: slopes by the values of another one, whose lengths and channels it has; where they stand
/// may differ.
package struct MutableSeries {
  package let base: UnsafeMutablePointer<Double>
  package let places: SeriesPlaces

  package init(_ base: UnsafeMutablePointer<Double>, _ places: SeriesPlaces) {
    self.base = base
    self.places = places
  }

  func pointer(_ k: Int, _ t: Int, _ s: Int) -> UnsafeMutablePointer<Double> {
    base + places.place(k, t, s)
  }
}
