import BacktuneNumerics

/// The equations of a projection at one point (y, mu), and the Newton step from there.
final class LagrangeSystem {
  /// Values of y.
  let size: Int
  let y: Buffer
  private(set) var mu: [Double]

  private let set: ObservableSet
  private let places: SeriesPlaces
  private let x: Buffer
  /// Where the last step started, y and mu, and the step.
  private let origin: Buffer
  private var muOrigin: [Double]
  private let step: Buffer
  private var muStep: [Double]
  private(set) var hasStep = false

  /// r = y - x - sum mu dO/dy, and c = O(y) - desired.
  private let residual: Buffer
  private var gap: [Double]
  /// dO_k/dy, K rows, and their lengths.
  private let rows: Buffer
  private var norms: [Double]
  /// 1/length of each row (0 for a row of zeros) where the step was found: gaps become distances.
  private var weights: [Double]
  private let solutions: Buffer
  private let solver = ConjugateGradients(tolerance: 1e-12, maxProducts: 300)
  /// rho, of which r holds its part.
  private var penalty = 0.0

  private static let penalties = [0.0, 1, 10, 100]

  init(_ series: Series, _ set: ObservableSet) throws {
    let (lengths, channels) = (series.places.lengths, series.places.channels.count)
    self.set = set
    places = SeriesPlaces(lengths: lengths, channelCount: channels)
    let size = lengths.reduce(0) { $0 + max($1, 0) } * channels
    self.size = size
    let zeros = [Double](repeating: 0, count: set.count)
    func vectors(_ count: Int) throws -> Buffer {
      try Buffer(dimensions: [count, size], for: "projection of states")
    }
    (x, y, origin, step, residual) = (
      try vectors(1), try vectors(1), try vectors(1), try vectors(1), try vectors(1)
    )
    (rows, solutions) = (try vectors(set.count), try vectors(set.count + 1))
    (mu, muOrigin, muStep, gap, norms, weights) = (zeros, zeros, zeros, zeros, zeros, zeros)
    // Vectors of the conjugate gradients, with what a product makes.
    try MemoryBudget.bytes(doubles: [size, 8], for: "conjugate gradients")
    for (s, length) in lengths.enumerated() {
      for t in 0..<max(length, 0) {
        for k in 0..<channels { x.pointer[places.place(k, t, s)] = series.value(k, t, s) }
      }
    }
    y.copy(from: x)
  }

  private func view(_ values: UnsafePointer<Double>) -> Series { Series(values, places) }

  var halfSquareChange: Double {
    var sum = 0.0
    for i in 0..<size {
      let change = y.pointer[i] - x.pointer[i]
      sum += change * change / 2
    }
    return sum
  }

  /// Computes what is left of the equations at (y, mu).
  /// - Returns: the sum of its squares, gaps as distances.
  func evaluate() -> Double {
    penalty = 0
    let (x, y, r) = (x.pointer, y.pointer, residual.pointer)
    rows.zero()
    let values = set.values(view(y))
    for i in 0..<size { r[i] = y[i] - x[i] }
    var sum = 0.0
    for (k, observable) in set.observables.enumerated() {
      let row = rows.pointer + k * size
      observable.addSlopes(view(y), times: 1, to: MutableSeries(row, places))
      for i in 0..<size { r[i] -= mu[k] * row[i] }
      gap[k] = values[k] - set.desired[k]
      norms[k] = product(row, row).squareRoot()
      let weight = hasStep ? weights[k] : Self.inverse(norms[k])
      sum += gap[k] * gap[k] * weight * weight
    }
    return sum + product(r, r)
  }

  /// Finds the Newton step from (y, mu), where `evaluate` was called last.
  /// - Returns: whether there is one; if not, the former step stays.
  func findStep(poll: Poll) throws -> Bool {
    weights = norms.map(Self.inverse)
    for penalty in Self.penalties where try solve(penalty, poll: poll) { return try combine() }
    return false
  }

