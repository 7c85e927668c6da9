/// How costs fall: c(t) = alpha exp(-t/tau) + beta, estimated from c(0) ... c(T-1) (footnote 9 of
/// the paper).
///
/// Later costs count more: the pair (t-1, t) has the weight gamma^(T-t), gamma = exp(log(0.1)/W),
/// so that what lies a window W in the past counts a tenth. Pairs with a value that is not finite
/// are left out.
public struct DecayFit: Sendable {
  /// tau, in iterations: -1/slope of the weighted regression of log(c(t-1) - c(t)) on t over the
  /// decreasing pairs. NaN with fewer than two of them, and where the falls do not shrink.
  public let decayTime: Double

  /// beta, the cost towards which the series falls: the weighted mean of c(t) - (c(t-1) -
  /// c(t))/(exp(1/tau) - 1) over those t where it lies between 0 and the least cost. NaN where
  /// there is none, or no decay time.
  public let finalBias: Double

  /// alpha, which the intercept of the regression gives: log(alpha (exp(1/tau) - 1)). NaN without decay time.
  public let amplitude: Double

  /// - Parameter window: W, the length of the series by default; below 1 it counts as 1.
  public init(_ costs: [Double], window: Int? = nil) {
    let logGamma = VectorMath.log(0.1) / Double(max(window ?? costs.count, 1))
    // Relative to the last pair that falls: an old one in a short window keeps a weight that is not 0.
    let last = costs.indices.last { $0 > 0 && costs[$0 - 1] - costs[$0] > 0 } ?? 0
    let pairs = costs.indices.dropFirst().compactMap { t -> Pair? in
      let fall = costs[t - 1] - costs[t]
      guard fall > 0, fall.isFinite else { return nil }
      return Pair(
        time: Double(t), cost: costs[t], fall: fall,
        weight: VectorMath.exp(logGamma * Double(last - t)))
    }
    let line = Self.regression(pairs)
    let least = costs.filter(\.isFinite).min() ?? .nan
    decayTime = line.slope < 0 ? -1 / line.slope : .nan
    amplitude = VectorMath.exp(line.intercept) / VectorMath.expm1(1 / decayTime)
    finalBias = Self.finalBias(pairs, decayTime: decayTime, least: least)
  }

  /// Two neighbouring costs.
  private struct Pair {
    let time: Double
    /// The later cost, and how much the earlier one is higher.
    let cost: Double
    let fall: Double
    let weight: Double
  }

  /// The line of log(c(t-1) - c(t)) over t; NaN with fewer than two decreasing pairs.
  private static func regression(_ decreasing: [Pair]) -> (slope: Double, intercept: Double) {
    guard decreasing.count >= 2 else { return (.nan, .nan) }
    let points = decreasing.map { (x: $0.time, y: VectorMath.log($0.fall), weight: $0.weight) }
    let total = points.reduce(0) { $0 + $1.weight }
    let meanX = points.reduce(0) { $0 + $1.weight * $1.x } / total
    let meanY = points.reduce(0) { $0 + $1.weight * $1.y } / total
    let covariance = points.reduce(0) { $0 + $1.weight * ($1.x - meanX) * ($1.y - meanY) }
    let variance = points.reduce(0) { $0 + $1.weight * ($1.x - meanX) * ($1.x - meanX) }
    let slope = covariance / variance
    return (slope, meanY - slope * meanX)
  }

  private static func finalBias(_ pairs: [Pair], decayTime: Double, least: Double) -> Double {
    let growth = VectorMath.expm1(1 / decayTime)
    var total = 0.0
    var sum = 0.0
    for pair in pairs {
      let bias = pair.cost - pair.fall / growth
      guard bias > 0, bias < least else { continue }
      total += pair.weight
      sum += pair.weight * bias
    }
    return sum / total
  }
}
