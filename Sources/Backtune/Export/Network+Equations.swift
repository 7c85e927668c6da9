import BacktuneNetwork
import BacktuneNumerics

/// What a network calls v is (w - mean) / scale, w being in the units of its user: a value a channel each.
package struct Scaling: Sendable {
  package let means: [Double]
  package let scales: [Double]
}

extension Network {
  /// The network as equations.
  ///
  /// - Parameters:
  ///   - inputs: scales of inputs; nil for none. What was before t = 0 stays as the network says.
  ///   - outputs: of outputs, and of what is measured of them.
  /// - Throws: `.network` for an empty network, `.size` for scales of another number of channels, `.memory` past the
  ///   budget.
  package func equations(inputs: Scaling? = nil, outputs: Scaling? = nil) throws -> Equations {
    for (name, count, scaling) in [
      ("input", self.inputs, inputs), ("output", outputCount, outputs),
    ] {
      for values in [scaling?.means, scaling?.scales].compactMap(\.self) where values.count != count
      {
        throw BacktuneError.size(
          "\(name)_mean and \(name)_scale: \(values.count) values, expected \(count) (the \(name)s)"
        )
      }
    }
    var maker = EquationMaker(self)
    return try maker.equations(inputs, outputs)
  }
}
