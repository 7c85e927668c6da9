import Testing

@testable import BacktuneNumerics

/// Products of a packed matrix with values in several places, against sums written out.
@Suite struct PanelProductTests {
  /// A matrix, packed, and the places of what it is multiplied by.
  private struct Sample {
    let rows: Int
    let columns: Int
    let matrix: [Double]
    let packed: Buffer
    let segments: [PanelProducts.Segment]
    /// First place of every column.
    let places: [Int]
    /// Values from the first to the last place, of one lane.
    let extent: Int

    /// - Parameter parts: the columns of each segment.
    init(rows: Int, parts: [Int], width: Int) throws {
      let columns = parts.reduce(0, +)
      (self.rows, self.columns) = (rows, columns)
      matrix = Build.normal(rows * columns, seed: UInt64(rows))
      packed = try Buffer(
        count: max(1, PanelProducts.count(rows: rows, columns: columns)), for: "test")
      for i in 0..<rows {
        for j in 0..<columns {
          let place = PanelProducts.place(row: i, column: j, columns: columns)
          packed.pointer[place] = matrix[i * columns + j]
        }
      }
      // Apart, and the later ones in front.
      var segments: [PanelProducts.Segment] = []
      var places: [[Int]] = []
      var next = 0
      for count in parts.reversed() {
        next += 3
        let first = next
        segments.insert(.init(shift: first * width, columns: count), at: 0)
        places.insert((0..<count).map { first + $0 }, at: 0)
        next += count
      }
      self.segments = segments
      self.places = places.flatMap { $0 }
      extent = next + 3
    }

    /// What a lane sums.
    func sum(_ row: Int, from start: Double, _ x: (Int) -> Double) -> Double {
      (0..<columns).reduce(start) { $0 + matrix[row * columns + $1] * x(places[$1]) }
    }
  }

  private static let partitions = [
    [], [1], [2], [3], [4, 1], [1, 1, 1], [7, 2], [5, 3, 6], [0, 2],
  ]

  /// Of one lane: rows of all residues around the blocks of 16, 8 and 4.
  @Test(arguments: 1...37) func oneLane(rows: Int) throws {
    for parts in Self.partitions {
      let sample = try Sample(rows: rows, parts: parts, width: 1)
      let x = try Self.values(sample, width: 1, lanes: 1)
      let padded = Vector.padded(rows)
      for isInPlace in [false, true] {
        let start = Build.normal(padded, seed: 3)
        let (y0, y) = (
          try Buffer(count: padded, for: "test"), try Buffer(count: padded + 4, for: "test")
        )
        for k in 0..<padded { y0.pointer[k] = start[k] }
        for k in 0..<padded + 4 { y.pointer[k] = isInPlace && k < padded ? start[k] : 7 }
        sample.segments.withUnsafeBufferPointer {
          PanelProducts.multiply(
            sample.packed.pointer, rows: rows, columns: sample.columns, $0, x.pointer,
            from: isInPlace ? y.pointer : y0.pointer, into: y.pointer)
        }
        for i in 0..<rows {
          let expected = sample.sum(i, from: start[i]) { x.pointer[$0] }
          #expect(abs(y.pointer[i] - expected) <= 1e-14 * 40, "\(rows) x \(parts), row \(i)")
        }
        // Padding is that of y0: the packed matrix has zeros there. Nothing is written after it.
        for i in rows..<padded { #expect(y.pointer[i] == start[i]) }
        for i in padded..<padded + 4 { #expect(y.pointer[i] == 7) }
      }
    }
  }

  /// Of several lanes: the first of more that there are, all residues of rows and lanes.
  @Test(arguments: 1...9) func lanes(rows: Int) throws {
    for parts in Self.partitions {
      for lanes in 1...21 {
        for width in [lanes, lanes + 3] {
          for hasBias in [false, true] {
            try Self.check(rows, parts, width, lanes, hasBias)
          }
        }
      }
    }
  }

  private static func check(
    _ rows: Int, _ parts: [Int], _ width: Int, _ lanes: Int, _ hasBias: Bool
  ) throws {
    let sample = try Sample(rows: rows, parts: parts, width: width)
    let x = try values(sample, width: width, lanes: lanes)
    let start = Build.normal(rows * width, seed: 4)
    let bias = Build.normal(rows, seed: 5)
    let y = try Buffer(count: rows * width + 4, for: "test")
    for k in 0..<rows * width { y.pointer[k] = start[k] }
    bias.withUnsafeBufferPointer { bias in
      sample.segments.withUnsafeBufferPointer {
        PanelProducts.multiply(
          sample.packed.pointer, rows: rows, columns: sample.columns, $0, x.pointer,
          bias: hasBias ? bias.baseAddress : nil, into: y.pointer, width: width, lanes: lanes)
      }
    }
    var largest = 0.0
    var isUntouched = true
    for i in 0..<rows {
      for lane in 0..<lanes {
        let expected = sample.sum(i, from: hasBias ? bias[i] : start[i * width + lane]) {
          x.pointer[$0 * width + lane]
        }
        largest = max(largest, abs(y.pointer[i * width + lane] - expected))
        if y.pointer[i * width + lane].isNaN { largest = .infinity }
      }
      for lane in lanes..<width {
        isUntouched = isUntouched && y.pointer[i * width + lane] == start[i * width + lane]
      }
    }
    for k in 0..<4 { isUntouched = isUntouched && y.pointer[rows * width + k] == 0 }
    let what = "\(rows) x \(parts), \(lanes) of \(width) lanes, bias: \(hasBias)"
    #expect(largest <= 1e-14 * 40, "\(what): \(largest)")
    #expect(isUntouched, "\(what)")
  }

  /// The bits of a lane do not depend on its place, nor on how many run.
  @Test(arguments: [1, 2, 3, 4, 5, 8, 11]) func lanesAreAlike(rows: Int) throws {
    let parts = [5, 3, 6]
    var reference: [UInt64]?
    for (lanes, width) in [(1, 1), (4, 4), (8, 8), (16, 16), (7, 16), (13, 13), (5, 8)] {
      let sample = try Sample(rows: rows, parts: parts, width: width)
      let own = Build.normal(sample.extent, seed: 6)
      let x = try Buffer(count: sample.extent * width, for: "test")
      for k in 0..<sample.extent * width { x.pointer[k] = own[k / width] }
      let bias = Build.normal(rows, seed: 5)
      let y = try Buffer(count: rows * width, for: "test")
      bias.withUnsafeBufferPointer { bias in
        sample.segments.withUnsafeBufferPointer {
          PanelProducts.multiply(
            sample.packed.pointer, rows: rows, columns: sample.columns, $0, x.pointer,
            bias: bias.baseAddress, into: y.pointer, width: width, lanes: lanes)
        }
      }
      for lane in 0..<lanes {
        let bits = (0..<rows).map { y.pointer[$0 * width + lane].bitPattern }
        #expect(bits == reference ?? bits, "\(rows) rows, lane \(lane) of \(lanes)")
        reference = bits
      }
    }
  }

  /// Normal values where they count, NaN between segments and in lanes that do not run.
  private static func values(_ sample: Sample, width: Int, lanes: Int) throws -> Buffer {
    let x = try Buffer(count: sample.extent * width, for: "test")
    let own = Build.normal(sample.extent * width, seed: 2)
    let isRead = Set(sample.places)
    for k in 0..<sample.extent * width {
      x.pointer[k] = isRead.contains(k / width) && k % width < lanes ? own[k] : .nan
    }
    return x
  }
}
