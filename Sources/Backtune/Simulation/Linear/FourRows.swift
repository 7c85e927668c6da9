import BacktuneNumerics

/// Rows on their way into a matrix that stands column after column: four at once, so that what is written of a column is
/// a vector.
final class FourRows {
  private let buffer: Buffer
  private let columns: Int

  init(columns: Int) throws {
    self.columns = columns
    buffer = try Buffer(dimensions: [4, columns], for: "tangents of the weights")
  }

  /// Takes row number `row`, `weight` times what stands `step` apart; each after the one before.
  @inline(__always)
  func put(
    _ row: Int, _ weight: Double, _ source: UnsafePointer<Double>, by step: Int,
    into target: UnsafeMutablePointer<Double>, stride: Int
  ) {
    let place = buffer.pointer + row % 4 * columns
    for k in 0..<columns { place[k] = weight * source[k * step] }
    if row % 4 == 3 { flush(target + row - 3, stride) }
  }

  /// Writes the last of so many rows, and zeros up to a multiple of four.
  func finish(_ rows: Int, into target: UnsafeMutablePointer<Double>, stride: Int) {
    if rows % 4 == 0 { return }
    (buffer.pointer + rows % 4 * columns).update(repeating: 0, count: (4 - rows % 4) * columns)
    flush(target + rows / 4 * 4, stride)
  }

  private func flush(_ target: UnsafeMutablePointer<Double>, _ stride: Int) {
    let a = buffer.pointer
    let (b, c, d) = (a + columns, a + 2 * columns, a + 3 * columns)
    for k in 0..<columns {
      MatrixKernels.store(SIMD4(a[k], b[k], c[k], d[k]), target + k * stride)
    }
  }
}
