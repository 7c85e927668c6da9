import BacktuneNetwork
import BacktuneNumerics

/// A scalar function on four values, and its derivative. One struct a function, so that loops are specialised to it:
/// closures in their place were called for each vector.
protocol VectorFunction {
  typealias V = SIMD4<Double>
  func value(_ u: V) -> V
  func slope(_ u: V) -> V
}

/// What is to be done with a function that is known at run time only.
protocol VectorFunctionUser {
  func run(_ f: some VectorFunction)
}

extension ScalarFunction {
  /// Hands the vector form to `user`, whose loop is compiled for it.
  @inline(__always)
  func use(_ user: some VectorFunctionUser) {
    switch self {
    case .identity: user.run(Identity())
    case .zeta(let a, let b):
      user.run(Zeta(mean: (a + b) / 2, half: (b - a) / 2, scale: 2 / (b - a)))
    case .logistic: user.run(Logistic())
    case .relu: user.run(Relu())
    case .softplus(let eps): user.run(Softplus(eps: eps))
    case .exp: user.run(Exponential())
    case .log: user.run(Logarithm())
    case .reciprocal: user.run(Reciprocal())
    case .square: user.run(Square())
    case .upsilon(let w): user.run(Upsilon(w: w))
    case .step: user.run(Step())
    }
  }
}

private struct Identity: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { u }
  @inline(__always) func slope(_ u: V) -> V { V(repeating: 1) }
}

private struct Zeta: VectorFunction {
  let mean: Double
  let half: Double
  let scale: Double

  @inline(__always) func value(_ u: V) -> V {
    multiplyAdd(V(repeating: half), VectorMath.tanh(u * scale), V(repeating: mean))
  }
  @inline(__always) func slope(_ u: V) -> V {
    let h = VectorMath.tanh(u * scale)
    return 1 - h * h
  }
}

private struct Logistic: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { (1 + VectorMath.tanh(u * 0.5)) * 0.5 }
  @inline(__always) func slope(_ u: V) -> V {
    let h = VectorMath.tanh(u * 0.5)
    return (1 - h * h) * 0.25
  }
}

/// The derivative at 0 is 0.
private struct Relu: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { u.replacing(with: 0, where: u .< V.zero) }
  @inline(__always) func slope(_ u: V) -> V { V.zero.replacing(with: 1, where: u .> V.zero) }
}

/// eps log(1 + exp(u/eps)) = max(u, 0) + eps log1p(exp(-|u|/eps)), which does not overflow.
private struct Softplus: VectorFunction {
  let eps: Double

  @inline(__always) func value(_ u: V) -> V {
    let magnitude = u.replacing(with: -u, where: u .< V.zero)
    return u.replacing(with: 0, where: u .< V.zero)
      + eps * VectorMath.log1p(VectorMath.exp(-magnitude / eps))
  }
  @inline(__always) func slope(_ u: V) -> V { (1 + VectorMath.tanh(u / (2 * eps))) * 0.5 }
}

private struct Exponential: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { VectorMath.exp(u) }
  @inline(__always) func slope(_ u: V) -> V { VectorMath.exp(u) }
}

private struct Logarithm: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { VectorMath.log(u) }
  @inline(__always) func slope(_ u: V) -> V { 1 / u }
}

private struct Reciprocal: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { 1 / u }
  @inline(__always) func slope(_ u: V) -> V { -1 / (u * u) }
}

private struct Square: VectorFunction {
  @inline(__always) func value(_ u: V) -> V { u * u }
  @inline(__always) func slope(_ u: V) -> V { u + u }
}

/// zeta01(w (u - 1/2)).
private struct Upsilon: VectorFunction {
  let w: Double

  @inline(__always) func value(_ u: V) -> V {
    (1 + VectorMath.tanh((u - 0.5) * (2 * w))) * 0.5
  }
  @inline(__always) func slope(_ u: V) -> V {
    let h = VectorMath.tanh((u - 0.5) * (2 * w))
    return (1 - h * h) * w
  }
}

/// 0, 1/2, 1 below, at, above 1/2; NaN stays NaN.
private struct Step: VectorFunction {
  @inline(__always) func value(_ u: V) -> V {
    u.replacing(with: 0.5, where: u .== V(repeating: 0.5))
      .replacing(with: 0, where: u .< V(repeating: 0.5))
      .replacing(with: 1, where: u .> V(repeating: 0.5))
  }
  @inline(__always) func slope(_ u: V) -> V { V.zero }
}
