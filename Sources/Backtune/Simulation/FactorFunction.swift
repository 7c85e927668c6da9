import BacktuneNetwork
import BacktuneNumerics

/// A scalar function of firmware on a vector of values, and its derivative, ready to run: all that are a tanh of something are
/// one kind. The kind is looked at for each vector: whole terms then stay in registers, and a branch that always goes the
/// same way costs less than a pass over memory for each factor.
struct FactorFunction {
  typealias V = Vector

  enum Kind: UInt8 {
    case identity, squash, rising, relu, softplus, exp, log, reciprocal, square, step
  }

  let kind: Kind
  let squash: Squash
  /// Of a softplus.
  private let eps: Double

  /// Whether it is of `squash`, whose slope follows from its value.
  var isSquash: Bool { kind == .squash || kind == .rising }

  init(_ function: ScalarFunction) {
    var kind = Kind.squash
    var (squash, eps) = (Squash(mean: 0, half: 1, scale: 1, center: 0), 1.0)
    switch function {
    case .identity: kind = .identity
    case .zeta(let a, let b):
      squash = Squash(mean: (a + b) / 2, half: (b - a) / 2, scale: 2 / (b - a), center: 0)
    case .logistic:
      squash = Squash(mean: 0.5, half: 0.5, scale: 0.5, center: 0)
    case .upsilon(let w):
      squash = Squash(mean: 0.5, half: 0.5, scale: 2 * w, center: 0.5)
    case .relu: kind = .relu
    case .softplus(let width): (kind, eps) = (.softplus, width)
    case .exp: kind = .exp
    case .log: kind = .log
    case .reciprocal: kind = .reciprocal
    case .square: kind = .square
    case .step: kind = .step
    }
    if kind == .squash, squash.isRising { kind = .rising }
    (self.kind, self.squash, self.eps) = (kind, squash, eps)
  }

  @inline(__always)
  func value(_ u: V) -> V {
    switch kind {
    case .identity: u
    case .squash: squash(u)
    case .rising: squash.rising(u)
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
    case .squash: squash.slope(value: squash(u))
    case .rising: squash.slope(value: squash.rising(u))
    case .relu: V.zero.replacing(with: 1, where: u .> V.zero)
    case .softplus: (1 + VectorMath.tanh(u / (2 * eps))) * 0.5
    case .exp: VectorMath.exp(u)
    case .log: 1 / u
    case .reciprocal: -1 / (u * u)
    case .square: u + u
    case .step: V.zero
    }
  }

  /// eps log(1 + exp(u/eps)) = max(u, 0) + eps log1p(exp(-|u|/eps)), which does not overflow.
  @inline(__always)
  private func softplus(_ u: V) -> V {
    let magnitude = u.replacing(with: -u, where: u .< V.zero)
    return u.replacing(with: 0, where: u .< V.zero)
      + eps * VectorMath.log1p(VectorMath.exp(-magnitude / eps))
  }
}
