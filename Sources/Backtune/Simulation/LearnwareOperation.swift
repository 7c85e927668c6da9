import BacktuneNetwork
import BacktuneNumerics

/// v_i(t) = a_i + sum_k sum_j W^k_ij s^k_j(t - l_k), of one group or of several that read the same sources.
///
/// All dense connections are one packed matrix, whose columns are the sources one after the other, those of the network
/// input last; diagonals and lists of entries are added to its product.
final class LearnwareOperation: Operation {
  typealias Segment = PanelProducts.Segment

  /// Columns of the matrix that read one source.
  struct Columns {
    let source: Source
    let first: Int
    let count: Int
    let shift: Int
    /// Place of its transposed matrix; the network input has no adjoint value.
    let transposed: Int
    var isInput: Bool { source.group == Network.input }
  }

  let groups: [GroupID]
  let span: Span
  let rowSize: Int
  let partialCount = 0
  let columns: [Columns]
  private let columnCount: Int
  let blocks: [MatrixBlock]
  let biasSlots: [(row: Int, slot: Int)]
  /// Places among the packed weights: one bias a row (0 without), zeros, the matrix.
  private let bias: Int
  let zeros: Int
  private let matrix: Int
  /// The same tables for the loops, without reference counting.
  private let segments: UnsafeMutableBufferPointer<Segment>
  private let ownSegments: UnsafeMutableBufferPointer<Segment>
  let pulls: UnsafeMutableBufferPointer<Pull>
  let diagonals: UnsafeMutableBufferPointer<DiagonalBlock>
  let lists: UnsafeMutableBufferPointer<IndexedBlock>
  /// Padding between groups, which the transposed product would read.
  let gaps: UnsafeMutableBufferPointer<Gap>

  /// The operation's own rows, as the transposed product reads them.
  let ownRows: UnsafeMutableBufferPointer<Segment>

  struct Gap {
    let first: Int
    let count: Int
  }

  init(
    _ groups: [GroupID], _ network: Network, _ layout: Layout, _ memory: inout ProgramMemory
  ) throws {
    self.groups = groups
    span = Span(groups, network: network, layout: layout)
    rowSize = layout.rowSize
    let (lanes, rows) = (layout.lanes, span.nodes)
    var (biasSlots, gaps): ([(Int, Int)], [Gap]) = ([], [])
    var (columns, columnCount) = ([Columns](), 0)
    var matrices: [(row: Int, rows: Int, column: Int, Connection, slots: [Int])] = []
    var diagonals: [DiagonalBlock] = []
    var lists: [(entries: [IndexedBlock.Entry], shift: Int, isInput: Bool, weights: Int)] = []
    bias = memory.takeWeights(Vector.padded(rows))
    // Those of the input stand last, so that products of tangents, where it is 0, leave them out.
    for isInput in [false, true] {
      var row = 0
      for group in groups {
        let size = network.groups[group].size
        defer { row += Layout.padded(size, lanes: lanes) }
        guard case .learnware(let body) = network.groups[group].body else { continue }
        // Of this group, so that two connections with one source have columns each.
        var taken: Set<Int> = []
        for connection in body.connections
        where (connection.source.group == Network.input) == isInput {
          let (source, first) = (
            connection.source, network.arrays[connection.array].slots.lowerBound
          )
          let shift = layout.shift(to: source)
          switch try ConnectionBlock.of(connection, to: group, network, lanes: lanes) {
          case .matrix(let slots):
            let count = network.size(of: source.group)
            var place = columns.indices.first {
              columns[$0].source == source && !taken.contains($0)
            }
            if place == nil {
              let (size, overflow) = rows.multipliedReportingOverflow(by: count)
              try MemoryBudget.bytes(
                doubles: [overflow ? .max : size, 2],
                for: "connection \(network.arrays[connection.array].name)")
              let transposed =
                isInput ? 0 : memory.takeWeights(PanelProducts.count(rows: count, columns: rows))
              place = columns.count
              columns.append(
                Columns(
                  source: source, first: columnCount, count: count, shift: shift,
                  transposed: transposed))
              columnCount += count
            }
            guard let place else { continue }
            taken.insert(place)
            matrices.append((row, size, place, connection, slots))
          case .diagonal:
            diagonals.append(
              DiagonalBlock(
                row: row, rows: size, shift: shift, isInput: isInput, width: lanes,
                firstSlot: first, weights: memory.takeWeights(Vector.padded(size))))
          case .list(let entries):
            lists.append(
              (
                entries.map { .init(row: row + $0.row, column: $0.column, slot: $0.slot) }, shift,
                isInput, memory.takeWeights(entries.count)
              ))
          }
        }
        if isInput { continue }
        if let bias = body.bias {
          for (node, slot) in network.biasSlots(bias, size: size).enumerated() {
            biasSlots.append((row + node, slot))
          }
        }
        let padding = Layout.padded(size, lanes: lanes) - size
        if padding > 0, group != groups[groups.count - 1] {
          gaps.append(Gap(first: row + size, count: padding))
        }
      }
    }
    zeros = memory.takeWeights(Vector.padded(columns.reduce(rows) { max($0, $1.count) }))
    matrix = memory.takeWeights(PanelProducts.count(rows: rows, columns: columnCount))
    blocks = matrices.map {
      MatrixBlock(
        row: $0.row, column: $0.column, rows: $0.rows, columns: columns[$0.column].count,
        slotOfEntry: $0.slots, firstSlot: network.arrays[$0.3.array].slots.lowerBound)
    }
    (self.biasSlots, self.columns, self.columnCount) = (biasSlots, columns, columnCount)
    segments = .table(columns.map { Segment(shift: $0.shift, columns: $0.count) })
    let own = columns.filter { !$0.isInput }
    ownSegments = .table(own.map { Segment(shift: $0.shift, columns: $0.count) })
    pulls = .table(
      own.map {
        Pull(source: $0.source, shift: $0.shift, columns: $0.count, transposed: $0.transposed)
      })
    self.diagonals = .table(diagonals)
    self.lists = .table(
      lists.map {
        IndexedBlock(
          entries: .table($0.entries), shift: $0.shift, isInput: $0.isInput, width: lanes,
          weights: $0.weights)
      })
    self.gaps = .table(gaps)
    self.rows = span.size + gaps.reduce(0) { $0 + $1.count }
    ownRows = .table([Segment(shift: 0, columns: self.rows)])
  }

