import BacktuneNetwork
import BacktuneNumerics

/// A scalar function of firmware on a vector of values, and its derivative, ready to run: all that are a tanh of something are
/// one kind. The kind is looked at for each vector: whole terms then stay in registers, and a branch that always goes the
/// same way costs less than a pass over memory for each factor.
struct FactorFunction {
  typealias V = Vector

  enum Kind: UInt8 { case identity, squash, relu, softplus, exp, log, reciprocal, square, step }

  let kind: Kind
  /// mean + half tanh((u - center) scale); softplus takes its eps in `half`.
  let mean: Double
  let half: Double
  let center: Double
  let scale: Double

  init(_ function: ScalarFunction) {
    func squash(
      _ mean: Double, _ half: Double, _ scale: Double, center: Double = 0
    ) -> (Kind, Double, Double, Double, Double) { (.squash, mean, half, center, scale) }
    (kind, mean, half, center, scale) =
      switch function {
      case .identity: (.identity, 0, 1, 0, 1)
      case .zeta(let a, let b): squash((a + b) / 2, (b - a) / 2, 2 / (b - a))
      case .logistic: squash(0.5, 0.5, 0.5)
      case .upsilon(let w): squash(0.5, 0.5, 2 * w, center: 0.5)
      case .relu: (.relu, 0, 1, 0, 1)
      case .softplus(let eps): (.softplus, 0, eps, 0, 1)
      case .exp: (.exp, 0, 1, 0, 1)
      case .log: (.log, 0, 1, 0, 1)
      case .reciprocal: (.reciprocal, 0, 1, 0, 1)
      case .square: (.square, 0, 1, 0, 1)
      case .step: (.step, 0, 1, 0, 1)
      }
  }

  @inline(__always)
  func value(_ u: V) -> V {
    switch kind {
    case .identity: u
    case .squash: squashed(u)
    case .relu: u.replacing(with: 0, where: u .< V.zero)
    case .softplus: softplus(u)
    case .exp: VectorMath.exp(u)
    case .log: VectorMath.log(u)
    case .reciprocal: 1 / u
    case .square: u * u
    case .step:
      // 0, 1/2, 1 below, at, above 1/2; NaN stays NaN.
      u.replacing(with: 0.5, where: u .== V(repeating: 0.5))
        .replacing(with: 0, where: u .< V(repeating: 0.5))
        .replacing(with: 1, where: u .> V(repeating: 0.5))
    }
  }

  /// The derivative of relu at 0 is 0, as is that of the step everywhere.
  @inline(__always)
  func slope(_ u: V) -> V {
    switch kind {
    case .identity: V(repeating: 1)
    case .squash: slope(tanh: VectorMath.tanh((u - center) * scale))
    case .relu: V.zero.replacing(with: 1, where: u .> V.zero)
    case .softplus: (1 + VectorMath.tanh(u / (2 * half))) * 0.5
    case .exp: VectorMath.exp(u)
    case .log: 1 / u
    case .reciprocal: -1 / (u * u)
    case .square: u + u
    case .step: V.zero
    }
  }

  @inline(__always)
  func squashed(_ u: V) -> V {
    multiplyAdd(
      V(repeating: half), VectorMath.tanh((u - center) * scale), V(repeating: mean))
  }

  /// The derivative of a squash from its value, without its tanh.
  @inline(__always)
  func slope(value v: V) -> V { slope(tanh: (v - mean) * (1 / half)) }

  @inline(__always)
  private func slope(tanh h: V) -> V { (1 - h * h) * (half * scale) }

  /// eps log(1 + exp(u/eps)) = max(u, 0) + eps log1p(exp(-|u|/eps)), which does not overflow.
  @inline(__always)
  private func softplus(_ u: V) -> V {
    let magnitude = u.replacing(with: -u, where: u .< V.zero)
    return u.replacing(with: 0, where: u .< V.zero)
      + half * VectorMath.log1p(VectorMath.exp(-magnitude / half))
  }
}
