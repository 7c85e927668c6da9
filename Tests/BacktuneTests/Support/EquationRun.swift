import Backtune
import BacktuneExport
import BacktuneNetwork
import Foundation

/// Equations computed one by one, as a reader of `Equations` would: the reference of what is exported.
struct EquationRun {
  let equations: Equations
  /// Of every signal, the present first, then the past.
  private var values: [[[Double]]]

  init(_ equations: Equations) {
    self.equations = equations
    values = equations.signals.map { [[Double](repeating: 0, count: $0.size)] + $0.past }
  }

  /// One step; `measured` of the outputs, `given` of groups, NaN where not known.
  mutating func step(
    _ inputs: [Double], measured: [Double]? = nil, given: [String: [Double]] = [:]
  ) -> [Double] {
    for place in equations.signals.indices {
      let signal = equations.signals[place]
      values[place][0] = value(of: signal, inputs, measured, given)
    }
    let outputs = equations.outputs.flatMap { values[$0.signal][0].prefix($0.count) }
    for (place, signal) in equations.signals.enumerated() where signal.depth > 0 {
      values[place].removeLast()
      values[place].insert(values[place][0], at: 0)
    }
    return outputs
  }

  private func read(_ reference: Equations.Reference) -> [Double] {
    values[reference.signal][reference.lag]
  }

  private func value(
    of signal: Equations.Signal, _ inputs: [Double], _ measured: [Double]?,
    _ given: [String: [Double]]
  ) -> [Double] {
    switch signal.equation {
    case .input: return inputs
    case .linear(let linear):
      var sum = linear.bias.map(equations.values) ?? [Double](repeating: 0, count: signal.size)
      for product in linear.products {
        let (source, matrix) = (read(product.source), equations.matrix(product, rows: signal.size))
        for i in 0..<signal.size {
          for j in source.indices { sum[i] += matrix[i * source.count + j] * source[j] }
        }
      }
      return sum
    case .elementwise(let terms):
      return (0..<signal.size).map { i in
        terms.reduce(0) { sum, term in
          sum
            + term.factors.reduce(term.coefficient) {
              let source = read($1.source)
              return $0 * scalar($1.function, source[source.count == 1 ? 0 : i])
            }
        }
      }
    case .softmax(let source, let temperature):
      let powers = read(source).map { exp($0 / temperature) }
      return powers.map { $0 / powers.reduce(0, +) }
    case .known(let own, let known):
      var result = read(own)
      for i in result.indices {
        if i < known.count, let value = measured?[known.output + i], !value.isNaN {
          result[i] = value
        }
        if let value = given[known.group]?[i], !value.isNaN { result[i] = value }
      }
      return result
    }
  }
}

/// f(u). Outside the enumeration, whose cases have the names of functions.
private func scalar(_ function: ScalarFunction, _ u: Double) -> Double {
  switch function {
  case .identity: u
  case .zeta(let a, let b): (a + b) / 2 + (b - a) / 2 * tanh(2 * u / (b - a))
  case .logistic: 1 / (1 + exp(-u))
  case .relu: max(u, 0)
  case .softplus(let eps): eps * log1p(exp(u / eps))
  case .exp: exp(u)
  case .log: log(u)
  case .reciprocal: 1 / u
  case .square: u * u
  case .upsilon(let w): 1 / (1 + exp(-4 * w * (u - 0.5)))
  case .step: u < 0.5 ? 0 : u > 0.5 ? 1 : 0.5
  }
}
