/// Products of matrices of any size and strides.
///
/// Own loops and no BLAS: a process holds one function of each name, so that a BLAS is whatever the program that loads
/// the engine has brought along (with integers of 64 bits it gave other numbers, silently), and OpenBLAS waits for ever
/// where the address space does not hold its work space. Blocks of both factors are copied in the order in which they
/// are read, as BLAS libraries do.
package enum GeneralProduct {
  /// A matrix in memory: element (i, j) at pointer[i * row + j * column].
  package struct View {
    var pointer: UnsafePointer<Double>
    var row: Int
    var column: Int

    package init(_ pointer: UnsafePointer<Double>, row: Int, column: Int) {
      (self.pointer, self.row, self.column) = (pointer, row, column)
    }

    /// The matrix from element (i, j) on.
    func from(_ i: Int, _ j: Int) -> View {
      View(pointer + i * row + j * column, row: row, column: column)
    }
  }

  /// Rows of a tile are vectors, as many as the registers hold beside their factors.
  #if BACKTUNE_V4
    private static let tileRows = 16
  #elseif BACKTUNE_FMA || arch(arm64)
    private static let tileRows = 12
  #else
    private static let tileRows = 4
  #endif
  private static let tileColumns = 4

  /// Blocks of A stay in the second-level cache, those of B in the third.
  private static let (blockRows, blockColumns, blockDepth) = (96, 512, 192)

  /// Below so many multiplications the copies do not pay.
  private static let smallest = 2000

  /// C += scale A B, C column-major: element (i, j) at c[i + j * stride].
  ///
  /// - Parameters:
  ///   - a: `rows` x `depth`.
  ///   - b: `depth` x `columns`.
  package static func add(
    rows: Int, columns: Int, depth: Int, scale: Double, _ a: View, _ b: View,
    into c: UnsafeMutablePointer<Double>, stride: Int
  ) {
    if rows <= 0 || columns <= 0 || depth <= 0 || scale == 0 { return }
    let m = roundedUp(min(rows, blockRows), tileRows)
    let n = roundedUp(min(columns, blockColumns), tileColumns)
    let k = min(depth, blockDepth)
    var space: UnsafeMutablePointer<Double>?
    if Double(rows) * Double(columns) * Double(depth) >= Double(smallest) {
      space = malloc((m + n) * k * MemoryLayout<Double>.stride)?
        .assumingMemoryBound(to: Double.self)
    }
    // Small, or no memory left.
    guard let space else { return addPlain(rows, columns, depth, scale, a, b, c, stride) }
    defer { free(space) }
    let (packedA, packedB) = (space, space + m * k)
    for j in Swift.stride(from: 0, to: columns, by: blockColumns) {
      let width = min(blockColumns, columns - j)
      for p in Swift.stride(from: 0, to: depth, by: blockDepth) {
        let count = min(blockDepth, depth - p)
        pack(b.from(p, j).transposed, width, count, tileColumns, 1, packedB)
        for i in Swift.stride(from: 0, to: rows, by: blockRows) {
          let height = min(blockRows, rows - i)
          if !LAPACK.wants(height * width * count) { return }
          pack(a.from(i, p), height, count, tileRows, scale, packedA)
          block(packedA, height, packedB, width, count, c + i + j * stride, stride)
        }
      }
    }
  }

  /// C += A A^T for A of `order` rows, at least the triangle of rows below columns (column-major, `order` apart); what
  /// stands above it is of no meaning.
  package static func addSquare(
    order: Int, depth: Int, _ a: View, into c: UnsafeMutablePointer<Double>
  ) {
    let width = 48
    for first in Swift.stride(from: 0, to: order, by: width) {
      add(
        rows: order - first, columns: min(width, order - first), depth: depth, scale: 1,
        a.from(first, 0), a.from(first, 0).transposed, into: c + first * (order + 1),
        stride: order)
    }
  }

  private static func roundedUp(_ count: Int, _ multiple: Int) -> Int {
    (count + multiple - 1) / multiple * multiple
  }

  /// Copies scale times a block, slivers of `height` rows one after the other, each column by column; rows that fill up
  /// the last one are zero.
  private static func pack(
    _ view: View, _ rows: Int, _ count: Int, _ height: Int, _ scale: Double,
    _ target: UnsafeMutablePointer<Double>
  ) {
    var target = target
    for first in Swift.stride(from: 0, to: rows, by: height) {
      let whole = min(height, rows - first)
      let source = view.pointer + first * view.row
      if whole == height && view.row == 1 {
        let factor = SIMD4(repeating: scale)
        var (p, q) = (source, target)
        for _ in 0..<count {
          var i = 0
          while i < height {
            MatrixKernels.store(factor * MatrixKernels.load(p + i), q + i)
            i += 4
          }
          p += view.column
          q += height
        }
      } else {
        for i in 0..<whole {
          var (p, q) = (source + i * view.row, target + i)
          for _ in 0..<count {
            q.pointee = scale * p.pointee
            p += view.column
            q += height
          }
        }
        for i in whole..<max(height, whole) {
          for k in 0..<count { target[k * height + i] = 0 }
        }
      }
      target += height * count
    }
  }

  private static func block(
    _ a: UnsafePointer<Double>, _ rows: Int, _ b: UnsafePointer<Double>, _ columns: Int,
    _ count: Int, _ c: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    for j in Swift.stride(from: 0, to: columns, by: tileColumns) {
      let width = min(tileColumns, columns - j)
      for i in Swift.stride(from: 0, to: rows, by: tileRows) {
        tile(
          a + i * count, b + j * count, count, c + i + j * stride, stride,
          min(tileRows, rows - i), width)
      }
    }
  }

  #if BACKTUNE_V4
    /// A tile of 16 x 4, of which `height` x `width` are added to C.
    @inline(__always)
    private static func tile(
      _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int,
      _ c: UnsafeMutablePointer<Double>, _ stride: Int, _ height: Int, _ width: Int
    ) {
      let zero = Vector.zero
      var (s00, s01, s02, s03) = (zero, zero, zero, zero)
      var (s10, s11, s12, s13) = (zero, zero, zero, zero)
      var (p, q) = (a, b)
      for _ in 0..<count {
        let (x, y) = (Vector(at: p), Vector(at: p + 8))
        let (f0, f1) = (Vector(repeating: q[0]), Vector(repeating: q[1]))
        s00 = multiplyAdd(x, f0, s00)
        s10 = multiplyAdd(y, f0, s10)
        s01 = multiplyAdd(x, f1, s01)
        s11 = multiplyAdd(y, f1, s11)
        let (f2, f3) = (Vector(repeating: q[2]), Vector(repeating: q[3]))
        s02 = multiplyAdd(x, f2, s02)
        s12 = multiplyAdd(y, f2, s12)
        s03 = multiplyAdd(x, f3, s03)
        s13 = multiplyAdd(y, f3, s13)
        p += 16
        q += 4
      }
      put(s00, s01, s02, s03, c, stride, min(height, 8), width)
      if height > 8 { put(s10, s11, s12, s13, c + 8, stride, height - 8, width) }
    }
  #elseif BACKTUNE_FMA || arch(arm64)
    /// A tile of 12 x 4, of which `height` x `width` are added to C.
    @inline(__always)
    private static func tile(
      _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int,
      _ c: UnsafeMutablePointer<Double>, _ stride: Int, _ height: Int, _ width: Int
    ) {
      typealias K = MatrixKernels
      let zero = SIMD4<Double>.zero
      var (s00, s01, s02, s03) = (zero, zero, zero, zero)
      var (s10, s11, s12, s13) = (zero, zero, zero, zero)
      var (s20, s21, s22, s23) = (zero, zero, zero, zero)
      var (p, q) = (a, b)
      for _ in 0..<count {
        let (x, y, z) = (K.load(p), K.load(p + 4), K.load(p + 8))
        let (f0, f1) = (SIMD4(repeating: q[0]), SIMD4(repeating: q[1]))
        s00 = multiplyAdd(x, f0, s00)
        s10 = multiplyAdd(y, f0, s10)
        s20 = multiplyAdd(z, f0, s20)
        s01 = multiplyAdd(x, f1, s01)
        s11 = multiplyAdd(y, f1, s11)
        s21 = multiplyAdd(z, f1, s21)
        let (f2, f3) = (SIMD4(repeating: q[2]), SIMD4(repeating: q[3]))
        s02 = multiplyAdd(x, f2, s02)
        s12 = multiplyAdd(y, f2, s12)
        s22 = multiplyAdd(z, f2, s22)
        s03 = multiplyAdd(x, f3, s03)
        s13 = multiplyAdd(y, f3, s13)
        s23 = multiplyAdd(z, f3, s23)
        p += 12
        q += 4
      }
      put(s00, s01, s02, s03, c, stride, min(height, 4), width)
      if height > 4 { put(s10, s11, s12, s13, c + 4, stride, min(height - 4, 4), width) }
      if height > 8 { put(s20, s21, s22, s23, c + 8, stride, height - 8, width) }
    }
  #else
    /// A tile of 4 x 4, of which `height` x `width` are added to C.
    @inline(__always)
    private static func tile(
      _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int,
      _ c: UnsafeMutablePointer<Double>, _ stride: Int, _ height: Int, _ width: Int
    ) {
      let zero = SIMD4<Double>.zero
      var (s0, s1, s2, s3) = (zero, zero, zero, zero)
      var (p, q) = (a, b)
      for _ in 0..<count {
        let x = MatrixKernels.load(p)
        s0 = multiplyAdd(x, SIMD4(repeating: q[0]), s0)
        s1 = multiplyAdd(x, SIMD4(repeating: q[1]), s1)
        s2 = multiplyAdd(x, SIMD4(repeating: q[2]), s2)
        s3 = multiplyAdd(x, SIMD4(repeating: q[3]), s3)
        p += 4
        q += 4
      }
      put(s0, s1, s2, s3, c, stride, height, width)
    }
  #endif

  /// Adds the first `height` values of the first `width` columns to C.
  @inline(__always)
  private static func put(
    _ s0: Vector, _ s1: Vector, _ s2: Vector, _ s3: Vector,
    _ c: UnsafeMutablePointer<Double>, _ stride: Int, _ height: Int, _ width: Int
  ) {
    column(s0, c, height)
    if width > 1 { column(s1, c + stride, height) }
    if width > 2 { column(s2, c + 2 * stride, height) }
    if width > 3 { column(s3, c + 3 * stride, height) }
  }

  @inline(__always)
  private static func column(
    _ s: Vector, _ c: UnsafeMutablePointer<Double>, _ height: Int
  ) {
    if height == Vector.width {
      (Vector(at: c) + s).store(c)
    } else {
      for i in 0..<height { c[i] += s[i] }
    }
  }

  /// Without any work space.
  private static func addPlain(
    _ rows: Int, _ columns: Int, _ depth: Int, _ scale: Double, _ a: View, _ b: View,
    _ c: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    for j in 0..<columns {
      let target = c + j * stride
      for p in 0..<depth {
        let factor = scale * b.pointer[p * b.row + j * b.column]
        let source = a.pointer + p * a.column
        if a.row == 1 {
          Vectors.add(factor, source, to: target, count: rows)
        } else {
          for i in 0..<rows { target[i] = multiplyAdd(factor, source[i * a.row], target[i]) }
        }
      }
    }
  }
}

extension GeneralProduct.View {
  package var transposed: Self { Self(pointer, row: column, column: row) }
}
