import BacktuneNetwork
import BacktuneNumerics

/// Copying between sequences, [time][channel] one after the other, and lanes.
extension Trajectory {
  /// Writes so many of the inputs of a sequence, T x M, in its lane: those from time `first` on.
  package func setInputs(
    _ inputs: UnsafePointer<Double>, count channels: Int, steps: Int, lane: Int,
    from first: Int = 0
  ) {
    let (lanes, size) = (layout.lanes, layout.rowSize)
    for t in first..<first + steps {
      let row = origin + t * size + lane
      for m in 0..<channels { row[m * lanes] = inputs[t * channels + m] }
    }
  }

  /// Writes what the inputs, and groups of which measurements are read, are before t = 0 in every lane.
  package func setRest(of network: Network) {
    let (lanes, values) = (layout.lanes, network.restValues)
    for (group, values) in network.groupRests { setPast(of: group, to: values) }
    for t in stride(from: -1, through: -layout.past, by: -1) {
      let row = row(t)
      for (m, value) in values.enumerated() {
        for lane in 0..<lanes { row[m * lanes + lane] = value }
      }
    }
  }

  /// Writes what the nodes of a group are before t = 0 in every lane.
  package func setPast(of group: GroupID, to values: [Double]) {
    let lanes = layout.lanes
    for t in -layout.past..<0 {
      let nodes = row(t) + layout.place(of: group)
      for (node, value) in values.enumerated() {
        for lane in 0..<lanes { nodes[node * lanes + lane] = value }
      }
    }
  }

  /// Makes the inputs of a lane u into (u - mean)/deviation, each channel its own, those before t = 0 too.
  package func normaliseInputs(means: [Double], deviations: [Double], steps: Int, lane: Int) {
    let lanes = layout.lanes
    for t in -layout.past..<steps {
      let row = row(t)
      for m in means.indices {
        let place = m * lanes + lane
        row[place] = (row[place] - means[m]) / deviations[m]
      }
    }
  }

  /// Copies the nodes of a group, T x size, out of a lane.
  package func copy(
    _ group: GroupID, nodes: Int, steps: Int, lane: Int, to target: UnsafeMutablePointer<Double>,
    stride: Int
  ) {
    let place = layout.place(of: group) + lane
    for t in 0..<steps {
      let row = origin + t * layout.rowSize + place
      for n in 0..<nodes { target[t * stride + n] = row[n * layout.lanes] }
    }
  }

  /// Writes the nodes of a group in a lane, value (t, n) being `source[first + t * stride + n]`.
  package func set(
    _ group: GroupID, nodes: Int, steps: Int, lane: Int, from source: UnsafeBufferPointer<Double>,
    first: Int, stride: Int
  ) {
    let place = layout.place(of: group) + lane
    for t in 0..<steps {
      let row = origin + t * layout.rowSize + place
      for n in 0..<nodes { row[n * layout.lanes] = source[first + t * stride + n] }
    }
  }

  /// Makes the last R rows before time `t` the past of t = 0.
  package func rewind(from t: Int) {
    let count = layout.past * layout.rowSize * MemoryLayout<Double>.stride
    memmove(row(-layout.past), row(t - layout.past), count)
  }

  /// Writes a flat state before t = 0 in a lane.
  package func setPast(_ state: UnsafePointer<Double>, lane: Int) {
    forEachPast { place, age, index, _ in row(-1 - age)[place + lane] = state[index] }
  }

  /// Reads the flat state before time `t` of a lane.
  package func past(
    before t: Int, lane: Int, into state: UnsafeMutablePointer<Double>
  ) {
    forEachPast { place, age, index, own in
      let row = row(t - 1 - age) + lane
      // Where nothing was measured, the group's own value is what is read.
      state[index] = row[place].isNaN ? row[own] : row[place]
    }
  }

  /// Calls `body(place in a row, age, index in the flat state, place of the value of the group itself)`.
  private func forEachPast(_ body: (Int, Int, Int, Int) -> Void) {
    for past in layout.state {
      let own = layout.place(of: past.group)
      let place = past.isMeasured ? layout.place(ofMeasured: past.group) : own
      for age in 0..<past.depth {
        for node in 0..<past.size {
          body(
            place + node * layout.lanes, age, past.offset + age * past.size + node,
            own + node * layout.lanes)
        }
      }
    }
  }
}

extension Layout {
  /// Calls `body` with the place in a trajectory of every value of these groups (first nodes of each), padding and ended
  /// sequences left out.
  @inline(__always)
  package func forEachValue(of groups: [Observed], _ batch: Batch, _ body: (Int) -> Void) {
    for t in 0..<batch.steps {
      for item in groups {
        let first = t * rowSize + place(of: item.group)
        for node in 0..<item.count {
          for lane in 0..<batch.active[t] { body(first + node * lanes + lane) }
        }
      }
    }
  }
}
