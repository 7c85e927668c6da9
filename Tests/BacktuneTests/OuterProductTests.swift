import Testing

@testable import BacktuneNumerics

/// Sums over time of outer products, against sums written out: sizes around those of all tiles.
@Suite struct OuterProductTests {
  private static let times = 37
  private static let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 25, 33]

  @Test(arguments: sizes) func oneLane(rows: Int) throws {
    for columns in Self.sizes {
      let stride = Vector.padded(columns)
      let step = Vector.padded(rows) + stride + 8
      let data = Build.normal(step * Self.times + 64, seed: UInt64(rows * 100 + columns))
      let values = try Buffer(count: data.count, for: "test")
      for (k, value) in data.enumerated() { values.pointer[k] = value }
      let sums = try Buffer(count: rows * stride, for: "test")
      for k in 0..<rows * stride { sums.pointer[k] = 1 }
      let first = Vector.padded(rows)
      OuterProducts.add(
        values.pointer, rows: rows, values.pointer + first, columns: columns, step: step,
        times: Self.times, into: sums.pointer, stride: stride)
      for i in 0..<rows {
        for j in 0..<columns {
          var right = 1.0
          for t in 0..<Self.times {
            right += data[t * step + i] * data[t * step + first + j]
          }
          #expect(abs(sums.pointer[i * stride + j] - right) < 1e-12, "\(rows) x \(columns)")
        }
      }
    }
  }

  /// Side by side; sequences end, so that fewer and fewer run.
  @Test(arguments: [4, 8, 12, 16], [true, false]) func lanes(width: Int, end: Bool) throws {
    let active = (0..<Self.times).map { end ? max(1, width - $0 / 3) : width }
    for rows in Self.sizes {
      for columns in Self.sizes {
        let (stride, step) = (Vector.padded(columns), (rows + columns) * width)
        let data = Build.normal(step * Self.times, seed: UInt64(rows * 100 + columns))
        let values = try Buffer(count: data.count, for: "test")
        for (k, value) in data.enumerated() { values.pointer[k] = value }
        let sums = try Buffer(count: rows * stride, for: "test")
        active.withUnsafeBufferPointer {
          OuterProducts.addLanes(
            values.pointer, rows: rows, values.pointer + rows * width, columns: columns,
            step: step, width: width, active: $0, into: sums.pointer, stride: stride)
        }
        for i in 0..<rows {
          for j in 0..<columns {
            var right = 0.0
            for (t, lanes) in active.enumerated() {
              let (e, s) = (t * step + i * width, t * step + (rows + j) * width)
              for b in 0..<lanes { right += data[e + b] * data[s + b] }
            }
            #expect(abs(sums.pointer[i * stride + j] - right) < 1e-11, "\(rows) x \(columns)")
          }
        }
      }
    }
  }
}
