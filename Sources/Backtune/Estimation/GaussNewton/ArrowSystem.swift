import BacktuneCriterion
import BacktuneNumerics

/// (J^T J + D + mu I) d = -g inside bounds where every process has slots of its own, the initial states of its sequences,
/// beside those of all: own slots of different processes have nothing to do with each other. With A of the slots of all, C
/// of a process's own, and B between them,
///
///     (A - sum B^T C^-1 B) d = -g + sum B^T C^-1 g_own,   d_own = -C^-1 (g_own + B d)
///
/// the sums going over processes: own slots stay where they are.
final class ArrowSystem {
  private let processes: Processes?
  private let order: Int
  private let shared: Int
  /// Number of own slots.
  private var own: Int { order - shared }
  private let ownMatrix: Buffer
  private let matrix: Buffer
  /// B and C^-1 B, a row of own slots for each slot of all, and a vector.
  private let links: Buffer
  private let images: Buffer
  private let vector: Buffer
  private let width: Int
  /// The last factors of both matrices, and the free slots of all.
  private var factors: (own: Cholesky, shared: Cholesky)?
  private var free: [Int] = []
  private var unit = 1.0

  init(_ problem: Problem) throws {
    (processes, order, shared) = (
      problem.processes, problem.adjustable.count, problem.sharedCount
    )
    width = MatrixKernels.padded(order - shared)
    let all = MatrixKernels.padded(shared)
    let what = "damped system"
    ownMatrix = try Buffer(dimensions: [width, RowProducts.stride(width)], for: what)
    matrix = try Buffer(dimensions: [all, RowProducts.stride(all)], for: what)
    links = try Buffer(dimensions: [shared, width], for: what)
    images = try Buffer(dimensions: [shared, width], for: what)
    vector = try Buffer(count: max(all, width), for: what)
  }

  /// As `DampedSystem.step`.
  func step(
    gram: UnsafePointer<Double>, stride: Int, curvature: [Double]?, box: StepBox, damping: Double,
    unit: Double, poll: Poll
  ) throws -> [Double]? {
    (free, factors, self.unit) = ([], nil, unit)
    return try box.solve { free, held in
      self.free = free.filter { $0 < shared }
      guard try factorise(gram, stride, curvature, damping, poll) else { return nil }
      let fixed = (0..<shared).filter { held[$0] != 0 }
      let right = (0..<order).map { k in
        fixed.reduce(-box.gradient[k]) { $0 - gram[max($1, k) * stride + min($1, k)] * held[$1] }
      }
      // Own slots have no bounds: they are always free.
      guard let solution = solve(right) else { return nil }
      return free.map { solution[$0] }
    }
  }

  /// As `DampedSystem.correction`.
  func correction(_ gradient: [Double]) -> [Double]? { solve(gradient.map { -$0 }) }

  /// By all slots, 0 for those that are not free.
  private func solve(_ right: [Double]) -> [Double]? {
    guard let factors else { return nil }
    vector.zero()
    for k in 0..<own { vector.pointer[k] = right[shared + k] / unit }
    factors.own.solve(vector.pointer)
    let ownPart = (0..<own).map { vector.pointer[$0] }
    let moved = processes.sum(
      free.map { RowProducts.dot(links.pointer + $0 * width, vector.pointer, count: own) })
    vector.zero()
    for (i, k) in free.enumerated() { vector.pointer[i] = right[k] / unit - moved[i] }
    factors.shared.solve(vector.pointer)
    let found = processes.first(free.indices.map { vector.pointer[$0] }, count: free.count) ?? []
    var result = [Double](repeating: 0, count: order)
    for (k, value) in zip(free, found) {
      result[k] = value
      let image = images.pointer + k * width
      for j in 0..<own { result[shared + j] -= value * image[j] }
    }
    for j in 0..<own { result[shared + j] += ownPart[j] }
    return processes.all(result.allSatisfy(\.isFinite)) ? result : nil
  }

  private func factorise(
    _ gram: UnsafePointer<Double>, _ stride: Int, _ curvature: [Double]?, _ damping: Double,
    _ poll: Poll
  ) throws -> Bool {
    let (side, all) = (RowProducts.stride(width), MatrixKernels.padded(free.count))
    ownMatrix.zero()
    for i in 0..<width {
      let row = ownMatrix.pointer + i * side
      guard i < own else {
        row[i] = 1
        continue
      }
      let source = gram + (shared + i) * stride + shared
      for j in 0...i { row[j] = (source[j] + (i == j ? damping : 0)) / unit }
    }
    let ownFactors = try Cholesky(
      factorising: ownMatrix.pointer, order: width, stride: side, poll: poll)
    guard processes.all(ownFactors != nil), let ownFactors else { return false }
    links.zero()
    images.zero()
    for k in free {
      let (link, image) = (links.pointer + k * width, images.pointer + k * width)
      for j in 0..<own { link[j] = gram[(shared + j) * stride + k] / unit }
      image.update(from: link, count: width)
      ownFactors.solve(image)
      try poll()
    }
    var part: [Double] = []
    part.reserveCapacity(free.count * (free.count + 1) / 2)
    for (i, k) in free.enumerated() {
      for l in free[...i] {
        part.append(
          RowProducts.dot(links.pointer + k * width, images.pointer + l * width, count: own))
      }
    }
    part = processes.sum(part)
    let rowSize = RowProducts.stride(all)
    var next = 0
    for i in 0..<all {
      let row = matrix.pointer + i * rowSize
      row.update(repeating: 0, count: all)
      guard i < free.count else {
        row[i] = 1
        continue
      }
      let k = free[i]
      for j in 0...i {
        row[j] = gram[k * stride + free[j]] / unit - part[next]
        next += 1
      }
      row[i] += (damping + (curvature?[k] ?? 0)) / unit
    }
    let factors = try Cholesky(
      factorising: matrix.pointer, order: all, stride: rowSize, poll: poll)
    guard processes.all(factors != nil), let factors else { return false }
    self.factors = (ownFactors, factors)
    return true
  }
}
