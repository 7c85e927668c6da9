import BacktuneCriterion
import BacktuneNetwork

/// What a user should know of the data of an estimation.
extension Problem {
  /// Deviations that differ by more than that are named.
  private static let largestRatio = 10.0
  /// A mean beyond that many deviations is an offset.
  private static let offset = 10.0
  /// A size that is not about 1.
  private static let farUnit = 100.0

  /// Nothing is to be said of data by which no weight is adjusted.
  var notes: [EstimationNote] {
    guard !adjustable.isEmpty else { return [] }
    return (outputNotes + offsetNotes + fixedNotes).map { EstimationNote(kind: .units, text: $0) }
      + interpolationNotes
  }

  /// A regularisation of the weights decides among those that fit.
  private var interpolationNotes: [EstimationNote] {
    let values = outputMoments.reduce(0) { $0 + $1.count }
    let own = sequences.isNone ? 0 : adjustable.count - sharedCount
    let count = sharedCount + (hasOwnSlots ? processes.sum(own) : own)
    guard values > 0, weightTerms.isEmpty, count >= values else { return [] }
    return [.interpolates(weights: count, values: values)]
  }

  private var outputNotes: [String] {
    let varying = outputMoments.indices.filter { outputMoments[$0].deviation > 0 }
    guard !isBalanced, comparesValues,
      let least = varying.min(by: { outputMoments[$0].deviation < outputMoments[$1].deviation }),
      let most = varying.max(by: { outputMoments[$0].deviation < outputMoments[$1].deviation }),
      outputMoments[most].deviation > Self.largestRatio * outputMoments[least].deviation
    else { return [] }
    return [
      "the variances of the desired outputs differ by more than 100 (output \(least): deviation "
        + "\(Self.short(outputMoments[least].deviation)), output \(most): "
        + "\(Self.short(outputMoments[most].deviation))): small ones hardly count; "
        + "take gains \"balanced\" (option balanced) to give all an equal say"
    ]
  }

  /// Channels whose offset no bias makes up for.
  private var offsetNotes: [String] {
    let moments = sequences.inputMoments
    return scales.uncentred.compactMap { channel, group in
      let own = moments[channel]
      guard own.deviation > 0, abs(own.mean) > Self.offset * own.deviation else { return nil }
      return "input \(channel) has a mean of \(Self.short(own.mean)) and a deviation of "
        + "\(Self.short(own.deviation)), and group \(network.groups[group].name), which reads it, no free "
        + "bias to make up for that: take the mean out, or give it a bias"
    }
      + scales.uncentredOutputs.compactMap { output, group in
        let own = outputMoments[output]
        guard own.deviation > 0, abs(own.mean) > Self.offset * own.deviation else { return nil }
        return "output \(output), which is measured and read, has a mean of "
          + "\(Self.short(own.mean)) and a deviation of \(Self.short(own.deviation)), and group "
          + "\(network.groups[group].name) no free bias to make up for that: take the mean out, or "
          + "give it a bias"
      }
  }

  /// Channels, and what is measured of outputs, that are read by fixed weights alone, which cannot follow their units: a
  /// reservoir's.
  private var fixedNotes: [String] {
    var notes = fixedNotes(of: [Network.input], "input", sequences.inputMoments, first: 0)
    var output = 0
    for item in network.outputs where !outputMoments.isEmpty {
      let readers = network.groups.indices.filter {
        network.measuredSource(of: $0)?.group == item.group
      }
      let moments = Array(outputMoments[output..<output + item.count])
      notes += fixedNotes(of: readers, "output", moments, first: output)
      output += item.count
    }
    return notes
  }

  private func fixedNotes(
    of sources: [GroupID], _ kind: String, _ moments: [ChannelMoments], first: Int
  ) -> [String] {
    var (isRead, isAdjusted) = (moments.map { _ in false }, moments.map { _ in false })
    for (target, group) in network.groups.enumerated() {
      guard case .learnware(let learnware) = group.body else { continue }
      for connection in learnware.connections where sources.contains(connection.source.group) {
        network.forEachLink(of: connection, to: target) {
          guard moments.indices.contains($0.source) else { return }
          if network.slots.isFixed[$0.slot] {
            isRead[$0.source] = true
          } else {
            isAdjusted[$0.source] = true
          }
        }
      }
    }
    return moments.indices.compactMap { channel in
      let size = max(moments[channel].deviation, abs(moments[channel].mean))
      guard isRead[channel], !isAdjusted[channel], size > 0,
        !(1 / Self.farUnit...Self.farUnit).contains(size)
      else { return nil }
      return
        "\(kind) \(first + channel), of size \(Self.short(size)), is read by fixed weights alone, "
        + "which do not follow its units: bring it to a deviation of about 1"
    }
  }

  static func short(_ value: Double) -> String {
    let text = "\(value)"
    let parts = text.split(separator: "e")
    let digits = parts[0].prefix(parts.count > 1 ? 4 : 6)
    return parts.count > 1
      ? "\(digits)e\(parts[1])" : String(digits.hasSuffix(".") ? digits.dropLast() : digits)
  }
}
