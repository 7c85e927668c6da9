/// Up to three rows and several lanes: what is left of the rows of a matrix, or all of a small one.
///
/// Row by row, each a chain of dependent additions, tangents of 3 states, 8 nodes and 95 weights took 1.4 times as long.
extension PanelProducts {
  @inline(__always)
  static func few(
    _ count: Int, _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target,
    _ width: Int, _ lanes: Int
  ) {
    let done =
      switch count {
      case 3: three(a, segments, x, bias, y, width, lanes)
      case 2: two(a, segments, x, bias, y, width, lanes)
      default: one(a, segments, x, bias, y, lanes, width)
      }
    if done == lanes { return }
    for row in 0..<count {
      tail(a + row, segments, x, bias.map { $0 + row }, y + row * width, width, done, lanes)
    }
  }

  /// - Returns: the lanes that are done, as those of the others.
  private static func three(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ lanes: Int
  ) -> Int {
    let size = Vector.width
    var b = 0
    while b + 2 * size <= lanes {
      let z = y + b
      var (s0, s1) = (sums(bias, 0, z), sums(bias, 1, z + width))
      var s2 = sums(bias, 2, z + 2 * width)
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let (v, w) = (Vector(at: q), Vector(at: q + size))
          s0.add(p[0], v, w)
          s1.add(p[1], v, w)
          s2.add(p[2], v, w)
          p += size
          q += width
        }
      }
      s0.store(z)
      s1.store(z + width)
      s2.store(z + 2 * width)
      b += 2 * size
    }
    return b
  }

  private static func two(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ width: Int,
    _ lanes: Int
  ) -> Int {
    let size = Vector.width
    var b = 0
    while b + 2 * size <= lanes {
      let z = y + b
      var (s0, s1) = (sums(bias, 0, z), sums(bias, 1, z + width))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          let (v, w) = (Vector(at: q), Vector(at: q + size))
          s0.add(p[0], v, w)
          s1.add(p[1], v, w)
          p += size
          q += width
        }
      }
      s0.store(z)
      s1.store(z + width)
      b += 2 * size
    }
    return b
  }

  private static func one(
    _ a: Values, _ segments: Segments, _ x: Values, _ bias: Values?, _ y: Target, _ lanes: Int,
    _ width: Int
  ) -> Int {
    let size = Vector.width
    var b = 0
    while b + 4 * size <= lanes {
      let z = y + b
      var (s0, s1) = (sums(bias, 0, z), sums(bias, 0, z + 2 * size))
      var p = a
      for segment in segments {
        var q = x + segment.shift + b
        for _ in 0..<segment.columns {
          s0.add(p[0], Vector(at: q), Vector(at: q + size))
          s1.add(p[0], Vector(at: q + 2 * size), Vector(at: q + 3 * size))
          p += size
          q += width
        }
      }
      s0.store(z)
      s1.store(z + 2 * size)
      b += 4 * size
    }
    return b
  }
}
