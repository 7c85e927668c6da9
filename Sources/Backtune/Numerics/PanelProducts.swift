/// Products of packed matrices inside the time loops, with values that stand in several places: a learnware group reads
/// all its sources in one pass over its rows, each of which is written once.
///
/// Matrices are packed in panels of as many rows as a vector has lanes, each panel column by column, so that every loop
/// reads its matrix straight on; the rows that fill up the last panel are zero. The columns are those of all segments, one
/// after the other. Column by column over all rows, a product of order 128 with 32 columns took 1.5 times as long, a cache
/// line being fetched for each half of it that is used.
package enum PanelProducts {
  typealias Values = UnsafePointer<Double>
  typealias Target = UnsafeMutablePointer<Double>
  package typealias Segments = UnsafeBufferPointer<Segment>

  /// Columns whose values stand side by side, from `shift` on.
  package struct Segment {
    let shift: Int
    let columns: Int

    package init(shift: Int, columns: Int) { (self.shift, self.columns) = (shift, columns) }
  }

  /// Values of a packed matrix.
  package static func count(rows: Int, columns: Int) -> Int { Vector.padded(rows) * columns }

  /// Place of an entry in a packed matrix.
  @inlinable @inline(__always)
  package static func place(row i: Int, column j: Int, columns: Int) -> Int {
    let lane = i & (Vector.width - 1)
    return (i - lane) * columns + Vector.width * j + lane
  }

  /// y = y0 + A x over whole panels; y0 may be y.
  ///
  /// - Parameter tanhShift: from y to where tanh y is written too; nil for nowhere.
  package static func multiply(
    _ a: UnsafePointer<Double>, rows: Int, columns: Int, _ segments: Segments,
    _ x: UnsafePointer<Double>, from y0: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>, tanhShift: Int? = nil
  ) {
    let width = Vector.width
    let (panel, rows) = (width * columns, Vector.padded(rows))
    var (p, i) = (a, 0)
    while i + 4 * width <= rows {
      four(p, panel, segments, x, y0 + i, y + i)
      if let tanhShift {
        for k in stride(from: i, to: i + 4 * width, by: width) {
          VectorMath.tanh(Vector(at: y + k)).store(y + k + tanhShift)
        }
      }
      p += 4 * panel
      i += 4 * width
    }
    if i + 2 * width <= rows {
      two(p, panel, segments, x, y0 + i, y + i, tanhShift)
      p += 2 * panel
      i += 2 * width
    }
    if i < rows { one(p, segments, x, y0 + i, y + i, tanhShift) }
  }

  /// A small product waits for its memory: tanh of values while they are in registers took 7 ns less of 32 at 8 nodes.
  @inline(__always)
  private static func write(_ v: Vector, _ y: Target, _ tanhShift: Int?) {
    v.store(y)
    if let tanhShift { VectorMath.tanh(v).store(y + tanhShift) }
  }

  // Columns are summed apart, every second one or every fourth: the chain of dependent additions is what bounds a small
  // product.

  @inline(__always)
  private static func four(
    _ a: Values, _ panel: Int, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target
  ) {
    let width = Vector.width
    var (s0, s1) = (Vector(at: y0), Vector(at: y0 + width))
    var (s2, s3) = (Vector(at: y0 + 2 * width), Vector(at: y0 + 3 * width))
    var (r0, r1, r2, r3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 2 <= segment.columns {
        let (w, z) = (Vector(repeating: v[j]), Vector(repeating: v[j + 1]))
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        s2 = multiplyAdd(Vector(at: q + 2 * panel), w, s2)
        s3 = multiplyAdd(Vector(at: q + 3 * panel), w, s3)
        r0 = multiplyAdd(Vector(at: q + width), z, r0)
        r1 = multiplyAdd(Vector(at: q + panel + width), z, r1)
        r2 = multiplyAdd(Vector(at: q + 2 * panel + width), z, r2)
        r3 = multiplyAdd(Vector(at: q + 3 * panel + width), z, r3)
        q += 2 * width
        j += 2
      }
      if j < segment.columns {
        let w = Vector(repeating: v[j])
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        s2 = multiplyAdd(Vector(at: q + 2 * panel), w, s2)
        s3 = multiplyAdd(Vector(at: q + 3 * panel), w, s3)
        q += width
      }
    }
    (s0 + r0).store(y)
    (s1 + r1).store(y + width)
    (s2 + r2).store(y + 2 * width)
    (s3 + r3).store(y + 3 * width)
  }

  @inline(__always)
  private static func two(
    _ a: Values, _ panel: Int, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target,
    _ tanhShift: Int?
  ) {
    let width = Vector.width
    var (s0, s1) = (Vector(at: y0), Vector(at: y0 + width))
    var (r0, r1, t0, t1) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (u0, u1) = (Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 4 <= segment.columns {
        let (w0, w1) = (Vector(repeating: v[j]), Vector(repeating: v[j + 1]))
        s0 = multiplyAdd(Vector(at: q), w0, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w0, s1)
        r0 = multiplyAdd(Vector(at: q + width), w1, r0)
        r1 = multiplyAdd(Vector(at: q + panel + width), w1, r1)
        let (w2, w3) = (Vector(repeating: v[j + 2]), Vector(repeating: v[j + 3]))
        t0 = multiplyAdd(Vector(at: q + 2 * width), w2, t0)
        t1 = multiplyAdd(Vector(at: q + panel + 2 * width), w2, t1)
        u0 = multiplyAdd(Vector(at: q + 3 * width), w3, u0)
        u1 = multiplyAdd(Vector(at: q + panel + 3 * width), w3, u1)
        q += 4 * width
        j += 4
      }
      while j < segment.columns {
        let w = Vector(repeating: v[j])
        s0 = multiplyAdd(Vector(at: q), w, s0)
        s1 = multiplyAdd(Vector(at: q + panel), w, s1)
        q += width
        j += 1
      }
    }
    write((s0 + r0) + (t0 + u0), y, tanhShift)
    write((s1 + r1) + (t1 + u1), y + width, tanhShift)
  }

  @inline(__always)
  private static func one(
    _ a: Values, _ segments: Segments, _ x: Values, _ y0: Values, _ y: Target,
    _ tanhShift: Int?
  ) {
    let width = Vector.width
    var (s, r, t, u) = (Vector(at: y0), Vector.zero, Vector.zero, Vector.zero)
    var q = a
    for segment in segments {
      let v = x + segment.shift
      var j = 0
      while j + 4 <= segment.columns {
        s = multiplyAdd(Vector(at: q), Vector(repeating: v[j]), s)
        r = multiplyAdd(Vector(at: q + width), Vector(repeating: v[j + 1]), r)
        t = multiplyAdd(Vector(at: q + 2 * width), Vector(repeating: v[j + 2]), t)
        u = multiplyAdd(Vector(at: q + 3 * width), Vector(repeating: v[j + 3]), u)
        q += 4 * width
        j += 4
      }
      while j < segment.columns {
        s = multiplyAdd(Vector(at: q), Vector(repeating: v[j]), s)
        q += width
        j += 1
      }
    }
    write((s + r) + (t + u), y, tanhShift)
  }
}
