extension Observable {
  /// Number of terms over sequences of these lengths.
  package func count(_ lengths: [Int]) -> Int {
    lengths.reduce(0) { $0 + terms.times(length: $1).count }
  }

  /// O(x), NaN without a term.
  package func mean(_ series: Series) -> Double {
    let stride = series.places.stride
    var sum = 0.0
    forEachRun(series.places.lengths) { s, times in
      let (a, b) = pointers(series, times.lowerBound, s)
      for i in 0..<times.count { sum += value(a[i * stride], b[i * stride]) }
    }
    return sum / Double(count(series.places.lengths))
  }

  /// O(x) over the terms without NaN.
  package func knownMean(_ series: Series) -> Double {
    let stride = series.places.stride
    var (sum, count) = (0.0, 0.0)
    forEachRun(series.places.lengths) { s, times in
      let (a, b) = pointers(series, times.lowerBound, s)
      for i in 0..<times.count where !a[i * stride].isNaN && !b[i * stride].isNaN {
        sum += value(a[i * stride], b[i * stride])
        count += 1
      }
    }
    return sum / count
  }

  /// Adds c dO/dx.
  package func addSlopes(_ series: Series, times c: Double, to slopes: MutableSeries) {
    let (from, to) = (series.places.stride, slopes.places.stride)
    let weight = c / Double(count(series.places.lengths))
    forEachRun(series.places.lengths) { s, times in
      let (a, b) = pointers(series, times.lowerBound, s)
      let (toA, toB) = pointers(slopes, times.lowerBound, s)
      for i in 0..<times.count {
        let slope = self.slopes(a[i * from], b[i * from])
        // One after the other: both may be the same place.
        toA[i * to] += weight * slope.a
        toB[i * to] += weight * slope.b
      }
    }
  }

  /// Adds c H v, H the second derivatives of O, v the direction.
  package func addCurvature(
    _ series: Series, times c: Double, direction: Series, to result: MutableSeries
  ) {
    let (from, along, to) = (
      series.places.stride, direction.places.stride, result.places.stride
    )
    let weight = c / Double(count(series.places.lengths))
    forEachRun(series.places.lengths) { s, times in
      let (a, b) = pointers(series, times.lowerBound, s)
      let (va, vb) = pointers(direction, times.lowerBound, s)
      let (toA, toB) = pointers(result, times.lowerBound, s)
      for i in 0..<times.count {
        let h = curvatures(a[i * from], b[i * from])
        let (u, v) = (weight * va[i * along], weight * vb[i * along])
        toA[i * to] += h.aa * u + h.ab * v
        toB[i * to] += h.ab * u + h.bb * v
      }
    }
  }

  /// Writes omega(t) for t in [time, T), time being tau or more, sequence after sequence.
  package func copyTerms(
    _ series: Series, from time: Int, to samples: UnsafeMutablePointer<Double>, stride: Int
  ) {
    let from = series.places.stride
    var target = samples
    for (s, length) in series.places.lengths.enumerated() where length > time {
      let (a, b) = pointers(series, time, s)
      for i in 0..<(length - time) {
        target.pointee = value(a[i * from], b[i * from])
        target += stride
      }
    }
  }

  @inline(__always)
  private func forEachRun(_ lengths: [Int], _ body: (Int, Range<Int>) -> Void) {
    for (s, length) in lengths.enumerated() {
      let times = terms.times(length: length)
      if !times.isEmpty { body(s, times) }
    }
  }

  @inline(__always)
  private func pointers(
    _ series: Series, _ t: Int, _ s: Int
  ) -> (a: UnsafePointer<Double>, b: UnsafePointer<Double>) {
    (series.pointer(terms.first, t, s), series.pointer(terms.second, t - terms.delay, s))
  }

  @inline(__always)
  private func pointers(
    _ series: MutableSeries, _ t: Int, _ s: Int
  ) -> (a: UnsafeMutablePointer<Double>, b: UnsafeMutablePointer<Double>) {
    (series.pointer(terms.first, t, s), series.pointer(terms.second, t - terms.delay, s))
  }
}