  /// Z and z_0, with A + rho sum_k C_k^T C_k / |C_k|^2 for A and r + rho sum_k c_k C_k / |C_k|^2 for r. The step is the
  /// same, but A may then have negative curvature across the constraints, as it may at a minimum.
  /// - Returns: whether they were found. Overwrites r.
  private func solve(_ penalty: Double, poll: Poll) throws -> Bool {
    let (r, rows, count) = (residual.pointer, rows.pointer, set.count)
    let factors = weights.map { penalty * $0 * $0 }
    for k in 0..<count {
      let share = (penalty - self.penalty) * weights[k] * weights[k] * gap[k]
      for i in 0..<size { r[i] += share * rows[k * size + i] }
    }
    self.penalty = penalty
    for k in 0...count {
      let right = UnsafeBufferPointer(start: k < count ? rows + k * size : r, count: size)
      let found = try solver.solve(Array(right)) { v in
        try poll()
        return v.withUnsafeBufferPointer { v in curved(v, factors) }
      }
      guard let found, found.isSolved else { return false }
      (solutions.pointer + k * size).update(from: found.x, count: size)
    }
    return true
  }

  /// (A + sum_l f_l C_l C_l^T) v.
  private func curved(_ v: UnsafeBufferPointer<Double>, _ factors: [Double]) -> [Double] {
    guard let v = v.baseAddress, size > 0 else { return [] }
    return [Double](unsafeUninitializedCapacity: size) { buffer, count in
      count = size
      guard let result = buffer.baseAddress else { return }
      applyCurvature(v, result)
      for (l, factor) in factors.enumerated() where factor > 0 {
        let row = rows.pointer + l * size
        let share = factor * product(row, v)
        for i in 0..<size { result[i] += share * row[i] }
      }
    }
  }

  /// The step from Z and z_0.
  private func combine() throws -> Bool {
    let (rows, z, count) = (rows.pointer, solutions.pointer, set.count)
    let z0 = z + count * size
    // Rows in units of their length, so that the pseudo-inverse judges directions, not sizes.
    var matrix = [Double](repeating: 0, count: count * count)
    var right = [Double](repeating: 0, count: count)
    for k in 0..<count {
      let row = rows + k * size
      for l in 0..<count {
        matrix[k * count + l] = weights[k] * weights[l] * product(row, z + l * size)
      }
      right[k] = weights[k] * (product(row, z0) - gap[k])
    }
    guard matrix.allSatisfy(\.isFinite), right.allSatisfy(\.isFinite) else { return false }
    var solution = right
    try SymmetricSystem(copying: matrix, order: count).solve(right, into: &solution)
    muStep = zip(solution, weights).map { $0 * $1 }
    muOrigin = mu
    origin.copy(from: y)
    for i in 0..<size { step.pointer[i] = -z0[i] }
    for k in 0..<count {
      for i in 0..<size { step.pointer[i] += muStep[k] * z[k * size + i] }
    }
    hasStep = true
    return true
  }

  /// A v = v - sum mu_k H_k v.
  private func applyCurvature(_ v: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>) {
    result.update(from: v, count: size)
    set.addCurvature(
      mu.map { -$0 }, view(y.pointer), direction: view(v), to: MutableSeries(result, places))
  }

  /// Goes to `alpha` times the step from where it was found.
  func move(_ alpha: Double) {
    for i in 0..<size { y.pointer[i] = origin.pointer[i] + alpha * step.pointer[i] }
    mu = zip(muOrigin, muStep).map { $0 + alpha * $1 }
  }

  /// Whether the step changes nothing but the last digits of its square.
  var isStepNegligible: Bool { length(step) <= 1e-9 * scale }

  /// Whether both equations hold.
  var isSolved: Bool {
    let scale = scale
    return length(residual) <= 1e-9 * scale
      && gap.indices.allSatisfy { k in
        abs(gap[k]) <= 1e-10 * max(norms[k] * scale, abs(set.desired[k]))
      }
  }

  /// Length of x or y: y alone may be 0.
  private var scale: Double { max(length(x), length(y)) }

  private func length(_ values: Buffer) -> Double {
    product(values.pointer, values.pointer).squareRoot()
  }

  private func product(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for i in 0..<size { sum += a[i] * b[i] }
    return sum
  }

  private static func inverse(_ norm: Double) -> Double {
    norm > 0 && (1 / norm).isFinite ? 1 / norm : 0
  }
}
