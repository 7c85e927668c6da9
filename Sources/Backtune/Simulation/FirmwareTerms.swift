import BacktuneNetwork
import BacktuneNumerics

/// The terms of a firmware group as its loops read them, without reference counting.
struct FirmwareTerms {
  /// A factor: where its source stands from the row of time t.
  struct Part {
    let function: FactorFunction
    let shift: Int
    let isBroadcast: Bool
    /// The network input has no adjoint value.
    let isInput: Bool
    /// Its number among the distinct factors.
    let value: Int
  }

  struct Sum {
    let coefficient: Double
    let first: Int
    let factors: Int
  }

  let parts: UnsafeMutableBufferPointer<Part>
  let sums: UnsafeMutableBufferPointer<Sum>
  /// The first of the factors that are the same, by their number in `parts`.
  let distinct: UnsafeMutableBufferPointer<Int>
  let hasBroadcast: Bool
  let width: Int
  let size: Int

  init(_ firmware: Firmware, _ span: Span, _ network: Network, _ layout: Layout) {
    (width, size) = (span.width, span.size)
    let factors = firmware.terms.flatMap(\.factors)
    var (distinct, values): ([Int], [Factor: Int]) = ([], [:])
    parts = .table(
      factors.enumerated().map { place, factor in
        let value = values[factor] ?? distinct.count
        if value == distinct.count {
          values[factor] = value
          distinct.append(place)
        }
        return Part(
          function: FactorFunction(factor.function), shift: layout.shift(to: factor.source),
          isBroadcast: network.size(of: factor.source.group) == 1 && span.size != 1,
          isInput: factor.source.group == Network.input,
          value: value)
      })
    self.distinct = .table(distinct)
    var first = 0
    sums = .table(
      firmware.terms.map { term in
        defer { first += term.factors.count }
        return Sum(coefficient: term.coefficient, first: first, factors: term.factors.count)
      })
    hasBroadcast = parts.contains { $0.isBroadcast }
  }

  func deallocate() {
    parts.deallocate()
    distinct.deallocate()
    sums.deallocate()
  }

  /// A vector of values of the source of a factor.
  @inline(__always)
  func source(
    _ part: Part, _ row: UnsafePointer<Double>, _ place: Int, _ node: Int, _ n: Int
  ) -> Vector {
    guard part.isBroadcast else { return Lanes.read(row + part.shift + place, n) }
    if width == 1 { return Vector(repeating: row[part.shift]) }
    return Lanes.read(row + part.shift + place - node * width, n)
  }
}
