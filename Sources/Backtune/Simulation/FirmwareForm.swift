import BacktuneNumerics

/// The frequent forms of firmware, of values and squashing functions of them, as p + q f: f is the factor that is known last
/// (the function whose source is computed last), a, b, c are the others. What waits for the step before is then one function
/// and one multiplication.
struct FirmwareForm {
  private enum Kind {
    /// a f.
    case scaled
    /// a + f.
    case shifted
    /// a + b f.
    case scaledShifted
    /// a b + f.
    case shiftedByProduct
    /// a b + c f.
    case scaledShiftedByProduct
    /// a b + (1 - a) f.
    case taken
    /// a f + (1 - a) b.
    case kept
    /// f a + (1 - f) b.
    case gate
  }

  private let kind: Kind
  /// a, b, c, f.
  private let parts: UnsafeMutableBufferPointer<FirmwareTerms.Part>

  /// nil where the terms are of another form.
  init?(_ terms: FirmwareTerms) {
    let (all, sums) = (Array(terms.parts), Array(terms.sums))
    guard !terms.hasBroadcast, sums.prefix(2).allSatisfy({ $0.coefficient == 1 }),
      all.allSatisfy({ $0.function.isSquash || $0.function.kind == .identity }),
      let last = all.indices.max(by: { Self.rank(all[$0]) < Self.rank(all[$1]) })
    else { return nil }
    let isMixture =
      sums.count == 3 && sums[2].coefficient == -1 && all.count == 5
      && all[3].value == all[0].value && all[4].value == all[2].value
    let order: [Int]
    switch (sums.map(\.factors), last) {
    case ([2], _): (kind, order) = (.scaled, [1 - last, last])
    case ([1, 1], _): (kind, order) = (.shifted, [1 - last, last])
    case ([1, 2], 0): (kind, order) = (.shiftedByProduct, [1, 2, 0])
    case ([1, 2], _): (kind, order) = (.scaledShifted, [0, 3 - last, last])
    case ([2, 2], 0...1): (kind, order) = (.scaledShiftedByProduct, [2, 3, 1 - last, last])
    case ([2, 2], _): (kind, order) = (.scaledShiftedByProduct, [0, 1, 5 - last, last])
    case ([2, 1, 2], 0) where isMixture, ([2, 1, 2], 3) where isMixture:
      (kind, order) = (.gate, [1, 2, 0])
    case ([2, 1, 2], 1) where isMixture: (kind, order) = (.kept, [0, 2, 1])
    case ([2, 1, 2], _) where isMixture: (kind, order) = (.taken, [0, 1, 2])
    default: return nil
    }
    parts = .table(order.map { all[$0] })
  }

  private static func rank(_ part: FirmwareTerms.Part) -> (Int, Int) {
    (part.shift >= 0 && part.function.isSquash ? 1 : 0, part.shift)
  }

  func deallocate() { parts.deallocate() }

  /// Values of one place of all, out of `n` values of each source from that place on.
  @inline(__always)
  func run(_ states: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, _ n: Int) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Vector.width * 8) {
      let room = $0.baseAddress.unsafelyUnwrapped
      let f = parts.baseAddress.unsafelyUnwrapped + (parts.count &- 1)
      let a = other(0, states, room, n)
      var (p, q) = (Vector.zero, Vector(repeating: 1))
      switch kind {
      case .scaled: q = a
      case .shifted: p = a
      case .scaledShifted: (p, q) = (a, other(1, states, room, n))
      case .shiftedByProduct: p = a * other(1, states, room, n)
      case .scaledShiftedByProduct:
        p = a * other(1, states, room, n)
        q = other(2, states, room, n)
      case .taken: (p, q) = (a * other(1, states, room, n), 1 - a)
      case .kept: (p, q) = ((1 - a) * other(1, states, room, n), a)
      case .gate:
        p = other(1, states, room, n)
        q = a - p
      }
      let pq = room + 3 * Vector.width
      p.store(pq)
      q.store(pq + Vector.width)
      if n == Vector.width {
        Self.finish(f, states + f.pointee.shift, pq, y)
      } else {
        let u = pq + 2 * Vector.width
        Vector(at: states + f.pointee.shift, count: n).store(u)
        Self.finish(f, u, pq, u)
        Vector(at: u).store(y, count: n)
      }
    }
  }

  @inline(__always)
  private func other(
    _ k: Int, _ states: UnsafePointer<Double>, _ room: UnsafeMutablePointer<Double>, _ n: Int
  ) -> Vector {
    let part = parts.baseAddress.unsafelyUnwrapped + k
    let u = Vector(at: states + part.pointee.shift, count: n)
    if part.pointee.function.kind == .identity { return u }
    let target = room + k * Vector.width
    u.store(target)
    Self.apply(part, target)
    return Vector(at: target)
  }

  // Functions of their own, which hand vectors over in memory: where several elementary functions are compiled into one,
  // some become scalar instructions, and a call hands over quarters of vectors.

  /// f(u) in the place of u.
  @inline(never)
  private static func apply(
    _ part: UnsafePointer<FirmwareTerms.Part>, _ u: UnsafeMutablePointer<Double>
  ) {
    if part.pointee.function.kind == .rising {
      part.pointee.function.squash.rising(Vector(at: u)).store(u)
    } else {
      part.pointee.function.squash(Vector(at: u)).store(u)
    }
  }

  /// p + q f(u), q standing after p.
  @inline(never)
  private static func finish(
    _ part: UnsafePointer<FirmwareTerms.Part>, _ u: UnsafePointer<Double>,
    _ pq: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    var value = Vector(at: u)
    switch part.pointee.function.kind {
    case .rising: value = part.pointee.function.squash.rising(value)
    case .squash: value = part.pointee.function.squash(value)
    default: break
    }
    multiplyAdd(Vector(at: pq + Vector.width), value, Vector(at: pq)).store(y)
  }
}
