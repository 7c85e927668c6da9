import BacktuneNumerics

/// The guard g on the adjoint's sums, equation (5) of RR-9100: it raises vanishing values and saturates huge ones.
///
///     |g(u)| = w - al exp(-(|u|-w)/al - 1)  if |u| >= w - al
///              |u|                          if 2 nu <= |u| <= w - al
///              nu + u^2/(4 nu)              if 0 < |u| <= 2 nu,       g(0) = 0, g odd
package struct Guard: Sendable {
  package let nu: Double
  package let omega: Double
  package let alpha: Double

  /// The guard for outputs whose criterion has slopes of mean magnitude `scale` (over those that are not zero).
  /// - Returns: nil when there is nothing to scale by: 0 or not finite.
  package init?(scale: Double) {
    guard scale > 0, scale.isFinite else { return nil }
    nu = 1e-6 * scale
    omega = 1e6 * scale
    alpha = 1e-3 * omega
    guard nu > 0, omega.isFinite else { return nil }
  }

  package func callAsFunction(_ u: Double) -> Double {
    let magnitude = abs(u)
    if magnitude == 0 || magnitude.isNaN { return u }
    let guarded: Double
    if magnitude < 2 * nu {
      guarded = nu + magnitude / (4 * nu) * magnitude
    } else if magnitude >= omega - alpha {
      guarded = omega - alpha * VectorMath.exp(-(magnitude - omega) / alpha - 1)
    } else {
      return u
    }
    return u < 0 ? -guarded : guarded
  }

  /// How many values the guard saw and changed.
  package struct Counts: Sendable {
    package var values = 0
    package var raised = 0
    package var saturated = 0
    package init() {}

    package mutating func add(_ other: Counts) {
      values += other.values
      raised += other.raised
      saturated += other.saturated
    }

    /// Takes those of all processes.
    mutating func join(_ processes: Processes?) {
      guard processes != nil else { return }
      let all = processes.sum([Double(values), Double(raised), Double(saturated)])
      (values, raised, saturated) = (
        processes.number(all[0]), processes.number(all[1]), processes.number(all[2])
      )
    }
  }

  /// Applies g in place.
  func apply(_ u: UnsafeMutablePointer<Double>, count: Int, _ counts: inout Counts) {
    let (low, high) = (Vector(repeating: 2 * nu), Vector(repeating: omega - alpha))
    var i = 0
    while i + Vector.width <= count {
      let v = Vector(at: u + i)
      let magnitude = v.replacing(with: -v, where: v .< Vector.zero)
      // Nearly always nothing is to do: one comparison for a vector.
      if !all((magnitude .>= low) .& (magnitude .< high)) {
        for k in i..<i + Vector.width { applyOne(u + k, &counts) }
      }
      i += Vector.width
    }
    while i < count {
      applyOne(u + i, &counts)
      i += 1
    }
  }

  @inline(__always)
  private func applyOne(_ u: UnsafeMutablePointer<Double>, _ counts: inout Counts) {
    let magnitude = abs(u.pointee)
    if magnitude == 0 { return }
    if magnitude < 2 * nu { counts.raised += 1 }
    if magnitude >= omega - alpha { counts.saturated += 1 }
    u.pointee = self(u.pointee)
  }
}
