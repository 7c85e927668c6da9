import BacktuneCriterion
import BacktuneNumerics
import BacktuneSimulation

/// (J^T J + D + mu I) d = -g inside bounds where sequences learn starts of their own, beside the slots of all: starts of
/// different sequences, and processes, have nothing to do with each other. With A of the slots of all, C of the starts, a
/// block for each sequence, and B between them,
///
///     (A - sum B^T C^-1 B) d = -g + sum B^T C^-1 g_own,   d_own = -C^-1 (g_own + B d)
///
/// the sums going over processes: starts stay where they are.
final class ArrowSystem {
  /// Starts of a sequence.
  private struct Block {
    /// Their columns.
    let columns: Range<Int>
    /// Where they stand in vectors of starts, padding included, and their matrix among the others.
    let place: Int
    let matrix: Int

    var order: Int { MatrixKernels.padded(columns.count) }
    var stride: Int { RowProducts.stride(order) }
  }

  private let processes: Processes?
  private let order: Int
  private let shared: Int
  private let blocks: [Block]
  private let ownMatrices: Buffer
  private let matrix: Buffer
  /// B and C^-1 B, a row of starts for each slot of all, and a vector.
  private let links: Buffer
  private let images: Buffer
  private let vector: Buffer
  /// Of a row of starts.
  private let width: Int
  /// The last factors, and the free slots of all.
  private var factors: (own: [Cholesky], shared: Cholesky)?
  private var free: [Int] = []
  private var unit = 1.0

  /// - Parameter own: the columns of each sequence, nil if there is one sequence.
  init(_ problem: Problem, _ own: OwnColumns?) throws {
    processes = problem.processes
    let (order, shared) = (problem.adjustable.count, problem.network.adjustableCount)
    (self.order, self.shared) = (order, shared)
    let lists = own.map { own in (0..<problem.startCount).map { own.starts(of: $0) } }
    var (blocks, width, size) = ([Block](), 0, 0)
    for columns in lists ?? [Array(shared..<order)] where !columns.isEmpty {
      let block = Block(
        columns: columns[0]..<columns[0] + columns.count, place: width, matrix: size)
      blocks.append(block)
      (width, size) = (width + block.order, size + block.order * block.stride)
    }
    (self.blocks, self.width) = (blocks, width)
    let all = MatrixKernels.padded(shared)
    let what = "damped system"
    ownMatrices = try Buffer(count: size, for: what)
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
      // Starts have no bounds: they are always free.
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
    for (block, factor) in zip(blocks, factors.own) {
      let part = vector.pointer + block.place
      for (i, k) in block.columns.enumerated() { part[i] = right[k] / unit }
      factor.solve(part)
    }
    var ownPart = (0..<width).map { vector.pointer[$0] }
    let moved = processes.sum(
      free.map { RowProducts.dot(links.pointer + $0 * width, vector.pointer, count: width) })
    vector.zero()
    for (i, k) in free.enumerated() { vector.pointer[i] = right[k] / unit - moved[i] }
    factors.shared.solve(vector.pointer)
    let found = processes.first(free.indices.map { vector.pointer[$0] }, count: free.count) ?? []
    var result = [Double](repeating: 0, count: order)
    for (k, value) in zip(free, found) {
      result[k] = value
      let image = images.pointer + k * width
      for j in 0..<width { ownPart[j] -= value * image[j] }
    }
    for block in blocks {
      for (i, k) in block.columns.enumerated() { result[k] = ownPart[block.place + i] }
    }
    return processes.all(result.allSatisfy(\.isFinite)) ? result : nil
  }

  private func factorise(
    _ gram: UnsafePointer<Double>, _ stride: Int, _ curvature: [Double]?, _ damping: Double,
    _ poll: Poll
  ) throws -> Bool {
    let ownFactors = try factoriseStarts(gram, stride, curvature, damping, poll)
    guard processes.all(ownFactors.count == blocks.count) else { return false }
    links.zero()
    for block in blocks {
      for (i, row) in block.columns.enumerated() {
        for k in free { links.pointer[k * width + block.place + i] = gram[row * stride + k] / unit }
      }
    }
    for k in free {
      let image = images.pointer + k * width
      image.update(from: links.pointer + k * width, count: width)
      for (block, factor) in zip(blocks, ownFactors) { factor.solve(image + block.place) }
      try poll()
    }
    var part: [Double] = []
    part.reserveCapacity(free.count * (free.count + 1) / 2)
    for (i, k) in free.enumerated() {
      for l in free[...i] {
        part.append(
          RowProducts.dot(links.pointer + k * width, images.pointer + l * width, count: width))
      }
    }
    part = processes.sum(part)
    let all = MatrixKernels.padded(free.count)
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

  /// The factors of C, up to a block that is not positive definite.
  private func factoriseStarts(
    _ gram: UnsafePointer<Double>, _ stride: Int, _ curvature: [Double]?, _ damping: Double,
    _ poll: Poll
  ) throws -> [Cholesky] {
    var factors: [Cholesky] = []
    for block in blocks {
      let target = ownMatrices.pointer + block.matrix
      for i in 0..<block.order {
        let row = target + i * block.stride
        row.update(repeating: 0, count: block.order)
        guard i < block.columns.count else {
          row[i] = 1
          continue
        }
        let k = block.columns.lowerBound + i
        let source = gram + k * stride + block.columns.lowerBound
        for j in 0...i { row[j] = source[j] / unit }
        row[i] += (damping + (curvature?[k] ?? 0)) / unit
      }
      guard
        let factor = try Cholesky(
          factorising: target, order: block.order, stride: block.stride, poll: poll)
      else { return factors }
      factors.append(factor)
    }
    return factors
  }
}
