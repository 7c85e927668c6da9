import Testing

@testable import BacktuneCriterion

extension Array where Element == Double {
  /// Calls `body` with a view of these values, which are not empty.
  func series<R>(_ places: SeriesPlaces, _ body: (Series) throws -> R) throws -> R {
    try withUnsafeBufferPointer { try body(Series(#require($0.baseAddress), places)) }
  }

  mutating func mutableSeries<R>(
    _ places: SeriesPlaces, _ body: (MutableSeries) throws -> R
  ) throws -> R {
    try withUnsafeMutableBufferPointer {
      try body(MutableSeries(#require($0.baseAddress), places))
    }
  }
}

/// sum_k c_k dO_k/dx.
func slopes(
  _ set: ObservableSet, _ c: [Double], _ values: [Double], _ places: SeriesPlaces
) throws -> [Double] {
  var result = [Double](repeating: 0, count: values.count)
  try result.mutableSeries(places) { slopes in
    try values.series(places) { set.addSlopes(c, $0, to: slopes) }
  }
  return result
}