  deinit {
    for list in lists { list.entries.deallocate() }
    segments.deallocate()
    ownSegments.deallocate()
    pulls.deallocate()
    diagonals.deallocate()
    lists.deallocate()
    gaps.deallocate()
    ownRows.deallocate()
  }

  /// Rows of the matrix that the transposed product reads: all but the last padding.
  let rows: Int

  func pack(_ slots: Values, into weights: Target) {
    for (row, slot) in biasSlots { weights[bias + row] = slots[slot] }
    let rows = rows
    for block in blocks {
      let own = columns[block.column]
      let (a, b) = (weights + matrix, weights + own.transposed)
      block.forEachEntry { i, j, slot in
        let row = block.row + i
        a[PanelProducts.place(row: row, column: own.first + j, columns: columnCount)] =
          slots[slot]
        if !own.isInput {
          b[PanelProducts.place(row: j, column: row, columns: rows)] = slots[slot]
        }
      }
    }
    for block in diagonals { block.pack(slots, into: weights) }
    for block in lists { block.pack(slots, into: weights) }
  }

  func forward(_ frame: Frame, _ states: Values, into target: Target, lanes: Int) {
    let y = target + span.place
    let (w, bias) = (frame.weights, frame.weights + bias)
    multiply(w, segments, states, from: bias, into: y, lanes)
    for block in diagonals { block.multiply(w, states, into: y, lanes: lanes) }
    for block in lists { block.multiply(w, states, into: y, lanes: lanes) }
  }

  /// Whether `forward` may write tanh of the values too.
  var takesTanh: Bool {
    span.width == 1 && groups.count == 1 && !segments.isEmpty && diagonals.isEmpty && lists.isEmpty
  }

  /// The same of one lane, and tanh of the values.
  func forward(_ frame: Frame, _ states: Values, into target: Target, tanhShift: Int) {
    PanelProducts.multiply(
      frame.weights + matrix, rows: span.nodes, columns: columnCount,
      UnsafeBufferPointer(segments), states, from: frame.weights + bias,
      into: target + span.place, tanhShift: tanhShift)
  }

  func storePartials(_ states: Values, values: Values, into target: Target, lanes: Int) {}

  func tangent(_ frame: Frame, _ partials: some Partials, _ row: Target, lanes: Int) {
    let (w, y) = (frame.weights, row + span.place)
    multiply(w, ownSegments, row, from: w + zeros, into: y, lanes)
    for block in diagonals where !block.isInput { block.multiply(w, row, into: y, lanes: lanes) }
    for block in lists where !block.isInput { block.multiply(w, row, into: y, lanes: lanes) }
  }

  func addDirection(_ direction: Frame, _ states: Values, into row: Target, lanes: Int) {
    let (w, y) = (direction.weights, row + span.place)
    if span.width == 1 {
      Vectors.add(1, w + bias, to: y, count: span.nodes)
    } else {
      for node in 0..<span.nodes {
        Vectors.add(w[bias + node], to: y + node * span.width, count: lanes)
      }
    }
    multiply(w, segments, states, from: nil, into: y, lanes)
    for block in diagonals { block.multiply(w, states, into: y, lanes: lanes) }
    for block in lists { block.multiply(w, states, into: y, lanes: lanes) }
  }

  /// y = bias + A x, or y += A x.
  @inline(__always)
  private func multiply(
    _ weights: Values, _ segments: UnsafeMutableBufferPointer<Segment>, _ x: Values,
    from bias: Values?, into y: Target, _ lanes: Int
  ) {
    if segments.isEmpty {
      guard let bias else { return }
      if span.width == 1 {
        y.update(from: bias, count: span.nodes)
      } else {
        for node in 0..<span.nodes {
          (y + node * span.width).update(repeating: bias[node], count: lanes)
        }
      }
    } else if span.width == 1 {
      PanelProducts.multiply(
        weights + matrix, rows: span.nodes, columns: columnCount, UnsafeBufferPointer(segments), x,
        from: bias ?? UnsafePointer(y), into: y)
    } else {
      PanelProducts.multiply(
        weights + matrix, rows: span.nodes, columns: columnCount, UnsafeBufferPointer(segments), x,
        bias: bias, into: y, width: span.width, lanes: lanes)
    }
  }
}

extension UnsafeMutableBufferPointer {
  /// A table that is to be deallocated.
  static func table(_ values: [Element]) -> Self {
    let table = allocate(capacity: values.count)
    _ = table.initialize(from: values)
    return table
  }
}
